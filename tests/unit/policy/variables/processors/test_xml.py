"""policy/variables/processors/xml.py: what expressions select, and what is never fetched or put in."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from policy.variables.item import Item
from policy.variables.limits import XPATH_BYTES_MAX
from policy.variables.processors.xml import ExpressionInvalid, check_expression, read_xml

BODY = b'<a i="1" xmlns:p="urn:p"><b j="2">t1</b> mid <p:b>t&amp;2<!-- c --><![CDATA[cd]]></p:b><?pi x?></a>'
SELECTED = [
    ("/*", [b"t1 mid t&2cd"]),
    ("//@*", [b"1", b"2"]),
    ("/a/b/text()", [b"t1"]),
    ("//comment()", [b" c "]),
    ("//q:b", [b"t&2cd"]),
    ("//none", []),
    ("count(//b)", []),
    ("string(/a)", []),
    ("//unbound:b", []),
    ("///", []),
]


def test_the_table_is_whole() -> None:
    assert len(SELECTED) == 10


@pytest.mark.parametrize(("expression", "values"), SELECTED)
def test_expressions(expression: str, values: list[bytes]) -> None:
    document = read_xml(BODY).document
    assert document is not None
    key = expression.encode()
    assert list(document.select(expression, {"q": "urn:p"})) == [Item(b"XML:" + key, key, value) for value in values]


def test_an_expression_is_checked_when_rules_load() -> None:
    for expression in ("/*", "//@*", "/q:a/@b", "count(//a)"):
        check_expression(expression, {"q": "urn:p"})
    for expression in ("///", "/a[1+]", "/none:a", "unknown(/a)"):
        with pytest.raises(ExpressionInvalid):
            check_expression(expression, {"q": "urn:p"})


def test_leaves_are_arguments_on_demand() -> None:
    assert read_xml(BODY).pairs == []
    on = read_xml(BODY, "on")
    assert on.pairs == [(b"xml.a.b", b"t1"), (b"xml.a.b", b"t&2cd")]
    assert on.document is not None
    only = read_xml(BODY, "onlyargs")
    assert (only.pairs, only.document) == (on.pairs, None)
    assert read_xml(BODY, "on", 1).error == b"XML: more arguments than SecArgumentsLimit"


@pytest.mark.parametrize("body", [b"", b" ", b"x", b"<a>", b"<a></b>", b"<a>\xff</a>", b"<a/>x", b"<a>&undef;</a>"])
def test_faults(body: bytes) -> None:
    assert read_xml(body).error


def test_a_prefix_that_is_not_bound_is_no_fault() -> None:
    found = read_xml(b"<x:a>v</x:a>", "on")
    assert (found.error, found.pairs) == (b"", [(b"xml.a", b"v")])
    assert read_xml(b"<x:a>v</x:a>tail").error


def test_what_can_be_read_of_a_broken_document_is_there() -> None:
    document = read_xml(b"<a><b>UNION SELECT</b><c></a>").document
    assert document is not None
    assert document.select("//b", {})[0].value == b"UNION SELECT"


@pytest.mark.parametrize(
    "body", [b"<a><b>x<c/>y</b>z<d e=f>UNION SELECT</d></a>", b"<a><b>x<c/>y</b>z</x><d>UNION</d></a>"]
)
def test_the_strict_reading_ends_at_the_first_fault(body: bytes) -> None:
    found = read_xml(body, strict=True)
    assert found.error and found.document is not None
    assert [item.value for item in found.document.select("/*", {})] == [b"xyz"]
    assert read_xml(b"x", strict=True).document is None


def test_encodings_become_utf_8() -> None:
    body = '<?xml version="1.0" encoding="Shift_JIS"?><a>日</a>'.encode("cp932")
    document = read_xml(body).document
    assert document is not None
    assert document.select("/*", {})[0].value == "日".encode()


@pytest.mark.parametrize(
    ("declaration", "value"),
    [
        (b'<!ENTITY e "E">', b"E"),
        (b'<!ENTITY e SYSTEM "%b">', b""),
        (b'<!ENTITY % p SYSTEM "%b"> %p;', b""),
        (b'<!ENTITY e SYSTEM "http://127.0.0.1:9/x">', b""),
    ],
)
def test_entities_never_come_from_outside(declaration: bytes, value: bytes, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text('<!ENTITY e "outside">')
    found = read_xml(b"<!DOCTYPE a [" + declaration.replace(b"%b", str(outside).encode()) + b"]><a>&e;</a>")
    assert found.error
    assert found.document is not None
    assert found.document.select("/*", {})[0].value == value


def test_a_dtd_is_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "a.dtd").write_text('<!ELEMENT a ANY><!ATTLIST a x CDATA "outside">')
    for where in (str(tmp_path / "a.dtd"), f"file://{tmp_path}/a.dtd", "http://127.0.0.1:9/a.dtd"):
        found = read_xml(b'<!DOCTYPE a SYSTEM "%b"><a/>' % where.encode())
        assert found.error == b""
        assert found.document is not None
        assert found.document.select("//@*", {}) == ()


def test_entities_do_not_multiply_without_bound() -> None:
    names = [b"e%d" % at for at in range(20)]
    declared = [b'<!ENTITY e0 "0123456789">']
    declared += [b'<!ENTITY %b "%b">' % (name, b"&%b;" % before * 10) for before, name in pairwise(names)]
    for use in (b"<a>&e19;</a>", b'<a x="&e19;"/>', b"<a>" + b"<b>&e5;</b>" * 200 + b"</a>"):
        found = read_xml(b"<!DOCTYPE a [" + b"".join(declared) + b"]>" + use)
        assert found.error
        values = [] if found.document is None else found.document.select("//* | //@*", {})
        assert sum(len(item.value) for item in values) <= XPATH_BYTES_MAX
