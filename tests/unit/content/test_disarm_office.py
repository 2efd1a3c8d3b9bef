"""A new package of what shows something; nothing else of the document crosses."""

from __future__ import annotations

import io
import zipfile

import pytest

from content.archive_writer import archive
from content.archives import ARCHIVE_RATIO_FREE_BYTES, Budget, content, read_archive
from content.disarm_office import disarm_office
from content.disarm_xml import rewritten
from content.disarmed import Removed
from content.faults import Fault, Unfit
from content.kinds import OFFICE
from content.office import examine_office
from tests.unit.content.actives import OLE, TEXT, R, active_docx, active_xlsx, encoded
from tests.unit.content.documents import DOCUMENT, W, document, field


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def body(text: str, kept: frozenset[str] = frozenset()) -> tuple[str, set[Fault | Removed]]:
    removed: set[Fault | Removed] = set()
    made = rewritten(f"<w:body {W} {R}>{text}</w:body>".encode(), kept, removed).decode()
    return made.partition("\n")[2].partition(">")[2].removesuffix("</w:body>"), removed


def test_a_macro_document_becomes_one_that_shows_the_same() -> None:
    made = disarm_office(active_docx(), "docx")
    assert examine_office(made.data, "docx", Budget()) == ()
    held = parts(made.data)
    assert set(held) == {
        "[Content_Types].xml", "_rels/.rels", "word/document.xml", "word/_rels/document.xml.rels", "word/settings.xml",
        "media/1.jpeg",
    }  # fmt: skip
    everything = b"".join(held.values())
    for trace in (b"cmd.exe", b"example.test", b"vba", b"macro", b"OLE", b"secret", b"attachedTemplate", b"instr"):
        assert trace not in everything
    for shown in (TEXT, "result", "the page", "bound"):
        assert shown.encode() in held["word/document.xml"]
    assert {Fault.OFFICE_MACRO, Fault.OFFICE_OBJECT, Fault.OFFICE_TEMPLATE, Removed.CUSTOM_XML} <= set(made.removed)


def test_a_sheet_keeps_its_values_and_loses_what_fetched_them() -> None:
    held = parts(disarm_office(active_xlsx(), "xlsx").data)
    sheet = held["xl/worksheets/sheet1.xml"].decode()
    assert "<v>42</v>" in sheet
    assert "<v>43</v>" in sheet
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    assert not any("externalLink" in name for name in held)
    assert b"externalReference" not in held["xl/workbook.xml"]


@pytest.mark.parametrize("kind", sorted(OFFICE))
def test_the_smallest_document_of_each_kind_stays_one(kind: str) -> None:
    made = disarm_office(document(kind), kind)
    assert examine_office(made.data, kind, Budget()) == ()
    assert made.removed == ()
    assert made.tool.startswith("disarm/1 lxml/")


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


def test_pictures_are_made_anew_and_an_empty_one_stands_for_the_rest() -> None:
    comment = b"35.6586 139.7454"
    data = document(
        body="<w:p/>",
        links=(
            ("image", "media/a.jpg", ""), ("image", "media/a.jpg", ""), ("image", "media/b.emf", ""),
            ("image", "http://example.test/c.png", "External"), ("image", "media/gone.png", ""),
        ),
        parts={
            "word/media/a.jpg": ("image/jpeg", encoded("JPEG", comment=comment)),
            "word/media/b.emf": ("image/x-emf", b"\1\0\0\0"),
        },
    )  # fmt: skip
    made = disarm_office(data, "docx")
    held = parts(made.data)
    assert {name for name in held if name.startswith("media/")} == {"media/1.jpeg", "media/removed.png"}
    assert comment not in b"".join(held.values())
    assert held["word/_rels/document.xml.rels"].count(b"/media/removed.png") == 3
    assert Removed.PICTURES in made.removed
    again = disarm_office(made.data, "docx")
    assert examine_office(again.data, "docx", Budget()) == ()


def test_a_damaged_picture_refuses_the_document() -> None:
    data = document(links=(("image", "a.png", ""),), parts={"word/a.png": ("", encoded("PNG")[:40])})
    with pytest.raises(Unfit) as caught:
        disarm_office(data, "docx")
    assert caught.value.fault is Fault.DAMAGED


def test_what_no_relationship_leads_to_does_not_cross() -> None:
    data = document(
        links=(("somethingNew", "new.xml", ""), ("styles", "../../../word/./styles%2Exml", "")),
        parts={
            "word/new.xml": ("", b"<a/>"),
            "word/lost.xml": ("", b"<a/>"),
            "word/styles.xml": (DOCUMENT + "wordprocessingml.styles+xml", f"<w:styles {W}/>".encode()),
            "program.png": ("", OLE),
        },
    )
    made = disarm_office(data, "docx")
    assert {"word/styles.xml"} == set(parts(made.data)) - set(parts(disarm_office(document(), "docx").data)) - {
        "word/_rels/document.xml.rels"
    }
    assert Fault.OFFICE_PART in made.removed


def test_the_same_files_are_the_same_archive_and_no_bomb() -> None:
    files = {
        "a": b"",
        "日本": b"x" * 300,
        "b": bytes(ARCHIVE_RATIO_FREE_BYTES + 1),
        "c": bytes(ARCHIVE_RATIO_FREE_BYTES),
    }
    data = archive(files)
    assert archive(files) == data
    budget = Budget()
    members = read_archive(data, budget)
    assert {member.name: content(data, member, budget) for member in members} == files
    assert {member.name: member.method for member in members} == {"a": 0, "日本": 8, "b": 0, "c": 8}
