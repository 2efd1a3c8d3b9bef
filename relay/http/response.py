"""How a response is framed: what h11 writes, asked once for each kind of exchange. docs/adr/0002-framing-ahead-of-h11.md.

What h11 makes of a response hangs on nothing but the arguments of `frame_of`, so the whole exchange is played to it the first
time that they come, with one byte of body, and what it did is kept. The order of calls and the announced length are then held
to by `connection.ServerConnection`; tests/property/test_http_responses.py compares both with a living h11.
"""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple

import h11

from relay.base.errors import Misuse

_REASON_PHRASES = {status.value: status.phrase.encode() for status in HTTPStatus}
_LENGTH = b"content-length: 1\r\n"
_FRAMES_HELD = 256  # the application chooses the status
_NO_CONTENT = 204
_NOT_MODIFIED = 304


class Frame(NamedTuple):
    """`before` and `after`: the lines ahead of Content-Length, which has the place between them, and behind it."""

    before: bytes
    after: bytes
    has_body: bool
    chunked: bool


def has_no_body(status: int) -> bool:
    """Whatever its header says (RFC 9110 section 6.4.1)."""
    return status in (_NO_CONTENT, _NOT_MODIFIED)


def may_have_length(status: int) -> bool:
    """RFC 9110 section 8.6."""
    return status != _NO_CONTENT


@lru_cache(maxsize=_FRAMES_HELD)
def frame_of(status: int, to_head: bool, has_length: bool, closes: bool) -> Frame:
    """The frame of a response to an HTTP/1.1 request. Raises Misuse for what h11 does not write."""
    server = h11.Connection(h11.SERVER)
    asked = b"connection: close\r\n" if closes else b""
    server.receive_data(b"%b / HTTP/1.1\r\nhost: -\r\n%b\r\n" % (b"HEAD" if to_head else b"GET", asked))
    if [type(server.next_event()) for _ in range(2)] != [h11.Request, h11.EndOfMessage]:
        raise Misuse("h11 does not see the request")
    fields = [(b"content-length", b"1")] if has_length else []
    has_body = not to_head and not has_no_body(status)
    try:
        response = h11.Response(status_code=status, headers=fields, reason=_REASON_PHRASES.get(status, b"Unknown"))
        head = server.send(response) or b""
        if has_body:
            server.send(h11.Data(data=b"-"))
        end = server.send(h11.EndOfMessage())
    except h11.LocalProtocolError as exc:
        raise Misuse(f"response that cannot be written: {exc}") from exc
    if has_length is not (_LENGTH in head) or server.our_state is not (h11.MUST_CLOSE if closes else h11.DONE):
        raise Misuse("h11 frames a response in another way than it was asked to")
    start, _, fields_written = head.partition(b"\r\n")
    return Frame(start + b"\r\n", fields_written.replace(_LENGTH, b"").removesuffix(b"\r\n"), has_body, bool(end))
