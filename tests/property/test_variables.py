"""What rules see of a message: no bytes raise, nothing is lost, and plain readings agree with the fast ones."""

from __future__ import annotations

import json
import re
from urllib.parse import quote_from_bytes, quote_plus, unquote_to_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.variables.decode import form_decode, has_invalid_escape, uri_decode
from policy.variables.facts import Options, RequestFacts
from policy.variables.headers import basic_user, body_kind, read_cookies
from policy.variables.item import Pair
from policy.variables.parse import parse_request, parse_response
from policy.variables.processors.boundary import read_boundary
from policy.variables.processors.disposition import read_disposition
from policy.variables.processors.json import read_json
from policy.variables.processors.multipart import read_multipart
from policy.variables.processors.urlencoded import read_form
from policy.variables.processors.xml import read_xml
from policy.variables.table import TABLE
from policy.variables.target import read_target
from policy.variables.transaction import Transaction
from tests.unit.policy.variables.messages import Messages

MANY = settings(max_examples=300, deadline=None)
PIECES = (b"%", b"4", b"1", b"a", b"=", b"+", b"\n", b"\r", b"\x1e", b"\x1f", b"&", b"%1e", b"%3D", b"%41", b"\xff")
ESCAPES = st.lists(st.sampled_from(PIECES)).map(b"".join)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SEEDS = st.integers(0, 2**32)


def escaped_plainly(text: bytes) -> bytes:
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda match: bytes([int(match[1], 16)]), text)


def form_plainly(text: bytes, separator: bytes) -> list[Pair]:
    pieces = text.split(separator)
    if not pieces[-1]:
        pieces.pop()
    pairs = [piece.partition(b"=") for piece in pieces]
    return [
        (escaped_plainly(key.replace(b"+", b" ")), escaped_plainly(value.replace(b"+", b" ")))
        for key, _, value in pairs
    ]


@MANY
@given(ESCAPES)
def test_decoding_is_what_it_says(text: bytes) -> None:
    assert uri_decode(text) == escaped_plainly(text)
    assert form_decode(text) == escaped_plainly(text.replace(b"+", b" "))
    assert has_invalid_escape(text) is (len(uri_decode(text)) + 2 * text.count(b"%") != len(text))


@MANY
@given(st.binary(max_size=50))
def test_what_was_encoded_is_decoded(raw: bytes) -> None:
    assert uri_decode(quote_from_bytes(raw).encode()) == raw == unquote_to_bytes(quote_from_bytes(raw))


@MANY
@given(ESCAPES, st.sampled_from([b"&", b";", b"=", b"4", b"%", b"+"]))
def test_forms_decoded_at_once_and_pair_by_pair(text: bytes, separator: bytes) -> None:
    form = read_form(text, separator)
    assert form.pairs == form_plainly(text, separator)
    keys = [piece.partition(b"=") for piece in text.split(separator)]
    assert form.invalid is any(has_invalid_escape(key) or has_invalid_escape(value) for key, _, value in keys)


@MANY
@given(st.lists(st.tuples(TEXT, TEXT), max_size=5))
def test_forms_of_browsers(pairs: list[tuple[str, str]]) -> None:
    body = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs).encode()
    assert read_form(body).pairs == [(name.encode(), value.encode()) for name, value in pairs]


@MANY
@given(
    st.lists(st.tuples(st.text("abc氏名", min_size=1), st.binary(max_size=40)), min_size=1, max_size=4), st.booleans()
)
def test_multipart_of_browsers(fields: list[tuple[str, bytes]], strict: bool) -> None:
    parts = [
        b'--BB\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (name.encode(), value)
        for name, value in fields
    ]
    found = read_multipart(b"".join([*parts, b"--BB--\r\n"]), b"multipart/form-data; boundary=BB")
    if all(b"--BB" not in value for _, value in fields):
        assert [(part.name, part.content) for part in found.parts] == [(name.encode(), value) for name, value in fields]
        assert found.error == b"" and not found.invalid_part


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)


def leaves(value: object, name: str) -> list[Pair]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in leaves(inner, f"{name}.{key or 'empty-key'}")]
    if isinstance(value, list):
        return [leaf for at, inner in enumerate(value) for leaf in leaves(inner, f"{name}.array_{at}")]
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value)
    return [(name.encode(), text.encode())]


@MANY
@given(JSON_VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_documents_of_libraries(value: object, ascii_only: bool, indent: int | None) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    found = read_json(body)
    assert (found.error, found.pairs) == (b"", leaves(value, "json"))


@MANY
@given(st.lists(TEXT.map(lambda text: re.sub("[\x00-\x1f\x7f-\x9f\ufffe\uffff]", "", text)), max_size=5))
def test_xml_of_libraries(texts: list[str]) -> None:
    escaped = [text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for text in texts]
    body = "".join(["<a>", *[f"<b>{text}</b>" for text in escaped], "</a>"]).encode()
    found = read_xml(body, "on")
    assert found.error == b""
    assert found.document is not None
    assert [item.value for item in found.document.select("/a/b", {})] == [text.encode() for text in texts]
    assert [value for _, value in found.pairs] == [text.encode() for text in texts or [""]]


@MANY
@given(st.binary(max_size=200))
def test_any_bytes_have_a_reading(raw: bytes) -> None:
    read_target(raw)
    read_cookies(raw)
    body_kind([raw])
    basic_user(b"Basic " + raw)
    read_boundary(b"multipart/form-data; boundary=" + raw)
    read_disposition(b"form-data; " + raw.replace(b"\0", b""))
    read_json(raw)
    read_xml(raw, "on")
    parse_response(raw)


@MANY
@given(st.binary(max_size=200), st.sampled_from(["URLENCODED", "MULTIPART", "JSON", "XML", ""]), st.booleans())
def test_every_variable_of_any_request_can_be_asked_for(raw: bytes, processor: str, strict: bool) -> None:
    transaction = Transaction(parse_request(raw), Options(strict=strict))
    transaction.process_body(processor)
    for name in TABLE:
        for item in transaction.get(name):
            assert all(isinstance(part, bytes) for part in item)
            assert item in transaction.select(name, item.key.lower())


@settings(max_examples=100, deadline=None)
@given(SEEDS)
def test_odd_multipart_bodies_have_a_reading_that_does_not_depend_on_strictness(seed: int) -> None:
    facts = Messages(seed).multipart()
    loose, strict = Transaction(facts), Transaction(facts, Options(strict=True))
    loose.process_body()
    strict.process_body()
    for name in TABLE:
        if name not in (
            "ARGS",
            "ARGS_POST",
            "REQUEST_BODY",
        ):  # the last is shown of a multipart body in the strict reading only
            assert loose.get(name) == strict.get(name)
    without_ends = [item.value.replace(b"\r\n", b"").replace(b"\n", b"") for item in loose.get("ARGS")]
    assert without_ends == [item.value for item in strict.get("ARGS")]


@pytest.mark.parametrize("limit", [0, 1, 2, 3])
@settings(max_examples=50, deadline=None)
@given(seed=SEEDS)
def test_a_limit_of_arguments_takes_from_the_end(limit: int, seed: int) -> None:
    facts = RequestFacts(method=b"POST", uri=b"/?a&b", body=Messages(seed).json())
    free, bound = Transaction(facts), Transaction(facts, Options(arguments_limit=limit))
    free.process_body("JSON")
    bound.process_body("JSON")
    assert bound.get("ARGS") == free.get("ARGS")[:limit]
