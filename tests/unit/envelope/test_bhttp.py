"""relay/envelope/bhttp.py: what the writers write, byte for byte, and what they will not."""

from __future__ import annotations

import pytest

from relay.base.errors import Misuse
from relay.envelope.bhttp import RequestEncoder, ResponseEncoder
from relay.envelope.bhttp_grammar import TRAILER_BYTES


def test_a_request_byte_for_byte() -> None:
    writer = RequestEncoder(b"POST", b"www.example.jp", b"/apply?x=1", [(b"content-type", b"text/plain"), (b"a", b"")])
    expected = (
        "02" + "04" + b"POST".hex() + "05" + b"https".hex() + "0e" + b"www.example.jp".hex() + "0a" + b"/apply?x=1".hex()
        + "0c" + b"content-type".hex() + "0a" + b"text/plain".hex() + "01" + b"a".hex() + "00" + "00"
    )  # fmt: skip
    assert writer.start().hex() == expected
    assert writer.content(b"hello") == b"\x05hello"
    assert writer.content(b"") == b""
    assert writer.content(memoryview(b"x" * 64)) == b"\x40\x40" + b"x" * 64
    assert writer.content_head(b"x" * 64) == b"\x40\x40"
    assert writer.content_head(b"") == b""
    assert writer.end() == b"\x00\x00"


def test_a_request_with_the_trailer_byte_for_byte() -> None:
    writer = RequestEncoder(b"GET", b"a", b"/", [])
    writer.start()
    assert writer.end_with(b'"scan"') == b'\x00\x10sekisho-disarmed\x06"scan"\x00'
    without = RequestEncoder(b"GET", b"a", b"/", [])
    without.start()
    assert without.end_with(b"") == b"\x00\x00"


def test_a_trailer_that_no_reader_takes_is_not_written() -> None:
    writer = RequestEncoder(b"GET", b"a", b"/", [])
    writer.start()
    for value in (b" x", b"x\n", b"x" * (TRAILER_BYTES + 1)):
        with pytest.raises(ValueError, match="trailer"):
            writer.end_with(value)
    assert writer.end_with(b"x" * TRAILER_BYTES).endswith(b"x\x00")
    with pytest.raises(Misuse):
        writer.end_with(b"x")


def test_a_response_byte_for_byte() -> None:
    writer = ResponseEncoder(200, [(b"content-length", b"2")])
    assert writer.start().hex() == "03" + "40c8" + "0e" + b"content-length".hex() + "01" + b"2".hex() + "00"
    assert writer.content(b"ok") + writer.end() == b"\x02ok\x00\x00"


@pytest.mark.parametrize(
    ("method", "authority", "path", "headers"),
    [
        (b"CONNECT", b"a", b"/", []),
        (b"", b"a", b"/", []),
        (b"GET", b"", b"/", []),
        (b"GET", b"A", b"/", []),
        (b"GET", b"a", b"*", []),
        (b"GET", b"a", b"/ b", []),
        (b"GET", b"a", b"/", [(b"Accept", b"x")]),
        (b"GET", b"a", b"/", [(b"", b"x")]),
        (b"GET", b"a", b"/", [(b"a", b"x\r\nb: c")]),
        (b"GET", b"a", b"/", [(b"host", b"a")]),
        (b"GET", b"a", b"/", [(b"sekisho-disarmed", b"a")]),
        (b"GET", b"a", b"/", [(b"transfer-encoding", b"chunked")]),
        (b"GET", b"a", b"/", [(b"content-length", b"1, 1")]),
        (b"GET", b"a", b"/", [(b"content-length", b"1"), (b"content-length", b"1")]),
    ],
)
def test_a_request_that_no_reader_takes_is_not_written(
    method: bytes, authority: bytes, path: bytes, headers: list[tuple[bytes, bytes]]
) -> None:
    with pytest.raises(ValueError, match=r"method|authority|path|field|content-length"):
        RequestEncoder(method, authority, path, headers)


@pytest.mark.parametrize("status", [-1, 0, 100, 101, 199, 600, 1000])
def test_a_status_that_is_not_final_is_not_written(status: int) -> None:
    with pytest.raises(ValueError, match="status"):
        ResponseEncoder(status, [])


@pytest.mark.parametrize("status", [200, 599])
def test_the_statuses_at_the_border_are_written(status: int) -> None:
    assert ResponseEncoder(status, []).start()[1:3] == (0x4000 | status).to_bytes(2)


def test_a_call_out_of_order_is_misuse() -> None:
    writer = ResponseEncoder(200, [])
    for early in (lambda: writer.content(b"x"), writer.end):
        with pytest.raises(Misuse):
            early()
    writer.start()
    with pytest.raises(Misuse):
        writer.start()
    writer.end()
    for late in (writer.start, lambda: writer.content(b"x"), writer.end):
        with pytest.raises(Misuse):
            late()


@pytest.mark.parametrize("content", [b"", b"1", b"12", b"1234"])
def test_content_is_as_long_as_content_length_says(content: bytes) -> None:
    writer = RequestEncoder(b"POST", b"a", b"/", [(b"content-length", b"3")])
    writer.start()
    with pytest.raises(Misuse):
        writer.content(content) + writer.end()


@pytest.mark.parametrize(("status", "to_head"), [(204, False), (304, False), (200, True)])
def test_a_response_without_content_may_say_any_length_and_has_none(status: int, to_head: bool) -> None:
    writer = ResponseEncoder(status, [(b"content-length", b"77")], to_head=to_head)
    writer.start()
    with pytest.raises(Misuse):
        writer.content(b"x")
    assert writer.end() == b"\x00\x00"
