"""The kinds of file that may cross, and the agreement of what a file is called, what it is declared as, and what it is.

Rules:
1. The table is closed: an extension that is not in it is not taken.
2. A kind is told by its first bytes, at offset 0, and by nothing else. What some reader might find further in is refused as a
   second format.
3. `application/octet-stream` declares nothing: a browser on a machine without Office sends it for a docx, and the citizen
   cannot change that. The extension and the content must still agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from content.faults import Fault, Unfit

DECLARES_NOTHING: Final = "application/octet-stream"
PDF_HEADER_WITHIN: Final = (
    1_024  # bytes; where Acrobat looks for a header (ISO 32000-1, H.3, note 13 of its implementation)
)
PDF_TAIL_MAX: Final = 8  # bytes of white space behind %%EOF; writers leave one or two line ends
ZIP_END_WITHIN: Final = 65_557  # bytes; an end record of 22 and the longest comment, 65,535

_OFFICE: Final = "application/vnd.openxmlformats-officedocument."


@dataclass(frozen=True, slots=True)
class Kind:
    """`family`: what its first bytes tell."""

    name: str
    family: str
    extensions: frozenset[str]
    media_types: frozenset[str]


def _kind(name: str, family: str, extensions: str, media_types: str) -> Kind:
    return Kind(name, family, frozenset(extensions.split()), frozenset(media_types.split()))


KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        _kind("pdf", "pdf", "pdf", "application/pdf application/x-pdf"),
        _kind("jpeg", "jpeg", "jpg jpeg jpe jfif", "image/jpeg image/pjpeg image/jpg"),
        _kind("png", "png", "png", "image/png image/x-png"),
        _kind("gif", "gif", "gif", "image/gif"),
        _kind("tiff", "tiff", "tif tiff", "image/tiff image/tif"),
        _kind("docx", "zip", "docx", _OFFICE + "wordprocessingml.document"),
        _kind("xlsx", "zip", "xlsx", _OFFICE + "spreadsheetml.sheet"),
        _kind("pptx", "zip", "pptx", _OFFICE + "presentationml.presentation"),
        _kind("zip", "zip", "zip", "application/zip application/x-zip-compressed application/x-zip"),
        _kind("txt", "text", "txt", "text/plain"),
        # Windows with Excel declares a CSV as a document of Excel
        _kind("csv", "text", "csv", "text/csv text/plain application/csv application/vnd.ms-excel"),
    )
}
OFFICE: Final = frozenset(("docx", "xlsx", "pptx"))
_BY_EXTENSION: Final = {extension: kind for kind in KINDS.values() for extension in kind.extensions}
_HEIC_EXTENSIONS: Final = frozenset(["heic", "heif", "heics", "heifs", "hif", "avif"])
_HEIC_BRANDS: Final = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif"))
_MAGIC: Final = (
    (b"%PDF-", "pdf"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"PK\x03\x04", "zip"),
)


def declared_kind(extension: str, media_type: str | None) -> Kind:
    """`media_type`: without parameters, as it came; None for a member of an archive, which has none."""
    if extension in _HEIC_EXTENSIONS:
        raise Unfit(Fault.HEIC)
    kind = _BY_EXTENSION.get(extension)
    if kind is None:
        raise Unfit(Fault.EXTENSION_UNKNOWN)
    if media_type is not None and media_type.lower() not in kind.media_types | {DECLARES_NOTHING}:
        raise Unfit(Fault.TYPE_DISAGREES)
    return kind


def require_kind(kind: Kind, data: bytes) -> None:
    """The first bytes are those of the kind, and no reader takes the file for another one."""
    if not data:
        raise Unfit(Fault.CONTENT_EMPTY)
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        raise Unfit(Fault.HEIC)
    if family_of(data) != kind.family:
        raise Unfit(Fault.CONTENT_DISAGREES)
    if kind.family == "zip":  # its own reader refuses whatever its directory does not name
        return
    if kind.family != "pdf" and b"%PDF-" in data[:PDF_HEADER_WITHIN]:
        raise Unfit(Fault.POLYGLOT)
    if b"PK\x05\x06" in data[-ZIP_END_WITHIN:] and b"PK\x01\x02" in data:
        raise Unfit(Fault.POLYGLOT)
    if kind.family == "pdf":
        if data.count(b"%PDF-") > 1:  # viewers choose differently between two documents
            raise Unfit(Fault.POLYGLOT)
        _require_pdf_end(data)


def family_of(data: bytes) -> str:
    """`text` for what none of the formats begins with: whether it is one is for `content.text`."""
    return next((family for magic, family in _MAGIC if data.startswith(magic)), "text")


def _require_pdf_end(data: bytes) -> None:
    body = data[-PDF_TAIL_MAX - 5 :].rstrip(b"\r\n \t")
    if not body.endswith(b"%%EOF"):
        raise Unfit(Fault.TRAILING_DATA if data.rfind(b"%%EOF") >= 0 else Fault.DAMAGED)
