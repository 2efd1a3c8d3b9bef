"""XML is told as its elements, each with all of its text, and only if it is plain and within its bounds."""

from __future__ import annotations

from typing import cast

import pytest

from content import office_xml
from content.faults import Fault, Unfit
from content.office_xml import TEXT_CHARACTERS_MAX, XML_DEPTH_MAX, Element, elements


def told(xml: bytes, piece: int = 7) -> list[Element] | Fault:
    """What is asked for is called `t`, `f` or `formula1`. The XML comes in small pieces."""
    pieces = [xml[at : at + piece] for at in range(0, len(xml), piece)]
    try:
        return list(elements(pieces, frozenset(("t", "f", "formula1"))))
    except Unfit as unfit:
        return unfit.fault


def test_elements_are_told_at_their_end_whatever_their_namespace() -> None:
    xml = b'<a xmlns="n" xmlns:m="m"><t m:b="1" c="2">x</t><m:f><t/></m:f><u>y</u></a>'
    assert told(xml) == [
        Element("t", {"{m}b": "1", "c": "2"}, "x"),
        Element("t", {}),
        Element("f", {}, parted=True),
    ]


def test_an_attribute_is_the_only_one_of_its_name() -> None:
    (element,) = cast(list[Element], told(b'<t xmlns:m="m" xmlns:n="n" m:b="1" n:c="2" c="3"/>'))
    assert [element.attribute(name) for name in ("b", "d")] == ["1", ""]
    with pytest.raises(Unfit) as unfit:
        element.attribute("c")
    assert unfit.value.fault is Fault.XML_INVALID


def test_a_prefix_without_a_namespace_hides_nothing() -> None:
    (element,) = cast(list[Element], told(b'<m:t m:c="2">x</m:t>'))
    assert (element.name, element.attribute("c"), element.text) == ("t", "2", "x")


@pytest.mark.parametrize("xml", [b"<t>DDE</t>", b"<t>D<!-- x -->D<?x y?>E</t>", b"<t>D<![CDATA[D]]>&#69;</t>"])
@pytest.mark.parametrize("piece", [1, 5, 100])
def test_text_is_whole(xml: bytes, piece: int) -> None:
    assert told(xml, piece) == [Element("t", {}, "DDE")]


@pytest.mark.parametrize(
    ("xml", "element"),
    [
        (b"<t>a<b>c</b>d</t>", Element("t", {}, "ad", parted=True)),
        (b"<formula1> <u>1</u></formula1>", Element("formula1", {}, " ", parted=True)),
        (b"<formula1> <f>1</f> </formula1>", Element("formula1", {}, "  ", wraps=True)),
        (b"<formula1><f>1</f>+</formula1>", Element("formula1", {}, "+", wraps=True, parted=True)),
        (b"<formula1>+<f>1</f></formula1>", Element("formula1", {}, "+", wraps=True, parted=True)),
        (b"<formula1><f>1</f><u/></formula1>", Element("formula1", {}, wraps=True, parted=True)),
    ],
)
def test_elements_within_are_told(xml: bytes, element: Element) -> None:
    found = told(xml)
    assert isinstance(found, list)
    assert found[-1] == element


@pytest.mark.parametrize(
    "xml",
    [b"", b"<a>", b"<a></b>", b"<!DOCTYPE a><a/>", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"<a/>x", b"\xff\xfe<", b"<a>&b;</a>",
     b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', b'<a b="1" b="2"/>', b"<a/><a/>", b"<a>\xff</a>"],
)  # fmt: skip
def test_xml_that_is_not_plain(xml: bytes) -> None:
    assert told(xml) is Fault.XML_INVALID


def test_the_deepest_element() -> None:
    def nested(depth: int) -> bytes:
        return b"<a>" * depth + b"</a>" * depth

    assert told(nested(XML_DEPTH_MAX)) == []
    assert told(nested(XML_DEPTH_MAX + 1)) is Fault.XML_TOO_LARGE


def test_the_longest_text() -> None:
    assert told(b"<t>" + b"&amp;" * TEXT_CHARACTERS_MAX + b"</t>") == [Element("t", {}, "&" * TEXT_CHARACTERS_MAX)]
    assert told(b"<t>" + b"&amp;" * (TEXT_CHARACTERS_MAX + 1) + b"</t>") is Fault.XML_TOO_LARGE
    assert told(b"<u>" + b"a" * (TEXT_CHARACTERS_MAX + 1) + b"</u>", 4_096) == []  # nobody asks for it


def test_the_most_elements_and_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office_xml, "XML_ELEMENTS_MAX", 20)
    assert told(b"<a>" + b"<b/>" * 19 + b"</a>") == []
    assert told(b"<a>" + b"<b/>" * 20 + b"</a>") is Fault.XML_TOO_LARGE
    monkeypatch.setattr(office_xml, "XML_BYTES_MAX", 2_000)
    assert told(b"<a>" + b" " * 1_993 + b"</a>") == []
    assert told(b"<a>" + b" " * 1_994 + b"</a>") is Fault.XML_TOO_LARGE
