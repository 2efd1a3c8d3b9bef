"""relay/http/target.py beyond the rows of cases.py: what the parts of a request line become."""

from __future__ import annotations

import pytest

from relay.base.errors import Refused
from relay.base.reasons import Reason
from relay.http.target import METHODS, RequestLine, parse_authority, parse_request_line


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"GET / HTTP/1.1", RequestLine("GET", "/", None, None)),
        (b"GET /? HTTP/1.1", RequestLine("GET", "/", "", None)),
        (b"POST /a%20b?c=%41 HTTP/1.1", RequestLine("POST", "/a%20b", "c=%41", None)),
        (b"GET /.well-known/x HTTP/1.1", RequestLine("GET", "/.well-known/x", None, None)),
        (b"GET https://A.jp:1?x HTTP/1.1", RequestLine("GET", "/", "x", ("a.jp", 1))),
        (b"GET https://[::A]/ HTTP/1.1", RequestLine("GET", "/", None, ("[::a]", None))),
    ],
)
def test_parts(line: bytes, expected: RequestLine) -> None:
    assert parse_request_line(line, 8000) == expected


def test_the_fast_way_knows_the_same_methods() -> None:
    for method in METHODS:
        assert parse_request_line(method + b" / HTTP/1.1", 8000) == parse_request_line(
            method + b" /%41 HTTP/1.1", 8000
        )._replace(path="/")


@pytest.mark.parametrize("host", [b"A.jp", b"192.0.2.1", b"[2001:DB8::1]", b"a_b", b"xn--eckwd4c7c.jp"])
@pytest.mark.parametrize(("suffix", "port"), [(b"", None), (b":1", 1), (b":65535", 65535)])
def test_authority(host: bytes, suffix: bytes, port: int | None) -> None:
    assert parse_authority(host + suffix) == (host.decode().lower(), port)


@pytest.mark.parametrize("size", [252, 253, 254])
def test_a_name_has_at_most_253_bytes(size: int) -> None:
    name = (b"a" * 61 + b".") * 4 + b"z" * (size - 248)
    if size <= 253:
        assert parse_authority(name + b":65535")[1] == 65535
        return
    with pytest.raises(Refused) as refusal:
        parse_authority(name)
    assert refusal.value.reason is Reason.HOST_INVALID
