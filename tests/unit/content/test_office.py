"""Documents as Office makes them pass; everything active in one is told by its word."""

from __future__ import annotations

import pytest

from content.archives import Budget
from content.faults import Fault, Unfit
from content.office import examine_office
from content.office_xml import TEXT_CHARACTERS_MAX
from tests.unit.content.documents import DOCUMENT, W, content_types, document, field
from tests.unit.content.zips import zipped

PNG = ("", b"\x89PNG\r\n\x1a\n")


def found(data: bytes, kind: str = "docx") -> tuple[Fault, ...]:
    try:
        return examine_office(data, kind, Budget())
    except Unfit as unfit:
        return (unfit.fault,)


@pytest.mark.parametrize("kind", ["docx", "xlsx", "pptx"])
def test_an_ordinary_document_passes(kind: str) -> None:
    links = (
        ("hyperlink", "https://www.example.jp/?a=1", "External"),
        ("hyperlink", "mailto:a@example.jp", "External"),
        ("hyperlink", "#Sheet1!A1:B2", ""),
        ("image", "media/image1.png", ""),
    )
    assert found(document(kind, links=links, parts={"media/image1.png": PNG}), kind) == ()


def test_ordinary_fields_and_formulas_pass() -> None:
    assert (
        found(document(body=field(" PAGE ") + field(" MERGEFIELD ", "氏名 ") + field('HYPERLINK "https://a.jp"'))) == ()
    )
    nested = field(" IF ").replace("</w:instrText></w:r>", "</w:instrText></w:r>" + field(" MERGEFIELD a "), 1)
    assert found(document(body=nested)) == ()
    sheet = "<f>SUM(A1:A9)</f><f>IF(A1=&quot;a|b!c&quot;,1,2)</f><f>Sheet2!A1</f>"
    assert found(document("xlsx", xml=f"<sheet>{sheet}</sheet>".encode()), "xlsx") == ()


def test_a_document_is_of_the_kind_that_it_is_called() -> None:
    assert found(document("xlsx"), "docx") == (Fault.CONTENT_DISAGREES,)
    assert found(zipped({"a.txt": b"a"})) == (Fault.CONTENT_DISAGREES,)
    template = DOCUMENT + "wordprocessingml.template.main+xml"
    assert found(document(main=template)) == (Fault.CONTENT_DISAGREES,)


def test_a_macro_document_that_was_renamed() -> None:
    renamed = document(
        main="application/vnd.ms-word.document.macroEnabled.main+xml",
        parts={"word/vbaProject.bin": ("application/vnd.ms-office.vbaProject", b"\xd0\xcf\x11\xe0")},
        links=(("vbaProject", "vbaProject.bin", ""),),
    )
    assert Fault.OFFICE_MACRO in found(renamed)


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("application/vnd.ms-office.vbaProject", Fault.OFFICE_MACRO),
        ("application/vnd.ms-excel.macrosheet+xml", Fault.OFFICE_MACRO),
        ("application/vnd.ms-excel.intlmacrosheet+xml", Fault.OFFICE_MACRO),
        ("application/vnd.ms-office.activeX+xml", Fault.OFFICE_CONTROL),
        ("application/vnd.ms-office.webextension+xml", Fault.OFFICE_CONTROL),
        (DOCUMENT + "oleObject", Fault.OFFICE_OBJECT),
        (DOCUMENT + "package", Fault.OFFICE_OBJECT),
        (DOCUMENT + "spreadsheetml.externalLink+xml", Fault.OFFICE_EXTERNAL),
        (DOCUMENT + "spreadsheetml.connections+xml", Fault.OFFICE_EXTERNAL),
        ("text/html", Fault.OFFICE_PART),
        ("image/svg+xml", Fault.OFFICE_PART),
        ("application/x-msdownload", Fault.OFFICE_PART),
        ("video/mp4", Fault.OFFICE_PART),
    ],
)
def test_parts_that_do_more_than_show(said: str, fault: Fault) -> None:
    assert fault in found(document(parts={"word/extra.dat": (said, b"<a/>")}))


def test_a_part_without_a_type() -> None:
    assert found(document(parts={"word/extra.dat": ("", b"x")})) == (Fault.OFFICE_PART,)
    assert found(document(types=content_types("docx", {"word/gone.xml": "application/xml"}))) == (Fault.DAMAGED,)
    twice = content_types("docx", {}).replace(
        b"</Types>", b'<Default Extension="XML" ContentType="image/png"/></Types>'
    )
    assert found(document(types=twice)) == (Fault.DAMAGED,)


@pytest.mark.parametrize("magic", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"MZ"])
def test_an_object_that_is_called_a_picture(magic: bytes) -> None:
    assert found(document(parts={"word/media/image1.png": ("", magic)})) == (Fault.OFFICE_OBJECT,)


@pytest.mark.parametrize(
    ("link", "fault"),
    [
        (("attachedTemplate", "https://evil.example/t.dotm", "External"), Fault.OFFICE_TEMPLATE),
        (("image", "https://evil.example/i.png", "External"), Fault.OFFICE_EXTERNAL),
        (("hyperlink", "file:///c:/a.exe", "External"), Fault.OFFICE_EXTERNAL),
        (("hyperlink", "javascript:alert(1)", "External"), Fault.OFFICE_EXTERNAL),
        (("hyperlink", "ms-msdt:/id", "External"), Fault.OFFICE_EXTERNAL),
        (("hyperlink", "\\\\host\\share", "External"), Fault.OFFICE_EXTERNAL),
        (("frame", "https://evil.example/", "external"), Fault.OFFICE_EXTERNAL),
        (("image", "https://evil.example/i.png", ""), Fault.OFFICE_EXTERNAL),
        (("image", "//evil.example/i.png", "Internal"), Fault.OFFICE_EXTERNAL),
        (("oleObject", "https://evil.example/", "External"), Fault.OFFICE_OBJECT),
        (("oleObject", "embeddings/oleObject1.bin", ""), Fault.OFFICE_OBJECT),
        (("package", "embeddings/a.xlsx", ""), Fault.OFFICE_OBJECT),
        (("aFChunk", "a.html", ""), Fault.OFFICE_OBJECT),
        (("vbaProject", "vbaProject.bin", ""), Fault.OFFICE_MACRO),
        (("control", "activeX/activeX1.xml", ""), Fault.OFFICE_CONTROL),
        (("externalLinkPath", "a.xlsx", "External"), Fault.OFFICE_EXTERNAL),
    ],
)
def test_relationships_that_lead_out_or_start_something(link: tuple[str, str, str], fault: Fault) -> None:
    assert found(document(links=(link,))) == (fault,)


@pytest.mark.parametrize(
    "body",
    [
        field("DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe &quot;/k calc&quot;"),
        field("DD", "EAU", "TO cmd"),
        field(" dde cmd"),
        field(" INCLUDEPICTURE &quot;https://evil.example/i.png&quot; \\d"),
        field('"DDE" cmd'),
        field(" QUOTE 68 68 69 "),
        field(""),
        '<w:fldSimple w:instr=" DDEAUTO cmd "/>',
        "<w:r><w:instrText>DDE cmd</w:instrText></w:r>",
        field("PAGE").replace('"end"', '"separate"') + field("PAGE").replace('"begin"', '"separate"'),
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>DDE</w:instrText></w:r>',
        field(" IF ").replace("</w:instrText></w:r>", "</w:instrText></w:r>" + field("DDE cmd"), 1),
        field("D<!-- PAGE -->DE cmd"),
        field("D<?a PAGE?>DE cmd"),
        field("D<![CDATA[DE]]> cmd"),
        field("<w:a>DDE</w:a> PAGE"),
        field("D<w:a>PAGE</w:a>DE"),
    ],
)
def test_fields_that_call_something(body: str) -> None:
    assert found(document(body=body)) == (Fault.OFFICE_FIELD,)


@pytest.mark.parametrize(
    "formula",
    ["cmd|'/c calc'!A0", "WEBSERVICE(A1)", "1+call(1)", "REGISTER.ID(1)", "RTD(1)", "RT<!-- -->D(1)", "RT<a>1</a>D(1)", "<a>RTD(1)</a>",
     "R<f>T</f>D(1)"],
)  # fmt: skip
def test_formulas_that_call_something(formula: str) -> None:
    assert found(document("xlsx", xml=f"<s><f>{formula}</f></s>".encode()), "xlsx") == (Fault.OFFICE_FIELD,)


def test_formulas_of_rules() -> None:
    """Excel writes those of newer rules as an element of their own."""

    def told(formula: str) -> tuple[Fault, ...]:
        xml = f'<s xmlns:x="x" xmlns:m="m"><x:formula1>{formula}</x:formula1></s>'
        return found(document("xlsx", xml=xml.encode()), "xlsx")

    assert told("\n <m:f>A1</m:f>\n ") == ()
    for formula in (
        "<m:f>RTD(1)</m:f>",
        "RTD(1)",
        "<m:f>R</m:f>TD(1)",
        "R<m:f>TD(1)</m:f>",
        "<m:a>RTD(1)</m:a>",
        "<m:f>A1</m:f><m:a/>",
    ):
        assert told(formula) == (Fault.OFFICE_FIELD,)


@pytest.mark.parametrize(
    ("xml", "fault"),
    [
        (b"<a>", Fault.XML_INVALID),
        (b"<!DOCTYPE a><a/>", Fault.XML_INVALID),
        (b'<a xmlns:x="x" xmlns:y="y"><y:fldSimple x:instr="PAGE" y:instr="DDE cmd"/></a>', Fault.XML_INVALID),
        (b"<a>" * 129 + b"</a>" * 129, Fault.XML_TOO_LARGE),
    ],
)
def test_a_part_that_cannot_be_read(xml: bytes, fault: Fault) -> None:
    assert found(document(xml=xml)) == (fault,)


def test_the_longest_field() -> None:
    assert found(document(body=field("PAGE" + " " * (TEXT_CHARACTERS_MAX - 4)))) == ()
    assert found(document(body=field("PAGE", " " * (TEXT_CHARACTERS_MAX - 3)))) == (Fault.XML_TOO_LARGE,)
    for more, faults in ((0, ()), (1, (Fault.XML_TOO_LARGE,))):
        sheet = f"<s><f>{'1' * (TEXT_CHARACTERS_MAX + more)}</f></s>".encode()
        assert found(document("xlsx", xml=sheet), "xlsx") == faults


def test_everything_that_is_found_is_told() -> None:
    data = document(
        body=field("DDE cmd"),
        links=(("attachedTemplate", "https://evil.example/", "External"), ("oleObject", "a.bin", "")),
    )
    assert set(found(data)) == {Fault.OFFICE_FIELD, Fault.OFFICE_TEMPLATE, Fault.OFFICE_OBJECT}


def test_the_namespace_does_not_hide_a_field() -> None:
    strict = W.replace(
        "schemas.openxmlformats.org/wordprocessingml/2006/main", "purl.oclc.org/ooxml/wordprocessingml/main"
    )
    xml = f"<w:document {strict}>{field('DDE cmd')}</w:document>".encode()
    assert found(document(xml=xml)) == (Fault.OFFICE_FIELD,)
