"""Files that hold something active beside text and pictures, as the programs that people use write them; made here, byte by byte."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

from tests.unit.content.documents import DOCUMENT, RELATIONSHIPS, W, document, field
from tests.unit.content.pdfs import pdf

TEXT = "東京都中央区晴海 1-2-3"
PDF_TEXT = "Application No 4711"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
MACRO_MAIN = "application/vnd.ms-word.document.macroEnabled.main+xml"
_SHEET = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_A = "http://schemas.openxmlformats.org/drawingml/2006/"


def stream(body: bytes, more: bytes = b"") -> bytes:
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(body), more, body)


def drawn(size: tuple[int, int] = (60, 40)) -> Image.Image:
    """Red on the left, blue on the right, one green corner: which way up it is can be seen."""
    image = Image.new("RGB", size, "red")
    draw = ImageDraw.Draw(image)
    draw.rectangle((size[0] // 2, 0, size[0], size[1]), fill="blue")
    draw.rectangle((0, 0, size[0] // 3, size[1] // 4), fill="green")
    return image


def encoded(kind: str, image: Image.Image | None = None, **options: object) -> bytes:
    out = io.BytesIO()
    finest = {"quality": 95, "subsampling": 0} if kind == "JPEG" else {}
    (image or drawn()).save(out, kind, **{**finest, **options})
    return out.getvalue()


def active_pdf() -> bytes:
    """Text, a picture, a filled field; and one of everything that acts."""
    picture = encoded("JPEG")
    return pdf(
        stream(b"BT /F1 14 Tf 60 700 Td (%b) Tj ET q 120 0 0 80 60 560 cm /Im1 Do Q" % PDF_TEXT.encode()),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        stream(
            picture,
            b"/Type /XObject /Subtype /Image /Width 60 /Height 40 /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode"
            b" /Metadata 9 0 R",
        ),
        b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>",
        stream(b"MZ program", b"/Type /EmbeddedFile"),
        stream(b"<x:xmpmeta/>", b"/Type /Metadata /Subtype /XML"),
        b"<< /Type /Annot /Subtype /Link /Border [0 0 0] /Rect [0 0 9 9] /A << /S /Launch /F (cmd.exe) >> >>",
        b"<< /Type /Annot /Subtype /Link /Border [0 0 0] /Rect [0 0 9 9] /A << /S /URI /URI (http://example.test/) >> >>",
        b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (a) /V (Tanaka) /Rect [60 500 260 520] /AP << /N 13 0 R >>"
        b" /AA << /K 7 0 R >> /F 4 >>",
        stream(
            b"BT /F1 12 Tf 2 4 Td (Tanaka) Tj ET",
            b"/Type /XObject /Subtype /Form /BBox [0 0 200 20] /Resources << /Font << /F1 5 0 R >> >>",
        ),
        b"<< /S /SubmitForm /F << /FS /URL /F (http://example.test/) >> >>",
        root=b"/OpenAction 7 0 R /AA << /WC 14 0 R >> /AcroForm << /Fields [12 0 R] /XFA [(a) 9 0 R] >> /Metadata 9 0 R"
        b" /Names << /JavaScript << /Names [(a) 7 0 R] >>"
        b" /EmbeddedFiles << /Names [(a) << /Type /Filespec /F (a.exe) /EF << /F 8 0 R >> >>] >> >>",
        page=b"/Contents 4 0 R /Annots [10 0 R 11 0 R 12 0 R] /AA << /O 7 0 R >>",
        resources=b"<< /Font << /F1 5 0 R >> /XObject << /Im1 6 0 R >> >>",
    )


def active_docx() -> bytes:
    """A macro document under another name: text, a picture, an OLE object, DDE, links, a template, custom XML."""
    picture = (
        f'<w:r><w:drawing><wp:inline xmlns:wp="{_A}wordprocessingDrawing" distT="0" distB="0" distL="0" distR="0">'
        f'<wp:extent cx="914400" cy="609600"/><wp:docPr id="1" name="p"/><a:graphic xmlns:a="{_A}main">'
        f'<a:graphicData uri="{_A}picture"><pic:pic xmlns:pic="{_A}picture"><pic:nvPicPr><pic:cNvPr id="1" name="p"/><pic:cNvPicPr/>'
        f'</pic:nvPicPr><pic:blipFill><a:blip {R} r:embed="r0"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm>'
        '<a:off x="0" y="0"/><a:ext cx="914400" cy="609600"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr>'
        "</pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )
    ole = (
        f'<w:p><w:r><w:object {R} xmlns:o="urn:schemas-microsoft-com:office:office">'
        '<o:OLEObject Type="Embed" ProgID="Package" r:id="r1"/></w:object></w:r></w:p>'
    )
    dde = field("DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe", " /k calc").replace(
        '<w:r><w:fldChar w:fldCharType="end"/>', '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>result</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/>'
    )  # fmt: skip
    link = f'<w:p><w:hyperlink {R} r:id="r2"><w:r><w:t>the page</w:t></w:r></w:hyperlink></w:p>'
    bound = '<w:customXml w:element="a"><w:p><w:r><w:t>bound</w:t></w:r></w:p></w:customXml>'
    return document(
        body=f"<w:p><w:r><w:t>{TEXT}</w:t></w:r>{picture}</w:p>{ole}<w:p>{dde}</w:p>{link}{bound}",
        links=(
            ("image", "media/image1.jpg", ""),
            ("oleObject", "embeddings/oleObject1.bin", ""),
            ("hyperlink", "http://example.test/", "External"),
            ("settings", "settings.xml", ""),
            ("customXml", "../customXml/item1.xml", ""),
            ("vbaProject", "vbaProject.bin", ""),
        ),
        main=MACRO_MAIN,
        parts={
            "word/media/image1.jpg": ("image/jpeg", encoded("JPEG")),
            "word/embeddings/oleObject1.bin": (DOCUMENT + "oleObject", OLE),
            "word/settings.xml": (
                DOCUMENT + "wordprocessingml.settings+xml",
                f'<w:settings {W} {R}><w:attachedTemplate r:id="r0"/></w:settings>'.encode(),
            ),
            "word/_rels/settings.xml.rels": (
                "",
                f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r0"'
                f' Type="{RELATIONSHIPS}attachedTemplate" Target="http://example.test/a.dotm" TargetMode="External"/>'
                "</Relationships>".encode(),
            ),
            "customXml/item1.xml": ("", b"<secret>bound</secret>"),
            "word/vbaProject.bin": ("application/vnd.ms-office.vbaProject", OLE),
        },
    )


def active_xlsx() -> bytes:
    """Two cells with text, a number by an external formula, DDE, another workbook, a link."""
    rows = (
        f'<row r="1"><c r="A1" t="inlineStr"><is><t>{TEXT}</t></is></c><c r="B1"><f>cmd|\'/c calc\'!A0</f><v>42</v></c></row>'
        '<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2"><f>[1]Sheet1!A1</f><v>43</v></c></row>'
    )
    sheet = f'<worksheet {_SHEET} {R}><sheetData>{rows}</sheetData><hyperlinks><hyperlink ref="A1" r:id="r0"/></hyperlinks></worksheet>'
    book = (
        f'<workbook {_SHEET} {R}><sheets><sheet name="s" sheetId="1" r:id="r0"/></sheets>'
        '<externalReferences><externalReference r:id="r2"/></externalReferences></workbook>'
    )
    link = (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r0"'
        f' Type="{RELATIONSHIPS}hyperlink" Target="http://example.test/" TargetMode="External"/></Relationships>'
    )
    return document(
        "xlsx",
        xml=book.encode(),
        links=(
            ("worksheet", "worksheets/sheet1.xml", ""),
            ("sharedStrings", "sharedStrings.xml", ""),
            ("externalLink", "externalLinks/externalLink1.xml", ""),
        ),
        parts={
            "xl/worksheets/sheet1.xml": (DOCUMENT + "spreadsheetml.worksheet+xml", sheet.encode()),
            "xl/worksheets/_rels/sheet1.xml.rels": ("", link.encode()),
            "xl/sharedStrings.xml": (
                DOCUMENT + "spreadsheetml.sharedStrings+xml",
                f"<sst {_SHEET}><si><t>shared words</t></si></sst>".encode(),
            ),
            "xl/externalLinks/externalLink1.xml": (
                DOCUMENT + "spreadsheetml.externalLink+xml",
                f'<externalLink {_SHEET}><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>'.encode(),
            ),
        },
    )
