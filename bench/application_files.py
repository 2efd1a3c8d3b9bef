"""The three files of a large application, made anew for each bench: a scanned PDF, a photograph and a document with a picture.

They are as a citizen's devices write them (noise that JPEG cannot squeeze out, so the sizes are real), and the same each time.
"""

from __future__ import annotations

import io
import random
import zipfile
from dataclasses import dataclass

import pikepdf
from PIL import Image, ImageFilter

MB = 1_000_000
TOTAL_BYTES = 10 * MB  # of the three together, within a twentieth
_PDF = "application/pdf"
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"


@dataclass(frozen=True, slots=True)
class AttachedFile:
    name: str
    media_type: str
    data: bytes


def application_files(in_pdf: bytes = b"") -> tuple[AttachedFile, ...]:
    """`in_pdf`: one line that stands as a comment in the PDF's first page."""
    return (
        AttachedFile("診断書.pdf", _PDF, scanned_pdf(in_pdf)),
        AttachedFile("現況写真.jpg", "image/jpeg", photograph(1, (4_000, 3_000), 4 * MB)),
        AttachedFile("申立書.docx", _DOCX, written_document()),
    )


def photograph(seed: int, size: tuple[int, int], aim_bytes: int) -> bytes:
    """A JPEG of about `aim_bytes` and of quality 85: shapes, and as much noise of a sensor as that takes."""
    smooth = Image.frombytes("RGB", (40, 30), random.Random(seed).randbytes(40 * 30 * 3)).resize(
        size, Image.Resampling.BICUBIC
    )
    grain = Image.frombytes("RGB", size, random.Random(seed + 1).randbytes(size[0] * size[1] * 3)).filter(
        ImageFilter.BoxBlur(1)
    )
    low, high = 0.0, 1.0
    for _ in range(7):  # halving: the more grain, the larger
        middle = (low + high) / 2
        data = _jpeg(Image.blend(smooth, grain, middle))
        low, high = (middle, high) if len(data) < aim_bytes else (low, middle)
    return data


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue()


def scanned_pdf(comment: bytes = b"", pages: int = 3) -> bytes:
    """As a multifunction printer writes it: a JPEG for each page of A4 at 200 dpi, and words about the device."""
    made = pikepdf.new()
    for number in range(pages):
        size = (1_654, 2_339)
        picture = pikepdf.Stream(made, photograph(10 + number, size, 4 * MB // pages))
        picture.stream_dict = pikepdf.Dictionary(
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Image,
            Width=size[0],
            Height=size[1],
            ColorSpace=pikepdf.Name.DeviceRGB,
            BitsPerComponent=8,
            Filter=pikepdf.Name.DCTDecode,
        )
        page = made.add_blank_page(page_size=(595, 842))
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=made.make_indirect(picture)))
        page.Contents = pikepdf.Stream(made, b"%" + comment + b"\nq 595 0 0 842 0 0 cm /Im0 Do Q")
    made.docinfo["/Producer"] = "a multifunction printer"
    out = io.BytesIO()
    made.save(out, compress_streams=False, static_id=True)
    return out.getvalue()


def written_document(paragraphs: int = 400) -> bytes:
    """Text in Japanese and one photograph."""
    text = "".join(
        f"<w:p><w:r><w:t>第{number}項　上記のとおり相違ありません。</w:t></w:r></w:p>" for number in range(paragraphs)
    )
    blip = f'<a:blip r:embed="rId1" xmlns:r="{_R}"/>'
    drawing = (
        f'<w:p><w:r><w:drawing><wp:inline xmlns:wp="{_DRAWING}/wordprocessingDrawing"><wp:extent cx="5400000" cy="4050000"/>'
        f'<wp:docPr id="1" name="p"/><a:graphic xmlns:a="{_DRAWING}/main"><a:graphicData uri="{_DRAWING}/picture">'
        f'<pic:pic xmlns:pic="{_DRAWING}/picture"><pic:nvPicPr><pic:cNvPr id="1" name="p"/><pic:cNvPicPr/></pic:nvPicPr>'
        f"<pic:blipFill>{blip}<a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr/></pic:pic></a:graphicData></a:graphic>"
        "</wp:inline></w:drawing></w:r></w:p>"
    )
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml"'
        ' ContentType="application/xml"/><Default Extension="jpg" ContentType="image/jpeg"/>'
        f'<Override PartName="/word/document.xml" ContentType="{main}"/></Types>',
        "_rels/.rels": _relations("officeDocument", "word/document.xml"),
        "word/document.xml": f'<w:document xmlns:w="{_W}"><w:body>{text}{drawing}</w:body></w:document>',
        "word/_rels/document.xml.rels": _relations("image", "media/image1.jpg"),
        "word/media/image1.jpg": photograph(20, (2_800, 2_100), 2 * MB),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, part in parts.items():
            xml = part if isinstance(part, bytes) else f'<?xml version="1.0" encoding="UTF-8"?>{part}'.encode()
            package.writestr(zipfile.ZipInfo(name), xml, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _relations(kind: str, target: str) -> str:
    return (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_R}/{kind}" Target="{target}"/>'
        "</Relationships>"
    )
