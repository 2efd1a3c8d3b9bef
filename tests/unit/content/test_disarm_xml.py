"""One part of a document: what is written of each element."""

from __future__ import annotations

import pytest

from content.disarm_xml import rewritten
from content.disarmed import Removed
from content.faults import Fault, Unfit
from tests.unit.content.actives import R
from tests.unit.content.documents import W, field


def body(text: str, kept: frozenset[str] = frozenset()) -> tuple[str, set[Fault | Removed]]:
    removed: set[Fault | Removed] = set()
    made = rewritten(f"<w:body {W} {R}>{text}</w:body>".encode(), kept, removed).decode()
    return made.partition("\n")[2].partition(">")[2].removesuffix("</w:body>"), removed


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("<w:p>a &amp; &lt;b&gt;</w:p>", "<w:p>a &amp; &lt;b&gt;</w:p>", None),
        ('<w:p w:a="1&#10;2&quot;"/>', "<w:p w:a='1&#10;2\"'></w:p>", None),
        ("<w:p>a<!-- b --><?c d?>e</w:p>", "<w:p>ae</w:p>", None),
        (field("PAGE"), field("PAGE").replace("/>", "></w:fldChar>"), None),
        (field(' HYPERLINK \\l "a"'), field(' HYPERLINK \\l "a"').replace("/>", "></w:fldChar>"), None),
        (field("PAGE") + field("DDE a"), "<w:r></w:r>" * 6, Removed.FIELDS),
        (field("HYPER", 'LINK "http://example.test/"'), "<w:r></w:r>" * 4, Removed.FIELDS),
        ('<w:fldSimple w:instr="DDE a"><w:r>1</w:r></w:fldSimple>', "<w:r>1</w:r>", Removed.FIELDS),
        ('<w:fldSimple w:instr="DATE"><w:r>1</w:r></w:fldSimple>', None, None),
        ("<w:f>SUM(A1)</w:f>", "<w:f>SUM(A1)</w:f>", None),
        ("<w:f>[1]a!A1</w:f><w:f>1</w:f><w:v>2</w:v>", "<w:v>2</w:v>", Removed.FORMULAS),
        ('<w:f>hyperlink("a")</w:f><w:v>2</w:v>', "<w:v>2</w:v>", Removed.FORMULAS),
        ('<w:f>"[1]"</w:f>', '<w:f>"[1]"</w:f>', None),
        ('<w:hyperlink r:id="r9"><w:t>a</w:t></w:hyperlink>', "<w:t>a</w:t>", Removed.LINKS),
        ('<w:hyperlink w:anchor="a"><w:t>a</w:t></w:hyperlink>', None, None),
        ('<w:video r:link="r9"/><w:t/>', "<w:t></w:t>", Fault.OFFICE_EXTERNAL),
        ('<w:blip r:embed="r9"/>', "<w:blip></w:blip>", None),
        ('<w:blip r:link="r1"/>', '<w:blip r:embed="r1"></w:blip>', None),
        ('<w:hlinkClick r:id="" w:action="ppaction://program"/>', "", Removed.LINKS),
        ('<w:sp macro="a"/>', "<w:sp></w:sp>", Fault.OFFICE_MACRO),
        ("<w:control><w:t>a</w:t></w:control>", "", Fault.OFFICE_CONTROL),
        ("<w:smartTag><w:smartTagPr/><w:t>a</w:t></w:smartTag>", "<w:t>a</w:t>", Removed.CUSTOM_XML),
        ("<w:customXml xmlns:x='urn:x'><x:t/></w:customXml>", '<x:t xmlns:x="urn:x"></x:t>', Removed.CUSTOM_XML),
        ("<t xmlns='urn:x'><u xmlns=''/></t>", '<t xmlns="urn:x"><u xmlns=""></u></t>', None),
    ],
)
def test_what_is_written_of_an_element(before: str, after: str | None, why: Fault | Removed | None) -> None:
    made, removed = body(before, frozenset(("r1",)))
    assert made == (before if after is None else after)
    assert removed - {Fault.OFFICE_FIELD} == ({why} if why else set()) | (removed & {Removed.CUSTOM_XML})


def test_vml_names_no_address() -> None:
    vml = 'xmlns:v="urn:schemas-microsoft-com:vml"'
    made, removed = body(f'<v:shape {vml} href="http://example.test/"><v:imagedata src="//a/b" r:id="r1"/></v:shape>')
    assert "example" not in made
    assert "src" not in made
    assert removed == {Removed.LINKS}


@pytest.mark.parametrize("text", ["<!DOCTYPE a><a/>", "<a>", ""])
def test_xml_that_nobody_reads_is_refused(text: str) -> None:
    with pytest.raises(Unfit) as caught:
        rewritten(text.encode(), frozenset(), set())
    assert caught.value.fault is Fault.XML_INVALID
