"""The XML of Office documents, read as a stream: without DTD, entities or network, under bounds, and with no tree built of it.

Rules:
1. An element is known by its local name, whatever its namespace: a second form of the standard has others, and hides nothing.
2. Its text is all that stands in it directly. Comments and instructions do not part it: no reader shows them.
3. Whether other elements stand in it is told, because a reader may skip such an element, its tags alone, or the document.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from lxml import etree  # type: ignore[import-untyped]  # its stubs are not among our dependencies

from content.faults import Fault, Unfit

XML_BYTES_MAX: Final = 50 * 2**20  # bytes of one part; a sheet of 100,000 rows and ten columns has 40 MiB
XML_DEPTH_MAX: Final = 128  # elements; text boxes in tables in text boxes reach 60
XML_ELEMENTS_MAX: Final = 4_000_000  # elements of one part; that sheet has 3 million
TEXT_CHARACTERS_MAX: Final = 8_192  # characters of one element that is asked for; Excel's longest formula

# What stands between a rule of Excel 2010 and its formula, which is an `f` of its own
_AROUND_A_FORMULA: Final = frozenset(("formula1", "formula2"))


@dataclass(slots=True)
class Element:
    """`wraps`: a formula that is an element of its own. `parted`: other elements, so that its text depends on the reader."""

    name: str
    attributes: Mapping[str, str]
    text: str = ""
    wraps: bool = False
    parted: bool = False

    def attribute(self, name: str) -> str:
        """The one of this local name. Raises Unfit for a second one, by which a reader might go."""
        values = [value for key, value in self.attributes.items() if key.rpartition("}")[2] == name]
        if len(values) > 1:
            raise Unfit(Fault.XML_INVALID)
        return values[0] if values else ""


def elements(pieces: Iterable[bytes], names: frozenset[str]) -> Iterator[Element]:
    """Those of these names, each at its end. Raises Unfit."""
    seen = _Seen(names)
    parser = etree.XMLParser(
        target=seen, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    size = 0
    try:
        for piece in pieces:
            size += len(piece)
            if size > XML_BYTES_MAX:
                raise Unfit(Fault.XML_TOO_LARGE)
            parser.feed(piece)
            yield from seen.ended
            seen.ended.clear()
        parser.close()
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unfit(Fault.XML_INVALID) from error
    yield from seen.ended


@dataclass(slots=True)
class _Seen:
    """What the parser calls. `open`: the elements that we are in, None for one that nobody asked for."""

    names: frozenset[str]
    ended: list[Element] = field(default_factory=list)
    open: list[Element | None] = field(default_factory=list)
    count: int = 0

    def doctype(self, *_: str | None) -> None:
        raise Unfit(Fault.XML_INVALID)

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.count += 1
        if self.count > XML_ELEMENTS_MAX or len(self.open) >= XML_DEPTH_MAX:
            raise Unfit(Fault.XML_TOO_LARGE)
        name = tag.rpartition("}")[2]
        outer = self.open[-1] if self.open else None
        if outer is not None:
            inside = name == "f" and outer.name in _AROUND_A_FORMULA
            outer.wraps, outer.parted = outer.wraps or inside, outer.parted or not inside
        if name not in self.names:
            self.open.append(None)
            return
        self.open.append(Element(name, attributes))

    def end(self, _: str) -> None:
        element = self.open.pop()
        if element is not None:
            element.parted = element.parted or (element.wraps and element.text.strip() != "")
            self.ended.append(element)

    def data(self, text: str) -> None:
        element = self.open[-1] if self.open else None
        if element is not None:
            element.text += text
            if len(element.text) > TEXT_CHARACTERS_MAX:
                raise Unfit(Fault.XML_TOO_LARGE)

    def close(self) -> None:
        """Everything was told as it came."""
