"""What the rules are told of a request: of a head that was read, and of bytes that were refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from policy.request import RequestHead
from policy.request_facts import facts_of, facts_of_refused

MS = 1_795_392_000_000
TRANSFER = "01999c3e-5b1c-7d0a-8f00-0123456789ab"


@pytest.mark.parametrize(("query", "uri"), [(None, b"/a%20b"), ("", b"/a%20b?"), ("x=1", b"/a%20b?x=1")])
def test_of_a_head(query: str | None, uri: bytes) -> None:
    headers = ((b"host", b"minato.example"),)
    head = RequestHead(
        "minato", "GET", "/a%20b", (), query, headers, None, None, None, MS, "192.0.2.7", "1.0", TRANSFER
    )
    facts = facts_of(head)
    assert (facts.method, facts.uri, facts.protocol, facts.headers) == (b"GET", uri, b"HTTP/1.0", headers)
    assert (facts.remote_addr, facts.server_port, facts.unique_id) == (b"192.0.2.7", 443, TRANSFER.encode())
    assert facts.time == datetime.fromtimestamp(MS / 1000, UTC)


def test_of_bytes_that_were_refused() -> None:
    raw = b"GET / HTTP/9.9\r\nX: 1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"
    facts = facts_of_refused(raw, source="2001:db8::7", transfer=TRANSFER, received_ms=MS)
    assert (facts.method, facts.uri, facts.protocol, facts.body) == (b"GET", b"/", b"HTTP/9.9", b"ab")
    assert [name for name, _ in facts.headers] == [b"X", b"Content-Length", b"Content-Length"]
    assert (facts.remote_addr, facts.server_port, facts.unique_id) == (b"2001:db8::7", 443, TRANSFER.encode())


@pytest.mark.parametrize("raw", [b"", b"\xff\x00", b"\r\n\r\n", b"GET", b"\x16\x03\x01"])
def test_any_bytes_will_do(raw: bytes) -> None:
    assert facts_of_refused(raw, source="192.0.2.7", transfer=TRANSFER, received_ms=MS).body == b""
