"""relay/http/content_type.py: the parts of a Content-Type."""

from __future__ import annotations

import pytest

from relay.base.errors import Refused
from relay.base.reasons import Reason
from relay.http.content_type import ContentType, parse_content_type


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
