"""One XML part of an Office document, written anew without what acts or leads out. Read as `content.office_xml` reads: as a stream.

Rules:
1. Comments and instructions are not written; every name keeps its namespace.
2. Objects, controls, templates and what binds text to other data go, with all that is in them. The picture of an object stays.
3. Where a relationship is not kept, what asks for it goes too; around a link the tags go and the words stay.
4. In a part in which one field or formula reaches out, all of them go, and their last results stay: results do not depend on
   which of them a reader would compute.

ECMA-376 part 1; numbers of sections are its.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from lxml import etree  # type: ignore[import-untyped]  # its stubs are not among our dependencies

from content.disarmed import Removed
from content.faults import Fault, Unfit
from content.office import FORMULAS, body_faults
from content.office_xml import XML_DEPTH_MAX, XML_ELEMENTS_MAX, elements

# With all that is in them
_DROPPED: Final[Mapping[str, Fault | Removed]] = {
    "OLEObject": Fault.OFFICE_OBJECT,
    "oleObj": Fault.OFFICE_OBJECT,
    "oleObjects": Fault.OFFICE_OBJECT,
    "altChunk": Fault.OFFICE_OBJECT,
    "subDoc": Fault.OFFICE_OBJECT,
    "objectEmbed": Fault.OFFICE_OBJECT,
    "objectLink": Fault.OFFICE_OBJECT,
    "control": Fault.OFFICE_CONTROL,
    "controls": Fault.OFFICE_CONTROL,
    "FmlaMacro": Fault.OFFICE_MACRO,
    "macro": Fault.OFFICE_MACRO,
    "attachedTemplate": Fault.OFFICE_TEMPLATE,
    "linkStyles": Fault.OFFICE_TEMPLATE,
    "ddeLink": Fault.OFFICE_EXTERNAL,
    "oleLink": Fault.OFFICE_EXTERNAL,
    "mailMerge": Fault.OFFICE_EXTERNAL,
    "externalReferences": Fault.OFFICE_EXTERNAL,
    "externalData": Fault.OFFICE_EXTERNAL,
    "webPublishing": Fault.OFFICE_EXTERNAL,
    "webPublishItems": Fault.OFFICE_EXTERNAL,
    "fileRecoveryPr": Removed.METADATA,
    "hyperlinks": Removed.LINKS,
    "hlinkClick": Removed.LINKS,
    "hlinkHover": Removed.LINKS,
    "hlinkMouseOver": Removed.LINKS,
    "dataBinding": Removed.CUSTOM_XML,
    "attachedSchema": Removed.CUSTOM_XML,
    "customXmlPr": Removed.CUSTOM_XML,
    "smartTagPr": Removed.CUSTOM_XML,
    "custDataLst": Removed.CUSTOM_XML,
    "rsids": Removed.METADATA,
}
_FLATTENED: Final[Mapping[str, Removed]] = {
    "fldChar": Removed.FIELDS,
    "instrText": Removed.FIELDS,
    "delInstrText": Removed.FIELDS,
    "f": Removed.FORMULAS,
    "definedNames": Removed.FORMULAS,
    "dataValidations": Removed.FORMULAS,
    "conditionalFormatting": Removed.FORMULAS,
    "extLst": Removed.FORMULAS,
    "tableFormula": Removed.FORMULAS,
    "calculatedColumnFormula": Removed.FORMULAS,
}
_UNWRAPPED: Final[Mapping[str, Removed]] = {
    "customXml": Removed.CUSTOM_XML,
    "smartTag": Removed.CUSTOM_XML,
}
# These lose a relationship's name and stay: they draw something without it
_STAYING: Final = frozenset(("pageSetup", "blip", "imagedata", "fill", "stroke", "shape", "rect", "sheetPr"))
_ATTRIBUTES: Final = frozenset(
    ("macro", "href", "althref", "action", "dde", "actuate")
)  # without a namespace, or VML's
_SOURCES: Final = frozenset(("src", "data"))  # of VML: a picture by its address
_VML: Final = "urn:schemas-microsoft-com:vml"
_RELATION: Final = re.compile(
    r"\{(?:http://schemas\.openxmlformats\.org/officeDocument/2006/relationships"
    r"|http://purl\.oclc\.org/ooxml/officeDocument/relationships)\}|\{urn:schemas-microsoft-com:office:office\}relid"
)
_XML_NAMESPACE: Final = "http://www.w3.org/XML/1998/namespace"
# Beside what examination tells: links by a formula, cells of another workbook (18.17.2.3), links by a field
_REACHING_FORMULA: Final = re.compile(r"\bHYPERLINK\s*\(|\[\d+\]", re.IGNORECASE)
_REACHING_FIELD: Final = re.compile(r"\bHYPERLINK\b(?!\s*\\l)", re.IGNORECASE)
_LINKED: Final = FORMULAS | {"instrText", "fldSimple"}


def rewritten(data: bytes, kept: AbstractSet[str], removed: set[Fault | Removed]) -> bytes:
    """`kept`: the relationships of the part that stay, by their names. Raises Unfit."""
    writer = _Writer(kept, removed, flat=_reaches_out(data))
    parser = etree.XMLParser(
        target=writer, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    try:
        parser.feed(data)
        parser.close()
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unfit(Fault.XML_INVALID) from error
    return "".join(writer.out).encode()


def _reaches_out(data: bytes) -> bool:
    if any(fault is Fault.OFFICE_FIELD for fault in body_faults([data])):
        return True
    instructions = []
    for element in elements([data], _LINKED):
        if element.name in FORMULAS:
            if _REACHING_FORMULA.search(re.sub(r'"[^"]*"', '""', element.text)):
                return True
        else:  # put together over all fields: one that is in pieces is found, and what is found in none costs results only
            instructions.append(element.attribute("instr") if element.name == "fldSimple" else element.text)
    return _REACHING_FIELD.search("".join(instructions)) is not None


@dataclass(slots=True)
class _Writer:
    """What the parser calls. `skipping`: how many open elements are left out with all that is in them."""

    kept: AbstractSet[str]
    removed: set[Fault | Removed]
    flat: bool
    out: list[str] = field(default_factory=lambda: ['<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'])
    skipping: int = 0
    ends: list[str] = field(default_factory=list)  # of each open element: its end tag, or nothing
    declared: list[dict[str, str]] = field(default_factory=lambda: [{"xml": _XML_NAMESPACE}])  # in the source
    written: list[dict[str, str]] = field(default_factory=lambda: [{"xml": _XML_NAMESPACE}])
    count: int = 0

    def doctype(self, *_: str | None) -> None:
        raise Unfit(Fault.XML_INVALID)

    def start(self, tag: str, attributes: Mapping[str, str], nsmap: Mapping[str | None, str]) -> None:
        self.count += 1
        if self.count > XML_ELEMENTS_MAX or len(self.declared) > XML_DEPTH_MAX:
            raise Unfit(Fault.XML_TOO_LARGE)
        name = tag.rpartition("}")[2]
        if self.skipping or self._is_dropped(name, attributes):
            self.skipping += 1
            return
        outer = self.declared[-1]
        self.declared.append({**outer, **{prefix or "": uri for prefix, uri in nsmap.items()}} if nsmap else outer)
        if self._is_unwrapped(name, attributes):
            self.written.append(self.written[-1])
            self.ends.append("")
            return
        self._open(tag, name, attributes)

    def end(self, _: str) -> None:
        if self.skipping:
            self.skipping -= 1
            return
        self.declared.pop()
        self.written.pop()
        self.out.append(self.ends.pop())

    def data(self, text: str) -> None:
        if not self.skipping:
            self.out.append(escape(text, {"\r": "&#13;"}))

    def close(self) -> None:
        """Everything was written as it came."""

    def _open(self, tag: str, name: str, attributes: Mapping[str, str]) -> None:
        scope, before = self.declared[-1], self.written[-1]
        new = () if scope is before else [(p, uri) for p, uri in scope.items() if before.get(p) != uri]
        self.written.append(scope)
        qualified = self._qualified(tag, plain=True)
        self.out.append(f"<{qualified}")
        for prefix, uri in new:
            self.out.append(f" {'xmlns:' + prefix if prefix else 'xmlns'}={quoteattr(uri)}")
        for key, value in self._attributes(tag, name, attributes).items():
            quoted = quoteattr(value, {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"})
            self.out.append(f" {self._qualified(key, plain=False)}={quoted}")
        self.out.append(">")
        self.ends.append(f"</{qualified}>")

    def _qualified(self, tag: str, *, plain: bool) -> str:
        """With the prefix that stands for its namespace here; an attribute always needs one."""
        uri, _, name = tag.rpartition("}")
        if not uri:
            return name
        for prefix, bound in self.declared[-1].items():
            if bound == uri[1:] and (prefix or plain):
                return f"{prefix}:{name}" if prefix else name
        raise Unfit(Fault.XML_INVALID)

    def _is_dropped(self, name: str, attributes: Mapping[str, str]) -> bool:
        why: Fault | Removed | None = _DROPPED.get(name) or (_FLATTENED.get(name) if self.flat else None)
        if why is None and name not in _STAYING and name != "hyperlink" and self._asks_for_removed(attributes):
            why = Fault.OFFICE_EXTERNAL
        if why is not None:
            self.removed.add(why)
        return why is not None

    def _is_unwrapped(self, name: str, attributes: Mapping[str, str]) -> bool:
        why = _UNWRAPPED.get(name)
        if name == "hyperlink" and self._asks_for_removed(attributes):
            why = Removed.LINKS
        elif name == "fldSimple" and self.flat:
            why = Removed.FIELDS
        if why is not None:
            self.removed.add(why)
        return why is not None

    def _asks_for_removed(self, attributes: Mapping[str, str]) -> bool:
        return any(_RELATION.match(key) and value not in self.kept for key, value in attributes.items())

    def _attributes(self, tag: str, name: str, attributes: Mapping[str, str]) -> dict[str, str]:
        """Without what names a macro or an address. A linked picture becomes one that is in the document."""
        made: dict[str, str] = {}
        for key, value in attributes.items():
            local = key.rpartition("}")[2]
            if _RELATION.match(key):
                if value in self.kept:
                    made[key.removesuffix("link") + "embed" if name == "blip" and local == "link" else key] = value
                continue
            names_another = local in _ATTRIBUTES or (local in _SOURCES and tag.startswith(f"{{{_VML}}}"))
            if names_another and value and not value.startswith("#"):
                self.removed.add(Fault.OFFICE_MACRO if local in ("macro", "action") else Removed.LINKS)
                continue
            made[key] = value
        return made
