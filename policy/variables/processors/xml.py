"""XML: the document is a tree that rules ask with XPath; on demand its leaves are arguments (SecParseXmlIntoArgs).

Nothing is fetched and no DTD is loaded. A document that declares entities is marked as not readable; rules see what stands
for a reference inside the document itself, as far as libxml2's bound against amplification lets it grow, and never anything
from outside. Of a document with faults there is what libxml2 makes of it with its recovery; ModSecurity 3, and the strict
reading, have what was read up to the first fault. A prefix that is not bound is no fault, there as here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from lxml import etree  # type: ignore[import-untyped]  # its stubs are not among our dependencies

from policy.variables.item import Item, Items, Pair
from policy.variables.limits import (
    ARGUMENTS_MAX,
    XML_BYTES_MAX,
    XML_DEPTH_MAX,
    XML_MARKUP_MAX,
    XPATH_BYTES_MAX,
    XPATH_NODES_MAX,
)

_CONTENT: Final = etree.XPath("string()", smart_strings=False)
_DEEP: Final = etree.XPath("boolean(" + "/*" * XML_DEPTH_MAX + ")")
_LEAVES: Final = etree.XPath("//*[not(*)]")
_FAULT: Final = b"XML: Failed to parse document."
_NAMESPACE_DOMAIN: Final = etree.ErrorDomains.NAMESPACE


class ExpressionInvalid(Exception):
    """An XPath expression that libxml2 does not understand, with its words. For the loader of rules."""


@dataclass(slots=True)
class Document:
    """A tree, whole or in part. `exceeded`: the bound that an expression went over."""

    tree: etree._Element
    exceeded: str = ""

    def select(self, expression: str, namespaces: Mapping[str, str]) -> Items:
        """One item for each node; nothing for an expression whose result is not nodes."""
        try:
            found = _compiled(expression, tuple(sorted(namespaces.items())))(self.tree.getroottree())
        except (ExpressionInvalid, etree.XPathError):
            return ()
        if not isinstance(found, list):
            return ()
        if len(found) > XPATH_NODES_MAX:
            self.exceeded = "XPATH_NODES_MAX"
            found = found[:XPATH_NODES_MAX]
        name = b"XML:" + expression.encode()
        key = name[4:]
        items = []
        size = 0
        for node in found:
            value = _content(node)
            size += len(value)
            if size > XPATH_BYTES_MAX:
                self.exceeded = "XPATH_BYTES_MAX"
                break
            items.append(Item(name, key, value))
        return tuple(items)


@dataclass(slots=True)
class Xml:
    """`document` is None if nothing at all could be read, or only arguments were asked for."""

    document: Document | None = None
    pairs: list[Pair] = field(default_factory=list)
    error: bytes = b""
    exceeded: str = ""


def check_expression(expression: str, namespaces: Mapping[str, str]) -> None:
    """Raise ExpressionInvalid, so that a rule with such an expression does not load: it would never match."""
    xpath = _compiled(expression, tuple(sorted(namespaces.items())))
    try:
        xpath(etree.Element("any").getroottree())
    except etree.XPathError as error:  # a prefix or a function that libxml2 looks for only now
        raise ExpressionInvalid(str(error)) from error


@lru_cache(maxsize=1024)
def _compiled(expression: str, namespaces: tuple[tuple[str, str], ...]) -> etree.XPath:
    try:
        return etree.XPath(expression, namespaces=dict(namespaces) or None, regexp=False, smart_strings=False)
    except (etree.XPathSyntaxError, ValueError) as error:
        raise ExpressionInvalid(str(error)) from error


def _content(node: object) -> bytes:
    if isinstance(node, str):
        return node.encode(errors="surrogatepass")
    if isinstance(node, etree._Element):
        text = _CONTENT(node) if isinstance(node.tag, str) else node.text or ""
        return str(text).encode(errors="surrogatepass")
    return b""  # a namespace node: a pair of prefix and name


def read_xml(body: bytes, into_args: str = "off", room: int | None = None, *, strict: bool = False) -> Xml:
    """`into_args`: off, on or onlyargs; `room`: how many arguments SecArgumentsLimit leaves. Any bytes have a reading."""
    found = Xml()
    if len(body) > XML_BYTES_MAX or body.count(b"<") > XML_MARKUP_MAX:
        found.exceeded = "XML_BYTES_MAX" if len(body) > XML_BYTES_MAX else "XML_MARKUP_MAX"
        found.error = b"XML: larger than " + found.exceeded.encode()
        return found
    tree, found.error, exhausted = _parsed(body, strict=strict)
    if tree is None:
        return found
    if exhausted:
        deep = bool(_DEEP(tree))
        found.exceeded = "XML_DEPTH_MAX" if deep else "XML_BYTES_MAX"
    if into_args != "onlyargs":
        found.document = Document(tree)
    if into_args == "onlyargs" or (into_args == "on" and not found.error):
        _arguments(found, tree, room)
    return found


# collect_ids=False must not be added: with it lxml 6.1 asks libxml2 for the external DTD, local files included
def _parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        recover=recover,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        strip_cdata=False,
    )


def _parsed(body: bytes, *, strict: bool) -> tuple[etree._Element | None, bytes, bool]:
    """(the tree, what is wrong with it, whether that is a bound of libxml2's, which has the same depth as ours)."""
    error = b""
    exhausted = False
    parser = _parser(recover=False)
    try:
        tree = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        error = b"" if _only_namespaces(body, parser.error_log) else _FAULT
        exhausted = any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log)
        tree = _begun(body) if strict and error else _recovered(body)
    if tree is not None:
        dtd = tree.getroottree().docinfo.internalDTD
        if dtd is not None and any(True for _ in dtd.iterentities()):
            error = b"XML: entity declarations are not read."
    return tree, error, exhausted


def _only_namespaces(body: bytes, errors: Sequence[etree._LogEntry]) -> bool:
    """Whether nothing is wrong but prefixes that are not bound. Behind such a fault libxml2 does not report trailing text."""
    if not len(errors) or any(entry.domain != _NAMESPACE_DOMAIN for entry in errors):
        return False
    return body.rstrip(b" \t\r\n").endswith(b">")


def _recovered(body: bytes) -> etree._Element | None:
    try:
        return etree.fromstring(body, _parser(recover=True))
    except (etree.XMLSyntaxError, ValueError):
        return None


def _begun(body: bytes) -> etree._Element | None:
    """The tree as it is at the first fault."""
    parser = etree.XMLPullParser(
        ("start",), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, strip_cdata=False
    )
    try:
        parser.feed(body)
        parser.close()
    except (etree.XMLSyntaxError, ValueError):
        return next((element for _, element in parser.read_events()), None)
    return None


def _arguments(found: Xml, tree: etree._Element, room: int | None) -> None:
    """Elements without child elements, called xml.a.b after the local names of their parents and themselves."""
    names: dict[etree._Element, bytes] = {}
    for leaf in _LEAVES(tree.getroottree()):
        if room is not None and len(found.pairs) >= room:
            found.error = b"XML: more arguments than SecArgumentsLimit"
            return
        if len(found.pairs) >= ARGUMENTS_MAX:
            found.error, found.exceeded = b"XML: more arguments than ARGUMENTS_MAX", "ARGUMENTS_MAX"
            return
        found.pairs.append((_path(leaf, names), _content(leaf)))


def _path(element: etree._Element, names: dict[etree._Element, bytes]) -> bytes:
    """The name of an element, remembered for its siblings. Elements are not deeper than XML_DEPTH_MAX."""
    known = names.get(element)
    if known is None:
        parent = element.getparent()
        before = b"xml" if parent is None else _path(parent, names)
        local = element.tag.rpartition("}")[2].rpartition(":")[2]  # a prefix that is not bound stays in the tag
        known = names[element] = before + b"." + local.encode()
    return known
