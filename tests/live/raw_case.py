"""A raw request, and what must become of it.

`passes`: the request line without its version, and the body, of each request that must reach the application; empty: refused.
"""

from __future__ import annotations

from typing import NamedTuple


class RawCase(NamedTuple):
    name: str
    raw: bytes
    passes: tuple[tuple[str, bytes], ...] = ()
    refused_after: bool = False  # what follows those is refused
    cut: bool = False  # the peer left within a head: there is nobody to answer


def head(*lines: bytes) -> bytes:
    return b"\r\n".join(lines) + b"\r\n\r\n"


HOST = b"Host: shinsei.lab.example"
GET = head(b"GET /a HTTP/1.1", HOST)
EVIL = head(b"GET /smuggled HTTP/1.1", HOST)
OK = (("GET /a", b""),)


def get(name: str, *lines: bytes, passes: bool) -> RawCase:
    return RawCase(name, head(b"GET /a HTTP/1.1", HOST, *lines), OK if passes else ())


def post(name: str, lines: tuple[bytes, ...], body: bytes, passes: bytes | None = None) -> RawCase:
    raw = head(b"POST /p HTTP/1.1", HOST, *lines) + body
    return RawCase(name, raw, () if passes is None else (("POST /p", passes),))


CHUNKED = b"Transfer-Encoding: chunked"
