"""A raw request or response cut into what a connector hands to ModSecurity; nothing is refused or repaired.

The head ends at the first empty line, lines end with LF or CRLF, a field's value loses the white space around it, and
the body is the rest: its length is not compared with Content-Length, since rules are what is compared here, not
framing. A message without an empty line has no body.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_END_OF_LINE = re.compile(rb"\r?\n")


@dataclass(frozen=True, slots=True)
class RawRequest:
    method: bytes
    uri: bytes
    version: bytes  # "1.1"
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class RawResponse:
    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


def split_request(raw: bytes) -> RawRequest:
    """The method ends at the first space, the version begins after the last one; what is between them is the target."""
    line, headers, body = _split(raw)
    method, _, rest = line.partition(b" ")
    uri, _, protocol = rest.rpartition(b" ")
    return RawRequest(method, uri, protocol.removeprefix(b"HTTP/"), headers, body)


def split_response(raw: bytes) -> RawResponse:
    line, headers, body = _split(raw)
    return RawResponse(int(line.split(b" ")[1]), headers, body)


def _split(raw: bytes) -> tuple[bytes, tuple[tuple[bytes, bytes], ...], bytes]:
    end = _END_OF_HEAD.search(raw)
    head, body = (raw, b"") if end is None else (raw[: end.start()], raw[end.end() :])
    line, *fields = _END_OF_LINE.split(head)
    pairs = (field.partition(b":") for field in fields)
    return line, tuple((name, value.strip(b" \t")) for name, colon, value in pairs if colon), body
