"""relay/http/events.py: what a Head tells."""

from __future__ import annotations

import pytest

from relay.http.events import Head


def head(length: int | None = None, *, chunked: bool = False) -> Head:
    headers = ((b"a", b"1"), (b"b", b""), (b"a", b"2"))
    return Head("POST", "/", None, "a.jp", None, headers, length, chunked, False, "1.1", True)


@pytest.mark.parametrize(("name", "value"), [(b"a", b"1, 2"), (b"b", b""), (b"c", None), (b"A", None)])
def test_header(name: bytes, value: bytes | None) -> None:
    assert head().header(name) == value


@pytest.mark.parametrize(
    ("length", "chunked", "has"), [(None, False, False), (0, False, False), (1, False, True), (None, True, True)]
)
def test_has_body(length: int | None, chunked: bool, has: bool) -> None:
    assert head(length, chunked=chunked).has_body is has
