"""A new package of what shows something; nothing else of the document crosses."""

from __future__ import annotations

import io
import zipfile

import pytest

from content.archives import Budget
from content.disarm_office import disarm_office
from content.disarmed import Removed
from content.faults import Fault, Unfit
from content.kinds import OFFICE
from content.office import examine_office
from tests.unit.content.actives import OLE, TEXT, active_docx, active_xlsx, encoded
from tests.unit.content.documents import DOCUMENT, W, document


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


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
