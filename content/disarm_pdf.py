"""PDF documents without anything active: their pages, in a new document that has nothing else.

Rules:
1. What annotations and form fields show becomes part of the page; then all annotations go, and with them links and actions.
   A field or remark that only a viewer would draw is not dropped in silence: the file is refused.
2. A page keeps what draws it, by a closed list of keys. Catalogue, outlines, names, structure and metadata are not taken over.
3. What the pages point at is walked, and loses every key that acts or leads out.
4. Streams are not decoded: text, pictures and fonts stay as they are.

ISO 32000-1; numbers of sections are its.
"""

from __future__ import annotations

from io import BytesIO
from typing import Final

import pikepdf

from content.disarmed import Disarmed, Removed, disarmed
from content.faults import Fault, Unfit
from content.pdf import ACTIVE_KEYS, PDF_OBJECTS_MAX, UNREADABLE, is_action

FIELD_DEPTH_MAX: Final = 32  # fields within fields; forms of the ministries have 6

_PAGE: Final = frozenset(
    (
        "/Type", "/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox", "/Rotate", "/Resources", "/Contents",
        "/Group", "/UserUnit", "/Parent",
    )
)  # fmt: skip
_LAYERS: Final = ("/OCGs", "/D")  # 8.11.4.2: which layers of a page show
# Beside what examination names: data of programs, private data, other files, PostScript
_DROPPED: Final = frozenset(ACTIVE_KEYS) | {
    "/Metadata", "/PieceInfo", "/LastModified", "/AF", "/Ref", "/Alternates", "/StructParent", "/StructParents", "/Subtype2",
}  # fmt: skip
_ELSEWHERE: Final = ("/F", "/FFilter", "/FDecodeParms")  # 7.3.8.2: the data of a stream in another file
# Their keys are names that the page's own instructions use (7.8.3, 9.6.5): none may go, whatever it says
_NAMED: Final = frozenset(
    (
        "/Font", "/XObject", "/ExtGState", "/ColorSpace", "/Pattern", "/Shading", "/Properties", "/CharProcs", "/Colorants",
    )
)  # fmt: skip
# Annotations that show nothing by themselves when they bring no appearance
_UNDRAWN: Final = frozenset(
    (
        "/Link", "/Popup", "/Screen", "/Movie", "/Sound", "/FileAttachment", "/RichMedia", "/3D", "/PrinterMark", "/TrapNet",
    )
)  # fmt: skip
_NAVIGATION: Final = ("/Outlines", "/Names", "/Dests", "/PageLabels", "/StructTreeRoot", "/Threads")


def disarm_pdf(data: bytes) -> Disarmed:
    """Raises Unfit. The caller has examined the file, and examines the result."""
    removed: set[Fault | Removed] = set()
    try:
        with (
            pikepdf.Pdf.open(BytesIO(data), attempt_recovery=False, suppress_warnings=True) as document,
            pikepdf.Pdf.new() as clean,
        ):
            _show_all(document, removed)
            for page in document.pages:
                _strip(page.obj, removed)
            layers = _layers(document)
            _prune([*[page.obj for page in document.pages], *([layers] if layers is not None else [])], removed)
            clean.pages.extend(document.pages)
            if layers is not None:
                clean.Root.OCProperties = clean.copy_foreign(document.make_indirect(layers))
            out = BytesIO()
            clean.save(
                out,
                min_version=document.pdf_version,
                deterministic_id=True,
                stream_decode_level=pikepdf.StreamDecodeLevel.none,
                object_stream_mode=pikepdf.ObjectStreamMode.disable,
            )
            if document.get_warnings() or clean.get_warnings():
                raise Unfit(Fault.DAMAGED)
    except UNREADABLE as error:
        raise Unfit(Fault.DAMAGED) from error
    versions = ("pikepdf", pikepdf.__version__), ("qpdf", pikepdf.__libqpdf_version__)
    return disarmed(out.getvalue(), removed, *versions)


def _show_all(document: pikepdf.Pdf, removed: set[Fault | Removed]) -> None:
    """Rule 1."""
    root = document.Root
    form = root.get("/AcroForm")
    if "/NeedsRendering" in root or (isinstance(form, pikepdf.Dictionary) and form.get("/NeedAppearances")):
        raise Unfit(Fault.NOT_DISARMED)  # its pages are not what a viewer shows
    for page in document.pages:
        annotations = page.obj.get("/Annots")
        for annotation in list(annotations) if isinstance(annotations, pikepdf.Array) else []:
            if isinstance(annotation, pikepdf.Dictionary) and not _is_drawn(annotation):
                raise Unfit(Fault.NOT_DISARMED)
    if form is not None:
        removed.add(Removed.FORM)
    if any(key in root for key in _NAVIGATION):
        removed.add(Removed.NAVIGATION)
    if "/Info" in document.trailer or "/Metadata" in root:
        removed.add(Removed.METADATA)
    document.flatten_annotations("all")


def _is_drawn(annotation: pikepdf.Dictionary) -> bool:
    """Whether it loses nothing that it shows by becoming part of the page."""
    kind = str(annotation.get("/Subtype", ""))
    if "/AP" in annotation or kind in _UNDRAWN:
        return True
    return kind == "/Widget" and not _holds_text(annotation)


def _holds_text(field: pikepdf.Object) -> bool:
    """A text or choice with a value; both are its own or of a field above it (12.7.3.2)."""
    kind: object = None
    value: object = None
    held: object = field
    for _ in range(FIELD_DEPTH_MAX):
        if not isinstance(held, pikepdf.Dictionary):
            return str(kind) in ("/Tx", "/Ch") and str(value or "") != ""
        kind, value = kind or held.get("/FT"), value or held.get("/V")
        held = held.get("/Parent")
    raise Unfit(Fault.PDF_TOO_LARGE)


def _strip(page: pikepdf.Object, removed: set[Fault | Removed]) -> None:
    """Rule 2. What a page inherits is no key of its own, and comes along when it is taken over."""
    annotations = page.get("/Annots")
    for annotation in list(annotations) if isinstance(annotations, pikepdf.Array) else []:
        is_link = isinstance(annotation, pikepdf.Dictionary) and annotation.get("/Subtype") == pikepdf.Name.Link
        removed.add(Removed.LINKS if is_link else Removed.ANNOTATIONS)
    for key in list(page.keys()):
        if key not in _PAGE:
            del page[key]


def _layers(document: pikepdf.Pdf) -> pikepdf.Dictionary | None:
    said = document.Root.get("/OCProperties")
    if not isinstance(said, pikepdf.Dictionary):
        return None
    return pikepdf.Dictionary({key: said[key] for key in _LAYERS if key in said})


def _prune(roots: list[pikepdf.Object], removed: set[Fault | Removed]) -> None:
    """Rule 3."""
    seen: set[tuple[int, int]] = set()
    waiting: list[tuple[object, bool]] = [(root, False) for root in roots]
    while waiting:
        value, named = waiting.pop()
        if not isinstance(value, pikepdf.Dictionary | pikepdf.Stream | pikepdf.Array):
            continue
        if value.is_indirect:
            if value.objgen in seen:
                continue
            seen.add(value.objgen)
            if len(seen) > PDF_OBJECTS_MAX:
                raise Unfit(Fault.PDF_TOO_LARGE)
        if isinstance(value, pikepdf.Array):
            waiting += [(item, False) for item in value]
            continue
        if not named:
            _lose(value, removed)
        is_plain = isinstance(value, pikepdf.Dictionary)
        waiting += [(item, is_plain and not named and key in _NAMED) for key, item in value.items()]


def _acts(value: object) -> bool:
    return any(is_action(item) for item in (list(value) if isinstance(value, pikepdf.Array) else [value]))


def _lose(value: pikepdf.Dictionary | pikepdf.Stream, removed: set[Fault | Removed]) -> None:
    for key in list(value.keys()):
        if key in _DROPPED or (key in ("/A", "/Next", "/OpenAction") and _acts(value.get(key))):
            del value[key]
            if key == "/Metadata":
                removed.add(Removed.METADATA)
    if not isinstance(value, pikepdf.Stream):
        return
    outside = "/F" in value or value.get("/Subtype") == pikepdf.Name.PS
    if outside:  # what stands in the file is not what a viewer would have shown
        value.write(b"")
        for key in _ELSEWHERE:
            if key in value:
                del value[key]
        if value.get("/Subtype") == pikepdf.Name.PS:
            value.Subtype = pikepdf.Name.Form
            value.BBox = pikepdf.Array([0, 0, 0, 0])
