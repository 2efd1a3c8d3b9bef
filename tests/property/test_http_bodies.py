"""Any bytes in any pieces: the same events or the same refusal, never anything else; and what a writer writes is read back."""

from __future__ import annotations

import dataclasses
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.base.errors import Refused
from relay.base.limits import DEFAULTS
from relay.base.reasons import Reason
from relay.http.body import BodyEvent, BodyParser, Document, Field, FileData, FileEnd, FileStart
from relay.http.charset import CHARSETS, to_utf8
from relay.http.json_body import JsonParser, encode_document
from relay.http.multipart import MultipartParser, MultipartWriter
from relay.http.urlencoded import UrlencodedParser, UrlencodedWriter, parse_query
from tests.unit.http.body_cases import BODY_CASES
from tests.unit.http.feeds import joined, parse, split

SMALL = dataclasses.replace(
    DEFAULTS, fields=6, parts=6, name_bytes=12, field_bytes=24, part_header_bytes=120, json_depth=4, json_bytes=200
)
KINDS = ["urlencoded", "multipart", "json"]
FRAGMENTS = {
    "urlencoded": [b"a=v", b"&", b"=", b"+", b"%41", b"%E3%81%82", b"%", b"%FF", b";"],
    "multipart": [
        b"--BB\r\n",
        b"--BB",
        b"--BB--\r\n",
        b"\r\n",
        b"\r",
        b"\n",
        b"-",
        b'Content-Disposition: form-data; name="a"',
        b'; filename="b"',
        b"; filename*=UTF-8''%41",
        b"Content-Type: text/plain",
        b"\r\n\r\n",
        b"value",
        b"\xe3\x81\x82",
        b"\xff",
    ],
    "json": [b"{", b"}", b"[", b"]", b'"a"', b":", b",", b"1", b"-0.5e1", b"null", b'"\\ud800"', b'"', b"\\", b" "],
}


def parser(kind: str) -> BodyParser:
    if kind == "urlencoded":
        return UrlencodedParser(SMALL)
    return MultipartParser("BB", SMALL) if kind == "multipart" else JsonParser(SMALL)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=300, deadline=None)
@given(st.data())
def test_pieces_change_nothing(kind: str, data: st.DataObject) -> None:
    seeds = [case.raw for case in BODY_CASES if len(case.raw) < 300]
    fragments = st.one_of(st.sampled_from(FRAGMENTS[kind]), st.sampled_from(seeds), st.binary(max_size=4))
    raw = data.draw(st.lists(fragments, max_size=16).map(b"".join))
    cuts = data.draw(st.lists(st.integers(0, 400), max_size=12))
    assert parse(parser(kind), split(raw, cuts)) == parse(parser(kind), [raw])


def _in(sign: str, codec: str) -> bool:  # in JIS X 0208 or before it, not in JIS X 0212
    try:
        raw = sign.encode(codec)
        return raw.decode(codec) == sign and len(raw) < 3
    except UnicodeError:
        return False


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
names = texts.filter(bool)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(names, texts), max_size=12))
def test_urlencoded_is_read_back(pairs: list[tuple[str, str]]) -> None:
    writer = UrlencodedWriter()
    text = b"".join(writer.field(*pair) for pair in pairs).decode()
    assert parse_query(text, DEFAULTS) == pairs
    assert parse(UrlencodedParser(DEFAULTS), [text.encode()]) == [Field(*pair) for pair in pairs]


# What code page 932 and both codecs of Python have in common: browsers write the same bytes
shared = st.sampled_from(
    [
        chr(code)
        for code in range(0x10000)
        if not 0x80 <= code <= 0xA0
        and not 0xE000 <= code < 0xF900
        and _in(chr(code), "cp932")
        and _in(chr(code), "euc_jp")
    ]
)
CODECS = [("shift_jis", "cp932"), ("euc-jp", "euc_jp")]


@pytest.mark.parametrize(("charset", "codec"), CODECS)
@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.text(shared, min_size=1, max_size=9), st.text(shared, max_size=30)), max_size=8), st.data()
)
def test_a_form_in_another_encoding_is_the_form_in_utf8(
    charset: str, codec: str, pairs: list[tuple[str, str]], data: st.DataObject
) -> None:
    cuts = data.draw(st.lists(st.integers(0, 400), max_size=6))
    fields = [Field(*pair) for pair in pairs]
    raw = urlencode(pairs, encoding=codec).encode()
    assert parse(UrlencodedParser(DEFAULTS, CHARSETS[charset]), split(raw, cuts)) == fields
    quotable = [field for field in fields if not set(field.name) & set('"\\') and field.name.isprintable()]
    parts = [f'--BB\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in quotable]
    body = ("".join(parts) + "--BB--").encode(codec)
    if parts and not any("%" in field.name or "--BB" in field.value for field in quotable):
        assert parse(MultipartParser("BB", DEFAULTS, CHARSETS[charset]), split(body, cuts)) == quotable


@pytest.mark.parametrize(("charset", "codec"), CODECS)
@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=30))
def test_any_bytes_are_text_or_a_refusal(charset: str, codec: str, raw: bytes) -> None:
    """And the text holds no ASCII sign that the bytes do not have, nor loses one: none is eaten by half of a character."""
    try:
        text = CHARSETS[charset].decode(raw)
    except Refused as refused:
        assert refused.reason is Reason.CHARSET_UNDECODABLE
        return
    assert to_utf8(raw, CHARSETS[charset]) == text.encode()
    assert not any(0x80 <= ord(sign) <= 0xA0 or 0xE000 <= ord(sign) < 0xF900 or sign == "\ufffd" for sign in text)
    ascii_signs = [sign for sign in text if sign.isascii()]
    assert ascii_signs == [sign for sign in raw.decode("cp932" if codec == "cp932" else "latin-1") if sign.isascii()]


PAIR_BY_PAIR = dataclasses.replace(DEFAULTS, name_bytes=3)  # so few that no name is surely within: nothing goes at once


@settings(max_examples=1000, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                [b"a", b"b=", b"&", b"=", b"+", b"%41", b"%1E", b"%1f", b"%3D%26", b"%E3%81%82", b"%", b"%%"]
            ),
            st.sampled_from([b"%FF", b"%E3", b"%4", b"%0A", b"=0A", b";", b"_", b"\x1f", b"\n"]),
        ),
        max_size=10,
    ).map(b"".join)
)
def test_pairs_at_once_and_one_by_one_are_the_same(raw: bytes) -> None:
    one_by_one = parse(UrlencodedParser(PAIR_BY_PAIR), [raw])
    if one_by_one != Reason.NAME_TOO_LONG.value:
        assert parse(UrlencodedParser(DEFAULTS), [raw]) == one_by_one


json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**53) + 1, 2**53 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        texts,
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(json_values)
def test_json_is_read_back(value: object) -> None:
    (event,) = parse(JsonParser(DEFAULTS), [encode_document(value)])
    assert isinstance(event, Document)
    assert event.value == value
    assert encode_document(event.value) == encode_document(value)


parts = st.lists(
    st.one_of(
        st.tuples(names, texts), st.tuples(names, texts, st.lists(st.binary(min_size=1, max_size=60), max_size=4))
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=300, deadline=None)
@given(parts)
def test_multipart_is_read_back(parts: list[tuple[str, str] | tuple[str, str, list[bytes]]]) -> None:
    writer = MultipartWriter("a-fresh-boundary")
    body = b""
    expected: list[BodyEvent] = []
    for part in parts:
        try:
            if len(part) == 2:
                body += writer.field(*part)
                expected.append(Field(*part))
            else:
                name, filename, data = part
                body += writer.file_start(name, filename, "application/pdf")
                body += b"".join(writer.file_data(piece) for piece in data) + writer.file_end()
                expected += [FileStart(name, filename, "application/pdf"), *map(FileData, data), FileEnd()]
        except Refused:
            continue  # a name that no quoted string can carry
    if not expected:
        return
    got = parse(MultipartParser("a-fresh-boundary", DEFAULTS), [body + writer.end()])
    if "_charset_" not in [part[0] for part in parts]:
        assert got == joined(expected)
