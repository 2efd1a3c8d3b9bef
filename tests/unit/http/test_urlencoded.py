"""relay/http/urlencoded.py: queries, and the one serialisation."""

from __future__ import annotations

import dataclasses

import pytest

from relay.base.errors import Misuse, Refused
from relay.base.limits import DEFAULTS
from relay.base.reasons import Reason
from relay.http.body import Field
from relay.http.urlencoded import UrlencodedParser, UrlencodedWriter, parse_query
from tests.unit.http.feeds import parse

PAIRS = [("氏名", "山田 太郎"), ("a", ""), ("a", "&=+%;"), ("~*-._", "\r\n\x00"), ("😀", "é")]


def test_a_query_is_read_like_a_form() -> None:
    assert parse_query("", DEFAULTS) == []
    assert parse_query("a=v&b&c=%E6%B0%8F+x", DEFAULTS) == [("a", "v"), ("b", ""), ("c", "氏 x")]


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("&", Reason.QUERY_INVALID),
        ("a=v&", Reason.QUERY_INVALID),
        ("=v", Reason.QUERY_INVALID),
        ("a=%4", Reason.QUERY_INVALID),
        ("a=あ", Reason.QUERY_INVALID),
        ("a b", Reason.QUERY_INVALID),
        ("a=%FF", Reason.CHARSET_INVALID),
        ("a&b&c", Reason.FIELDS_EXCEEDED),
        ("abcd", Reason.NAME_TOO_LONG),
        ("a=bcde", Reason.FIELD_TOO_LARGE),
    ],
)
def test_a_query_is_refused_by_its_own_reason(query: str, reason: Reason) -> None:
    limits = dataclasses.replace(DEFAULTS, fields=2, name_bytes=3, field_bytes=3)
    with pytest.raises(Refused) as refusal:
        parse_query(query, limits)
    assert refusal.value.reason is reason


def test_what_is_written_is_read_back_the_same() -> None:
    writer = UrlencodedWriter()
    text = (b"".join(writer.field(*pair) for pair in PAIRS) + writer.end()).decode()
    assert text.startswith(
        "%E6%B0%8F%E5%90%8D=%E5%B1%B1%E7%94%B0%20%E5%A4%AA%E9%83%8E&a=&a=%26%3D%2B%25%3B&%7E*-._=%0D%0A%00&"
    )
    assert parse_query(text, DEFAULTS) == PAIRS
    assert parse(UrlencodedParser(DEFAULTS), [text.encode()]) == [Field(*pair) for pair in PAIRS]


def test_what_cannot_be_written_is_not() -> None:
    with pytest.raises(Refused):
        UrlencodedWriter().field("a", "\ud800")
    with pytest.raises(Misuse):
        UrlencodedWriter().field("", "v")
