"""Office documents that the tests make: the smallest that Office would open, with whatever is added to them."""

from __future__ import annotations

from tests.unit.content.zips import zipped

DOCUMENT = "application/vnd.openxmlformats-officedocument."
MAIN = {
    "docx": ("word/document.xml", DOCUMENT + "wordprocessingml.document.main+xml"),
    "xlsx": ("xl/workbook.xml", DOCUMENT + "spreadsheetml.sheet.main+xml"),
    "pptx": ("ppt/presentation.xml", DOCUMENT + "presentationml.presentation.main+xml"),
}
RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def relationships(*entries: tuple[str, str, str]) -> bytes:
    """`entries`: the last word of the type, the target, and the mode."""
    rows = "".join(
        f'<Relationship Id="r{index}" Type="{RELATIONSHIPS}{kind}" Target="{target}"{mode and f" TargetMode={mode!r}"}/>'
        for index, (kind, target, mode) in enumerate(entries)
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{rows}</Relationships>'.encode()


def content_types(kind: str, overrides: dict[str, str], main: str | None = None) -> bytes:
    part, said = MAIN[kind]
    rows = "".join(
        f'<Override PartName="/{name}" ContentType="{said}"/>'
        for name, said in {part: main or said, **overrides}.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>{rows}</Types>'
    ).encode()


def document(
    kind: str = "docx",
    body: str = "<w:p/>",
    *,
    links: tuple[tuple[str, str, str], ...] = (),
    parts: dict[str, tuple[str, bytes]] | None = None,
    main: str | None = None,
    types: bytes | None = None,
    xml: bytes | None = None,
) -> bytes:
    """`parts`: content type ("" for the default of the extension) and bytes by name."""
    parts = parts or {}
    part = MAIN[kind][0]
    folder, _, name = part.rpartition("/")
    overrides = {name: said for name, (said, _) in parts.items() if said}
    return zipped(
        {
            "[Content_Types].xml": content_types(kind, overrides, main) if types is None else types,
            "_rels/.rels": relationships(("officeDocument", part, "")),
            part: f"<w:document {W}><w:body>{body}</w:body></w:document>".encode() if xml is None else xml,
            f"{folder}/_rels/{name}.rels": relationships(*links),
            **{name: data for name, (_, data) in parts.items()},
        }
    )


def field(*pieces: str) -> str:
    """A field in runs, as Word writes it; `pieces` of its instruction, each in a run of its own."""
    runs = "".join(f"<w:r><w:instrText>{piece}</w:instrText></w:r>" for piece in pieces)
    return f'<w:r><w:fldChar w:fldCharType="begin"/></w:r>{runs}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
