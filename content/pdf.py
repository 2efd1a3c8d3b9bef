"""PDF documents: read strictly by qpdf, and every object of the file looked at for what acts.

Rules:
1. qpdf repairs nothing: a damaged table of objects, an encrypted file, or anything that qpdf warns of is a fault. Viewers
   repair in different ways, and each would show another document.
2. Every object that the file's table names is looked at, whether a page leads to it or not. Streams are not decoded, but
   those in which objects are.
3. Everything that is found is told, each kind once.

ISO 32000-1; names are given without their slash, with #-escapes undone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Final, TypeGuard

import pikepdf
from pikepdf.settings import set_qpdf_limits

from content.faults import Fault, Unfit

PDF_OBJECTS_MAX: Final = 200_000  # objects; a scan has three for each page, a catalogue of 1,000 pages 50,000
PDF_VALUES_MAX: Final = 5_000_000  # values in all objects; twenty-five for each
PDF_DEPTH_MAX: Final = 100  # arrays and dictionaries in one object; writers stay under 10
PDF_OBJECT_STREAM_BYTES_MAX: Final = (
    64 * 2**20
)  # bytes unpacked of one object stream; writers put 100 to 200 objects in one

# Of the process; whoever reads a PDF comes by here
set_qpdf_limits(
    doc_max_warnings=1,
    parser_max_nesting=2 * PDF_DEPTH_MAX,
    parser_max_errors=1,
    max_stream_filters=4,
    flate_max_memory=PDF_OBJECT_STREAM_BYTES_MAX,
    png_max_memory=PDF_OBJECT_STREAM_BYTES_MAX,
    tiff_max_memory=PDF_OBJECT_STREAM_BYTES_MAX,
    run_length_max_memory=PDF_OBJECT_STREAM_BYTES_MAX,
)

ACTIVE_KEYS: Final = {
    "/JS": Fault.PDF_SCRIPT,
    "/JavaScript": Fault.PDF_SCRIPT,
    "/AA": Fault.PDF_ACTION,
    "/XFA": Fault.PDF_XFA,
    "/NeedsRendering": Fault.PDF_XFA,
    "/EmbeddedFiles": Fault.PDF_ATTACHMENT,
    "/EF": Fault.PDF_ATTACHMENT,
    "/Collection": Fault.PDF_ATTACHMENT,
    "/RichMedia": Fault.PDF_MEDIA,
    "/RichMediaContent": Fault.PDF_MEDIA,
    "/RichMediaSettings": Fault.PDF_MEDIA,
    "/OPI": Fault.PDF_EXTERNAL,
    "/WebCapture": Fault.PDF_EXTERNAL,
}
# What an action is (12.6.4), wherever it stands. The same key says other things in other dictionaries, but none of these
_ACTIONS: Final = {
    "/JavaScript": Fault.PDF_SCRIPT,
    "/Launch": Fault.PDF_LAUNCH,
    "/GoToR": Fault.PDF_EXTERNAL,
    "/GoToE": Fault.PDF_EXTERNAL,
    "/SubmitForm": Fault.PDF_EXTERNAL,
    "/ImportData": Fault.PDF_EXTERNAL,
    "/Thread": Fault.PDF_EXTERNAL,
    "/Rendition": Fault.PDF_MEDIA,
    "/Movie": Fault.PDF_MEDIA,
    "/Sound": Fault.PDF_MEDIA,
    "/GoTo3DView": Fault.PDF_MEDIA,
    "/RichMediaExecute": Fault.PDF_MEDIA,
}
_HARMLESS_ACTIONS: Final = frozenset(("/GoTo", "/URI", "/SetOCGState"))
_PAGE_TURNS: Final = frozenset(
    ("/NextPage", "/PrevPage", "/FirstPage", "/LastPage")
)  # table 211; viewers know others too
_SUBTYPES: Final = {
    "/FileAttachment": Fault.PDF_ATTACHMENT,
    "/RichMedia": Fault.PDF_MEDIA,
    "/Screen": Fault.PDF_MEDIA,
    "/Movie": Fault.PDF_MEDIA,
    "/Sound": Fault.PDF_MEDIA,
    "/3D": Fault.PDF_MEDIA,
}
_TYPES: Final = {
    "/EmbeddedFile": Fault.PDF_ATTACHMENT,
    "/Filespec": Fault.PDF_EXTERNAL,
    "/F": Fault.PDF_EXTERNAL,
}
_LINK: Final = re.compile(rb"(?:https?://|mailto:|tel:)[!-~]*", re.IGNORECASE)
# What pikepdf raises for a value that it cannot give, beside its own
UNREADABLE: Final = (pikepdf.PikepdfError, RuntimeError, ValueError, TypeError, ArithmeticError, LookupError)


def examine_pdf(data: bytes) -> tuple[Fault, ...]:
    """Everything active in a document, each kind once. Raises Unfit for what cannot be read to its end."""
    try:
        with pikepdf.Pdf.open(BytesIO(data), attempt_recovery=False, suppress_warnings=True) as document:
            return _examined(document)
    except pikepdf.PasswordError as error:
        raise Unfit(Fault.PDF_ENCRYPTED) from error
    except UNREADABLE as error:
        raise Unfit(Fault.DAMAGED) from error


def _examined(document: pikepdf.Pdf) -> tuple[Fault, ...]:
    if document.is_encrypted:
        raise Unfit(Fault.PDF_ENCRYPTED)
    size: object = document.trailer.get("/Size")
    if not isinstance(size, int) or size > PDF_OBJECTS_MAX or len(document.objects) > PDF_OBJECTS_MAX:
        raise Unfit(Fault.PDF_TOO_LARGE)
    found: dict[Fault, None] = {}
    values = 0
    for held in (document.trailer, *document.objects):
        for value in _within(held):
            values += 1
            if values > PDF_VALUES_MAX:
                raise Unfit(Fault.PDF_TOO_LARGE)
            if isinstance(value, pikepdf.Dictionary | pikepdf.Stream):
                for fault in _dictionary(value):
                    found[fault] = None
    if document.get_warnings() or not len(document.pages):
        raise Unfit(Fault.DAMAGED)
    return tuple(found)


def _within(held: object) -> Iterator[object]:
    """An object and all that is in it; what it points at is an object of its own."""
    waiting: list[tuple[object, int]] = [(held, 1)]
    while waiting:
        value, depth = waiting.pop()
        yield value
        inner: list[object] = []
        if isinstance(value, pikepdf.Dictionary | pikepdf.Stream):
            inner = [item for _, item in value.items()]
        elif isinstance(value, pikepdf.Array):
            inner = list(value)
        else:
            continue
        if depth > PDF_DEPTH_MAX:
            raise Unfit(Fault.PDF_TOO_LARGE)
        waiting += [(item, depth + 1) for item in inner if not getattr(item, "is_indirect", False)]


def _dictionary(value: pikepdf.Object) -> Iterator[Fault]:
    keys = value.keys()
    for key in keys:
        if key in ACTIVE_KEYS:
            yield ACTIVE_KEYS[key]
    for key, faults in (("/S", _ACTIONS), ("/Subtype", _SUBTYPES), ("/Type", _TYPES)):
        fault = faults.get(_name(value, key))
        if fault is not None and not (fault is Fault.PDF_EXTERNAL and "/EF" in keys):
            yield fault
    for key in ("/A", "/OpenAction", "/Next"):
        if key in keys:
            yield from _actions(value.get(key))
    if "/URI" in keys and _name(value, "/S") == "/URI" and not _is_link(value.get("/URI")):
        yield Fault.PDF_EXTERNAL
    # a stream whose data are in another file (7.3.8.2), a form that is in another document (8.10.4)
    if "/Ref" in keys or (isinstance(value, pikepdf.Stream) and "/F" in keys):
        yield Fault.PDF_EXTERNAL


def _actions(value: object) -> Iterator[Fault]:
    """An action, or several; a destination, which an OpenAction may be, is none, nor are a structure's attributes."""
    for action in list(value) if isinstance(value, pikepdf.Array) else [value]:
        if not is_action(action):
            continue
        kind = _name(action, "/S")
        if kind == "/Named" and _name(action, "/N") in _PAGE_TURNS:
            continue
        if kind not in _HARMLESS_ACTIONS and kind not in _ACTIONS:
            yield Fault.PDF_ACTION


def is_action(value: object) -> TypeGuard[pikepdf.Dictionary]:
    return isinstance(value, pikepdf.Dictionary) and "/S" in value


def _name(value: pikepdf.Object, key: str) -> str:
    found = value.get(key)
    return str(found) if isinstance(found, pikepdf.Name) else ""


def _is_link(value: object) -> bool:
    return isinstance(value, pikepdf.String) and _LINK.fullmatch(bytes(value)) is not None
