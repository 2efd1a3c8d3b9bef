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

from content.archives import Budget, Member, read_archive, unpacked
from content.faults import Fault, Unfit
from content.office_xml import TEXT_CHARACTERS_MAX, XML_DEPTH_MAX, Element, elements

_TYPES: Final = "[Content_Types].xml"
_DOCUMENT: Final = "application/vnd.openxmlformats-officedocument."
MAIN: Final = {
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
SHOWN: Final = re.compile(
    r"application/vnd\.openxmlformats-(?:officedocument|package)\.[a-z0-9.+-]+\+xml"
    r"|application/vnd\.ms-(?:word|excel|powerpoint|office)\.[a-z0-9.+-]+\+xml"
    r"|application/vnd\.openxmlformats-officedocument\.(?:spreadsheetml\.printersettings|vmldrawing"
    r"|presentationml\.printersettings|wordprocessingml\.printersettings|obfuscatedfont)"
    r"|application/(?:xml|inkml\+xml|x-fontdata)|image/(?:png|jpeg|jpg|gif|tiff|x-emf|x-wmf|emf|wmf|bmp)"
)
XML_TYPE: Final = re.compile(r"(?:application/xml|.*\+xml|application/vnd\.openxmlformats-officedocument\.vmldrawing)")
_LINK: Final = re.compile(r"(?:https?://|mailto:)[^\x00-\x20\x7f]*", re.IGNORECASE)
# Fields that fetch, run or compute (ECMA-376 part 1, 17.16.5). QUOTE spells another field's letters as numbers
_FIELDS: Final = frozenset(
    (
        "DDE", "DDEAUTO", "LINK", "INCLUDE", "INCLUDETEXT", "INCLUDEPICTURE", "IMPORT", "DATABASE", "DATA", "EMBED",
        "MACROBUTTON", "GOTOBUTTON", "RD", "QUOTE", "HTMLACTIVEX", "CONTROL", "PRINT", "AUTOTEXT", "GLOSSARY",
    )
)  # fmt: skip
_OBJECTS: Final = frozenset(("ddeLink", "oleLink", "OLEObject", "oleObj", "altChunk"))
FORMULAS: Final = frozenset(("f", "definedName", "formula1", "formula2", "formula"))
_INSTRUCTIONS: Final = frozenset(("fldChar", "instrText", "fldSimple"))
_ASKED: Final = _INSTRUCTIONS | _OBJECTS | FORMULAS
# DDE in a formula is program|topic!item; the functions reach out of the workbook
_FORMULA: Final = re.compile(
    r"\|[^!|]*!|\b(?:CALL|REGISTER(?:\.ID)?|EXEC|WEBSERVICE|RTD|SQL\.REQUEST|DDE|IMAGE)\s*\(", re.IGNORECASE
)


def examine_office(data: bytes, kind: str, budget: Budget) -> tuple[Fault, ...]:
    """Everything active in a document, each kind once. Raises Unfit for what is no document of this kind."""
    members = {member.name: member for member in read_archive(data, budget)}
    found: dict[Fault, None] = {}
    types = _content_types(data, members, budget)
    mains = [part for part, said in types.items() if said == MAIN[kind]]
    if not any(fault is Fault.OFFICE_MACRO for fault in map(active_word, types.values())) and len(mains) != 1:
        raise Unfit(Fault.CONTENT_DISAGREES)
    for said in types.values():
        fault = active_word(said)
        if fault is None and not SHOWN.fullmatch(said):
            fault = Fault.OFFICE_PART
        if fault is not None:
            found[fault] = None
    for name, member in members.items():
        for fault in _part(data, name, member, types, budget):
            found[fault] = None
    return tuple(found)


def active_word(said: str) -> Fault | None:
    return next((fault for pattern, fault in _ACTIVE if pattern.search(said)), None)


def _content_types(data: bytes, members: dict[str, Member], budget: Budget) -> dict[str, str]:
    """The content type of every part but the list itself, in lower case."""
    if _TYPES not in members:
        raise Unfit(Fault.CONTENT_DISAGREES)
    defaults: dict[str, str] = {}
    overrides: dict[str, str] = {}
    for element in elements(unpacked(data, members[_TYPES], budget), frozenset(("Default", "Override"))):
        said = element.attributes.get("ContentType", "").lower()
        if element.name == "Default":
            _once(defaults, element.attributes.get("Extension", "").lower(), said)
        else:
            _once(overrides, element.attributes.get("PartName", "").lower().lstrip("/"), said)
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
    elif XML_TYPE.fullmatch(said):
        yield from body_faults(pieces)
    else:
        first = next(pieces, b"")
        if first.startswith(
            (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"MZ")
        ):  # a package, OLE, a program, whatever its name
            yield Fault.OFFICE_OBJECT
        for _ in pieces:  # to its end: sizes and checksums hold
            pass


def _relationships(pieces: Iterable[bytes]) -> Iterator[Fault]:
    for element in elements(pieces, frozenset(("Relationship",))):
        said = element.attributes.get("Type", "").lower()
        fault = active_word(said.rpartition("/")[2])
        mode, target = element.attributes.get("TargetMode", "Internal"), element.attributes.get("Target", "")
        if fault is not None:
            yield fault
        elif _leads_out(said, mode.lower(), target):
            yield Fault.OFFICE_EXTERNAL


def _leads_out(said: str, mode: str, target: str) -> bool:
    if target.startswith("#"):  # a place in the document itself
        return False
    if mode == "internal":
        return ":" in target or target.startswith(("//", "\\"))
    return not (said.endswith("/hyperlink") and _LINK.fullmatch(target))


def body_faults(pieces: Iterable[bytes]) -> Iterator[Fault]:
    """Fields of a text, formulas of a sheet, and objects in either."""
    fields: list[str | None] = []  # instructions of the open fields, the innermost last; None behind the separator
    for element in elements(pieces, _ASKED):
        name, text = element.name, element.text
        if name == "fldChar":
            kind = element.attribute("fldCharType")
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
            if before is None or element.parted:
                yield Fault.OFFICE_FIELD  # of no field, behind its end, or with elements within: readers guess
            fields.append((before or "") + text)
            if len(before or "") + len(text) > TEXT_CHARACTERS_MAX or len(fields) > XML_DEPTH_MAX:
                raise Unfit(Fault.XML_TOO_LARGE)
        elif name in _OBJECTS:
            yield Fault.OFFICE_OBJECT
        elif _calls_out(element):
            yield Fault.OFFICE_FIELD
    if fields:
        yield Fault.OFFICE_FIELD


def _calls_out(element: Element) -> bool:
    if element.name == "fldSimple":
        return _is_active_field(element.attribute("instr"))
    return element.parted or _is_active_formula(element.text)


def _is_active_field(instruction: str) -> bool:
    """A field whose first word is on the list, or is not there because another field would compute it."""
    words = instruction.replace('"', " ").split(None, 1)
    return not words or words[0].lstrip("\\").upper() in _FIELDS


def _is_active_formula(text: str) -> bool:
    return _FORMULA.search(re.sub(r'"[^"]*"', '""', text)) is not None
