"""relay/http/content_type.py: the parts of a Content-Type."""

from __future__ import annotations

import pytest

from relay.base.errors import Refused
from relay.base.reasons import Reason
from relay.http.content_type import ContentType, check_charset, parse_content_type


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"text/plain", ContentType("text/plain", ())),
        (b"Text/Plain;Charset=UTF-8", ContentType("text/plain", (("charset", "UTF-8"),))),
        (b'a/b ; c="d\\"e;f" \t;\tg=h', ContentType("a/b", (("c", 'd"e;f'), ("g", "h")))),
        (b'a/b; c=""', ContentType("a/b", (("c", ""),))),
    ],
)
def test_parts(value: bytes, expected: ContentType) -> None:
    assert parse_content_type(value) == expected


def test_param() -> None:
    content_type = parse_content_type(b"a/b; C=D")
    assert (content_type.param("c"), content_type.param("e")) == ("D", None)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"a",
        b"a/",
        b"a/b;",
        b"a/b c=d",
        b"a/b; c",
        b"a/b; c=d; C=e",
        b'a/b; c="d',
        b"a/b/c",
        b"a/b\x00",
        b" a/b",
        b'a/b; c="\x80"',
    ],
)
def test_what_is_none(value: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        parse_content_type(value)
    assert refusal.value.reason is Reason.CONTENT_TYPE_UNSUPPORTED


@pytest.mark.parametrize(
    ("charset", "good"),
    [(b"utf-8", True), (b"UTF-8", True), (b"utf8", False), (b"us-ascii", False), (b'"utf-8"', True)],
)
def test_charset(charset: bytes, good: bool) -> None:
    content_type = parse_content_type(b"a/b; charset=" + charset)
    if good:
        check_charset(content_type)
        return
    with pytest.raises(Refused) as refusal:
        check_charset(content_type)
    assert refusal.value.reason is Reason.CHARSET_INVALID
