"""policy/variables/parse.py: raw messages, none refused."""

from __future__ import annotations

import pytest

from policy.variables.facts import RequestFacts
from policy.variables.parse import STATUS_UNKNOWN, parse_request, parse_response

LINES = [
    (b"GET /a HTTP/1.1", (b"GET", b"/a", b"HTTP/1.1"), None),
    (b"GET /a b HTTP/1.1", (b"GET", b"/a b", b"HTTP/1.1"), None),
    (b"GET /a", (b"GET", b"/a", b"HTTP/0.9"), b"GET /a"),
    (b"GET", (b"GET", b"", b"HTTP/0.9"), b"GET"),
    (b"", (b"", b"", b"HTTP/0.9"), b""),
    (b"GET\t/ HTTP/1.1", (b"GET", b"/", b"HTTP/1.1"), b"GET\t/ HTTP/1.1"),
    (b" GET  /a b \tHTTP/1.1 ", (b"GET", b"/a b", b"HTTP/1.1"), b" GET  /a b \tHTTP/1.1 "),
    (b"GET HTTP/1.1", (b"GET", b"HTTP/1.1", b"HTTP/0.9"), b"GET HTTP/1.1"),
    (b"GET /a?b=c JUNK/1.0", (b"GET", b"/a?b=c", b"JUNK/1.0"), None),
    (b"GET /a b/c", (b"GET", b"/a b/c", b"HTTP/0.9"), b"GET /a b/c"),
    (b"get / http/3", (b"get", b"/", b"http/3"), None),
]


@pytest.mark.parametrize(("line", "expected", "kept"), LINES)
def test_request_lines(line: bytes, expected: tuple[bytes, bytes, bytes], kept: bytes | None) -> None:
    facts = parse_request(line + b"\r\nHost: h\r\n\r\n" if line else b"")
    assert (facts.method, facts.uri, facts.protocol) == expected
    assert facts.line == kept


def test_headers() -> None:
    raw = b"\r\nGET / HTTP/1.1\r\nA: 1\nb :  2 \r\n c\r\n\td\r\nnocolon\r\n: x\r\na:\r\n\r\n"
    facts = parse_request(raw)
    assert facts.headers == [(b"A", b"1"), (b"b", b"2 c d"), (b"nocolon", b""), (b"", b"x"), (b"a", b"")]


BODIES = [
    (b"", b"abc", b"abc"),
    (b"Content-Length: 2\r\n", b"abc", b"ab"),
    (b"Content-Length: 9\r\n", b"abc", b"abc"),
    (b"Content-Length: x\r\n", b"abc", b"abc"),
    (b"Content-Length: 99999999999999999999999\r\n", b"abc", b"abc"),
    (b"Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n", b"abcd"),
    (b"Transfer-Encoding: gzip, Chunked\r\n", b"3\nabc\n0\n\n", b"abc"),
    (b"Transfer-Encoding: chunked\r\n", b"3\r\nab", b"ab"),
    (b"Transfer-Encoding: chunked\r\n", b"xyz", b"xyz"),
    (b"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", b"2\r\nab\r\n0\r\n\r\nrest", b"ab"),
    (b"Transfer-Encoding: identity\r\n", b"abc", b"abc"),
]


@pytest.mark.parametrize(("headers", "rest", "body"), BODIES)
def test_bodies(headers: bytes, rest: bytes, body: bytes) -> None:
    assert parse_request(b"POST / HTTP/1.1\r\n" + headers + b"\r\n" + rest).body == body
    assert parse_response(b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n" + rest).body == body


def test_the_tables_are_whole() -> None:
    assert (len(LINES), len(BODIES)) == (11, 11)


def test_what_is_known_of_the_connection_is_kept() -> None:
    known = RequestFacts(method=b"", uri=b"", remote_addr=b"192.0.2.1", unique_id=b"id")
    facts = parse_request(b"GET / HTTP/1.1\r\n\r\n", known)
    assert (facts.remote_addr, facts.unique_id, facts.method) == (b"192.0.2.1", b"id", b"GET")


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"HTTP/1.1 404 Not Found", 404),
        (b"HTTP/2 200", 200),
        (b"HTTP/1.1", STATUS_UNKNOWN),
        (b"HTTP/1.1 abc", STATUS_UNKNOWN),
    ],
)
def test_status_lines(line: bytes, status: int) -> None:
    response = parse_response(line + b"\r\nA: b\r\n\r\n")
    assert (response.status, response.headers) == (status, [(b"A", b"b")])
