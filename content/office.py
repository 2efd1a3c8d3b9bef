"""Office documents (OOXML, ECMA-376): what they are made of, by their own lists, and nothing active in them.

Rules:
1. Every part has a content type, and every content type is one that shows something. The list is closed.
2. Every relationship stays inside, but for hyperlinks to the web and to mail addresses.
3. XML is read as a stream, without DTD, entities or network, under bounds; what cannot be read is a fault.
4. Everything that is found is told, each kind once: whoever must mend the document learns all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from lxml import etree  # type: ignore[import-untyped]  # its stubs are not among our dependencies

from content.archives import Budget, Member, read_archive, unpacked
from content.faults import Fault, Unfit

XML_BYTES_MAX: Final = 50 * 2**20  # bytes of one part; a sheet of 100,000 rows and ten columns has 40 MiB
XML_DEPTH_MAX: Final = 128  # elements; text boxes in tables in text boxes reach 60
XML_ELEMENTS_MAX: Final = 4_000_000  # elements of one part; that sheet has 3 million
FIELD_CHARACTERS_MAX: Final = 8_192  # characters of one field's instruction or formula; Excel's longest formula

_TYPES: Final = "[Content_Types].xml"
_DOCUMENT: Final = "application/vnd.openxmlformats-officedocument."
_MAIN: Final = {
    "docx": _DOCUMENT + "wordprocessingml.document.main+xml",
    "xlsx": _DOCUMENT + "spreadsheetml.sheet.main+xml",
    "pptx": _DOCUMENT + "presentationml.presentation.main+xml",
}
# What a content type or a relationship's type says, in this order. Lower case
_ACTIVE: Final = (
    (re.compile(r"macro|vba|xlintl|dialogsheet|customui|attachedtoolbars|keymapcustom|wwl"), Fault.OFFICE_MACRO),
    (re.compile(r"activex|control|webextension|userxmldata"), Fault.OFFICE_CONTROL),
    (re.compile(r"oleobject|package$|afchunk|altchunk|embed|subdocument"), Fault.OFFICE_OBJECT),
    (re.compile(r"attachedtemplate"), Fault.OFFICE_TEMPLATE),
    (re.compile(r"externallink|connections|querytable|mailmerge|ddelink|datamodel|model\+data"), Fault.OFFICE_EXTERNAL),
)
_SHOWN: Final = re.compile(
    r"application/vnd\.openxmlformats-(?:officedocument|package)\.[a-z0-9.+-]+\+xml"
    r"|application/vnd\.ms-(?:word|excel|powerpoint|office)\.[a-z0-9.+-]+\+xml"
    r"|application/vnd\.openxmlformats-officedocument\.(?:spreadsheetml\.printersettings|vmldrawing"
    r"|presentationml\.printersettings|wordprocessingml\.printersettings|obfuscatedfont)"
    r"|application/(?:xml|inkml\+xml|x-fontdata)|image/(?:png|jpeg|jpg|gif|tiff|x-emf|x-wmf|emf|wmf|bmp)"
)
_XML: Final = re.compile(r"(?:application/xml|.*\+xml|application/vnd\.openxmlformats-officedocument\.vmldrawing)")
_LINK: Final = re.compile(r"(?:https?://|mailto:)[^\x00-\x20\x7f]*", re.IGNORECASE)
# Fields that fetch, run or compute (ECMA-376 part 1, 17.16.5). QUOTE spells another field's letters as numbers
_FIELDS: Final = frozenset(
    (
        "DDE", "DDEAUTO", "LINK", "INCLUDE", "INCLUDETEXT", "INCLUDEPICTURE", "IMPORT", "DATABASE", "DATA", "EMBED",
        "MACROBUTTON", "GOTOBUTTON", "RD", "QUOTE", "HTMLACTIVEX", "CONTROL", "PRINT", "AUTOTEXT", "GLOSSARY",
    )
)  # fmt: skip
_OBJECTS: Final = frozenset(("ddeLink", "oleLink", "OLEObject", "oleObj", "altChunk"))
_FORMULAS: Final = frozenset(("f", "definedName", "formula1", "formula2", "formula"))
# DDE in a formula is program|topic!item; the functions reach out of the workbook
_FORMULA: Final = re.compile(
    r"\|[^!|]*!|\b(?:CALL|REGISTER(?:\.ID)?|EXEC|WEBSERVICE|RTD|SQL\.REQUEST|DDE|IMAGE)\s*\(", re.IGNORECASE
)


def examine_office(data: bytes, kind: str, budget: Budget) -> tuple[Fault, ...]:
    """Everything active in a document, each kind once. Raises Unfit for what is no document of this kind."""
    members = {member.name: member for member in read_archive(data, budget)}
    found: dict[Fault, None] = {}
    types = _content_types(data, members, budget)
    mains = [part for part, said in types.items() if said == _MAIN[kind]]
    if not any(fault is Fault.OFFICE_MACRO for fault in map(_active, types.values())) and len(mains) != 1:
        raise Unfit(Fault.CONTENT_DISAGREES)
    for said in types.values():
        fault = _active(said)
        if fault is None and not _SHOWN.fullmatch(said):
            fault = Fault.OFFICE_PART
        if fault is not None:
            found[fault] = None
    for name, member in members.items():
        for fault in _part(data, name, member, types, budget):
            found[fault] = None
    return tuple(found)


def _active(said: str) -> Fault | None:
    return next((fault for pattern, fault in _ACTIVE if pattern.search(said)), None)


def _content_types(data: bytes, members: dict[str, Member], budget: Budget) -> dict[str, str]:
    """The content type of every part but the list itself, in lower case."""
    if _TYPES not in members:
        raise Unfit(Fault.CONTENT_DISAGREES)
    defaults: dict[str, str] = {}
    overrides: dict[str, str] = {}
    for element in _elements(unpacked(data, members[_TYPES], budget)):
        name = _local(element)
        said = element.get("ContentType", "").lower()
        if name == "Default":
            _once(defaults, element.get("Extension", "").lower(), said)
        elif name == "Override":
            _once(overrides, element.get("PartName", "").lower().lstrip("/"), said)
    types = {}
    for part in members:
        lower = part.lower()
        if part != _TYPES:
            types[lower] = overrides.get(lower) or defaults.get(lower.rpartition(".")[2], "")
    if any(part not in types for part in overrides):  # a part that is named and is not there
        raise Unfit(Fault.DAMAGED)
    return types


def _once(table: dict[str, str], key: str, value: str) -> None:
    if key in table:  # readers choose differently
        raise Unfit(Fault.DAMAGED)
    table[key] = value


def _part(data: bytes, name: str, member: Member, types: dict[str, str], budget: Budget) -> Iterator[Fault]:
    said = types.get(name.lower(), "")
    pieces = unpacked(data, member, budget)
    if name == _TYPES:
        return
    if name.lower().endswith(".rels"):
        yield from _relationships(pieces)
    elif _XML.fullmatch(said):
        yield from _body(pieces)
    else:
        first = next(pieces, b"")
        if first.startswith(
            (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"MZ")
        ):  # a package, OLE, a program, whatever its name
            yield Fault.OFFICE_OBJECT
        for _ in pieces:  # to its end: sizes and checksums hold
            pass


def _relationships(pieces: Iterable[bytes]) -> Iterator[Fault]:
    for element in _elements(pieces):
        if _local(element) != "Relationship":
            continue
        said = element.get("Type", "").lower()
        fault = _active(said.rpartition("/")[2])
        if fault is not None:
            yield fault
        elif _leads_out(said, element.get("TargetMode", "Internal").lower(), element.get("Target", "")):
            yield Fault.OFFICE_EXTERNAL


def _leads_out(said: str, mode: str, target: str) -> bool:
    if target.startswith("#"):  # a place in the document itself
        return False
    if mode == "internal":
        return ":" in target or target.startswith(("//", "\\"))
    return not (said.endswith("/hyperlink") and _LINK.fullmatch(target))


def _body(pieces: Iterable[bytes]) -> Iterator[Fault]:
    """Fields of a text, formulas of a sheet, and objects in either."""
    fields: list[str | None] = []  # instructions of the open fields, the innermost last; None behind the separator
    for element in _elements(pieces):
        name = _local(element)
        text = element.text or ""
        if name == "fldChar":
            kind = _attribute(element, "fldCharType")
            if kind == "begin":
                fields.append("")
            elif kind in ("separate", "end") and fields:
                instruction = fields.pop()
                if instruction is not None and _is_active_field(instruction):
                    yield Fault.OFFICE_FIELD
                if kind == "separate":
                    fields.append(None)
        elif name == "instrText":
            before = fields.pop() if fields else None
            if before is None:
                yield Fault.OFFICE_FIELD  # an instruction of no field, or behind its end: readers guess
            fields.append((before or "") + text)
            if len(before or "") + len(text) > FIELD_CHARACTERS_MAX or len(fields) > XML_DEPTH_MAX:
                raise Unfit(Fault.XML_TOO_LARGE)
        elif _calls_out(element, name, text):
            yield Fault.OFFICE_FIELD
        elif name in _OBJECTS:
            yield Fault.OFFICE_OBJECT
    if fields:
        yield Fault.OFFICE_FIELD


def _calls_out(element: etree._Element, name: str, text: str) -> bool:
    if name == "fldSimple":
        return _is_active_field(_attribute(element, "instr"))
    return name in _FORMULAS and _is_active_formula(text)


def _is_active_field(instruction: str) -> bool:
    """A field whose first word is on the list, or is not there because another field would compute it."""
    words = instruction.replace('"', " ").split(None, 1)
    return not words or words[0].lstrip("\\").upper() in _FIELDS


def _is_active_formula(text: str) -> bool:
    if len(text) > FIELD_CHARACTERS_MAX:
        raise Unfit(Fault.XML_TOO_LARGE)
    return _FORMULA.search(re.sub(r'"[^"]*"', '""', text)) is not None


def _attribute(element: etree._Element, local: str) -> str:
    """Whatever namespace it has: Word has one, and the strict form of the standard another."""
    for name, value in element.attrib.items():
        if name.rpartition("}")[2] == local:
            return str(value)
    return ""


def _local(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _elements(pieces: Iterable[bytes]) -> Iterator[etree._Element]:
    """Each element at its end, with its attributes and text; then it is dropped. Comments and instructions are not shown."""
    parser = etree.XMLPullParser(
        ("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    size = depth = count = 0
    try:
        for piece in pieces:
            size += len(piece)
            if size > XML_BYTES_MAX:
                raise Unfit(Fault.XML_TOO_LARGE)
            parser.feed(piece)
            for event, element in parser.read_events():
                if event == "start":
                    depth, count = depth + 1, count + 1
                    _bound(depth, count, element)
                else:
                    depth -= 1
                    yield element
                    _drop(element)
        parser.close()
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unfit(Fault.XML_INVALID) from error
    yield from _rest(parser)


def _rest(parser: etree.XMLPullParser) -> Iterator[etree._Element]:
    for event, element in parser.read_events():
        if event == "end":
            yield element


def _bound(depth: int, count: int, element: etree._Element) -> None:
    if depth > XML_DEPTH_MAX or count > XML_ELEMENTS_MAX:
        raise Unfit(Fault.XML_TOO_LARGE)
    if count == 1 and element.getroottree().docinfo.internalDTD is not None:
        raise Unfit(Fault.XML_INVALID)


def _drop(element: etree._Element) -> None:
    """Free what is behind us: its children, and its elder siblings."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]
