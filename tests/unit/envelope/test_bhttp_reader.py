"""relay/envelope/bhttp_reader.py: every case fed whole and byte by byte; one encoding is read, all others are refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from relay.base.errors import Misuse, Refused
from relay.base.reasons import Reason
from relay.envelope.bhttp import Bounds, RequestDecoder, RequestEncoder, ResponseDecoder, ResponseEncoder
from relay.envelope.bhttp_grammar import TRAILER_BYTES, encode_string, encode_varint

BOUNDS = Bounds(head_bytes=4096, fields=20, content_bytes=10_000)
CONTROL = b"\x03GET\x05https\x01a\x01/"
FIELD = b"\x01a\x01b"
REQUEST = b"\x02" + CONTROL + FIELD + b"\x00" + b"\x02hi" + b"\x00\x00"
RESPONSE = b"\x03\x40\xc8" + FIELD + b"\x00" + b"\x02hi" + b"\x00\x00"
PIECES = (1 << 30, 1, 7)


def _read(decoder: RequestDecoder | ResponseDecoder, raw: bytes, piece_bytes: int) -> bytes:
    content: list[bytes] = []
    for at in range(0, len(raw), piece_bytes):
        content += decoder.feed(raw[at : at + piece_bytes])
    decoder.finish()
    return b"".join(content)


def _messages() -> Iterator[tuple[bytes, list[bytes]]]:
    for sizes in ([], [1], [63], [64], [3, 0, 5], [5000, 5000]):
        yield b"".join(b"x" * size for size in sizes), [b"x" * size for size in sizes]


@pytest.mark.parametrize("piece_bytes", PIECES)
def test_requests_and_responses_come_back(piece_bytes: int) -> None:
    headers = (
        (b"a", b"1"),
        (b"set-cookie", b"a=b"),
        (b"set-cookie", b"c=d"),
        (b"x", "値".encode()),
        (b"y", b"z" * 300),
    )
    for content, chunks in _messages():
        request = RequestEncoder(b"PUT", b"www.example.jp:8443", b"/a%20b?c", headers)
        raw = request.start() + b"".join(map(request.content, chunks)) + request.end()
        reader = RequestDecoder(BOUNDS)
        assert _read(reader, raw, piece_bytes) == content
        assert reader.head is not None
        assert (reader.head.method, reader.head.authority, reader.head.path) == (
            b"PUT",
            b"www.example.jp:8443",
            b"/a%20b?c",
        )
        assert reader.head.headers == headers
        response = ResponseEncoder(404, headers)
        raw = response.start() + b"".join(map(response.content, chunks)) + response.end()
        answered = ResponseDecoder(BOUNDS)
        assert _read(answered, raw, piece_bytes) == content
        assert answered.head is not None
        assert (answered.head.status, answered.head.headers) == (404, headers)


def test_the_head_is_there_before_the_content() -> None:
    reader = RequestDecoder(BOUNDS)
    reader.feed(b"\x02" + CONTROL + FIELD)
    assert reader.head is None
    assert reader.feed(b"\x00\x05he") == [b"he"]
    assert reader.head is not None
    assert reader.feed(b"llo\x01!") == [b"llo", b"!"]


REQUEST_FAULTS = {
    "nothing": b"",
    "known-length request": b"\x00" + CONTROL + b"\x04" + FIELD + b"\x02hi\x00",
    "a response": RESPONSE,
    "an unknown indicator": b"\x04" + REQUEST[1:],
    "a long indicator": b"\x40\x02" + REQUEST[1:],
    "a long length of the method": b"\x02\x40\x03GET\x05https\x01a\x01/\x00\x00\x00",
    "a four-byte length": b"\x02\x80\x00\x00\x03GET\x05https\x01a\x01/\x00\x00\x00",
    "an eight-byte length": b"\x02\xc0" + bytes(6) + b"\x03GET\x05https\x01a\x01/\x00\x00\x00",
    "no method": b"\x02\x00\x05https\x01a\x01/\x00\x00\x00",
    "CONNECT": b"\x02\x07CONNECT\x05https\x01a\x01/\x00\x00\x00",
    "scheme http": b"\x02\x03GET\x04http\x01a\x01/\x00\x00\x00",
    "scheme in capitals": b"\x02\x03GET\x05HTTPS\x01a\x01/\x00\x00\x00",
    "no authority": b"\x02\x03GET\x05https\x00\x01/\x00\x00\x00",
    "authority in capitals": b"\x02\x03GET\x05https\x01A\x01/\x00\x00\x00",
    "no path": b"\x02\x03GET\x05https\x01a\x00\x00\x00\x00",
    "asterisk path": b"\x02\x03GET\x05https\x01a\x01*\x00\x00\x00",
    "path with LF": b"\x02\x03GET\x05https\x01a\x02/\n\x00\x00\x00",
    "name in capitals": b"\x02" + CONTROL + b"\x01A\x01b\x00\x00\x00",
    "name with a colon": b"\x02" + CONTROL + b"\x02a:\x01b\x00\x00\x00",
    "pseudo-field": b"\x02" + CONTROL + b"\x05:path\x01b\x00\x00\x00",
    "name with LF": b"\x02" + CONTROL + b"\x03a\nb\x01b\x00\x00\x00",
    "value with CR LF": b"\x02" + CONTROL + b"\x01a\x04b\r\nc\x00\x00\x00",
    "value with NUL": b"\x02" + CONTROL + b"\x01a\x01\x00\x00\x00\x00",
    "value with a space before": b"\x02" + CONTROL + b"\x01a\x02 b\x00\x00\x00",
    "host": b"\x02" + CONTROL + b"\x04host\x01a\x00\x00\x00",
    "connection": b"\x02" + CONTROL + b"\x0aconnection\x05close\x00\x00\x00",
    "transfer-encoding": b"\x02" + CONTROL + b"\x11transfer-encoding\x07chunked\x00\x00\x00",
    "content-length too long": b"\x02" + CONTROL + b"\x0econtent-length\x013\x00\x02hi\x00\x00",
    "content-length too short": b"\x02" + CONTROL + b"\x0econtent-length\x011\x00\x02hi\x00\x00",
    "content-length twice": b"\x02" + CONTROL + b"\x0econtent-length\x012" * 2 + b"\x00\x02hi\x00\x00",
    "content-length signed": b"\x02" + CONTROL + b"\x0econtent-length\x02+2\x00\x02hi\x00\x00",
    "a long length of a chunk": b"\x02" + CONTROL + b"\x00\x40\x02hi\x00\x00",
    "a trailer": b"\x02" + CONTROL + b"\x00\x00" + FIELD + b"\x00",
    "another trailer of as long a name": b"\x02" + CONTROL + b"\x00\x00\x10sekisho-Disarmed\x01a\x00",
    "the trailer twice": b"\x02" + CONTROL + b"\x00\x00" + b"\x10sekisho-disarmed\x01a" * 2 + b"\x00",
    "the trailer without a value": b"\x02" + CONTROL + b"\x00\x00\x10sekisho-disarmed\x00\x00",
    "the trailer with a bad value": b"\x02" + CONTROL + b"\x00\x00\x10sekisho-disarmed\x02a\n\x00",
    "a long length of the trailer": b"\x02" + CONTROL + b"\x00\x00\x10sekisho-disarmed\x40\x01a\x00",
    "the trailer in the head": b"\x02" + CONTROL + b"\x10sekisho-disarmed\x01a\x00\x00\x00",
    "no end after the trailer": b"\x02" + CONTROL + b"\x00\x00\x10sekisho-disarmed\x01a",
    "no trailer section": REQUEST[:-1],
    "no end of content": REQUEST[:-2],
    "padding": REQUEST + b"\x00",
    "bytes after the end": REQUEST + b"x",
    "twice": REQUEST * 2,
}


@pytest.mark.parametrize("piece_bytes", PIECES)
@pytest.mark.parametrize("name", REQUEST_FAULTS)
def test_requests_that_are_refused(name: str, piece_bytes: int) -> None:
    with pytest.raises(Refused) as caught:
        _read(RequestDecoder(BOUNDS), REQUEST_FAULTS[name], piece_bytes)
    assert caught.value.reason is Reason.ENVELOPE_INVALID
    assert len(REQUEST_FAULTS) == 45


RESPONSE_FAULTS = {
    "nothing": b"",
    "known-length response": b"\x01\x40\xc8\x04" + FIELD + b"\x02hi\x00",
    "a request": REQUEST,
    "status 100 alone": b"\x03\x40\x64\x00\x00\x00",
    "informational before": b"\x03\x40\x67\x00\x40\xc8\x00\x00\x00",
    "status 199": b"\x03\x40\xc7\x00\x00\x00",
    "status 600": b"\x03\x42\x58\x00\x00\x00",
    "status 0": b"\x03\x00\x00\x00\x00",
    "a long status": b"\x03\x80\x00\x00\xc8\x00\x00\x00",
    "upgrade": b"\x03\x40\xc8\x07upgrade\x01a\x00\x00\x00",
    "content in 204": b"\x03\x40\xcc\x00\x02hi\x00\x00",
    "content in 304": b"\x03\x41\x30\x00\x02hi\x00\x00",
    "content-length too long": b"\x03\x40\xc8\x0econtent-length\x013\x00\x02hi\x00\x00",
    "padding": RESPONSE + b"\x00",
    "a trailer": RESPONSE[:-1] + b"\x10sekisho-disarmed\x01a\x00",
    "cut": RESPONSE[:-1],
}


@pytest.mark.parametrize("piece_bytes", PIECES)
@pytest.mark.parametrize("name", RESPONSE_FAULTS)
def test_responses_that_are_refused(name: str, piece_bytes: int) -> None:
    with pytest.raises(Refused) as caught:
        _read(ResponseDecoder(BOUNDS), RESPONSE_FAULTS[name], piece_bytes)
    assert caught.value.reason is Reason.RESPONSE_INVALID
    assert len(RESPONSE_FAULTS) == 16


@pytest.mark.parametrize("piece_bytes", PIECES)
def test_the_response_to_head_has_a_length_and_no_content(piece_bytes: int) -> None:
    raw = b"\x03\x40\xc8\x0econtent-length\x0599999\x00\x00\x00"  # over the bound, which counts what is there
    assert _read(ResponseDecoder(BOUNDS, to_head=True), raw, piece_bytes) == b""
    with pytest.raises(Refused) as caught:
        _read(ResponseDecoder(BOUNDS, to_head=True), RESPONSE, piece_bytes)
    assert caught.value.reason is Reason.RESPONSE_INVALID


@pytest.mark.parametrize("piece_bytes", PIECES)
def test_the_trailer_is_read_up_to_its_bound(piece_bytes: int) -> None:
    for value in (b"a", b"x" * 63, b"x" * 64, b"x" * TRAILER_BYTES):
        reader = RequestDecoder(BOUNDS)
        raw = REQUEST[:-1] + b"\x10sekisho-disarmed" + encode_string(value) + b"\x00"
        assert _read(reader, raw, piece_bytes) == _read(RequestDecoder(BOUNDS), REQUEST, piece_bytes)
        assert reader.disarmed == value
    over = REQUEST[:-1] + b"\x10sekisho-disarmed" + encode_string(b"x" * (TRAILER_BYTES + 1)) + b"\x00"
    reader = RequestDecoder(BOUNDS)
    with pytest.raises(Refused) as caught:
        _read(reader, over, piece_bytes)
    assert (caught.value.reason, reader.disarmed) == (Reason.ENVELOPE_INVALID, b"")


@pytest.mark.parametrize("piece_bytes", PIECES)
def test_every_cut_is_refused(piece_bytes: int) -> None:
    for raw, make in ((REQUEST, RequestDecoder), (RESPONSE, ResponseDecoder)):
        for length in range(len(raw)):
            with pytest.raises(Refused):
                _read(make(BOUNDS), raw[:length], piece_bytes)


def _request(fields: bytes, content: bytes = b"") -> bytes:
    body = encode_string(content) if content else b""
    return b"\x02" + CONTROL + fields + b"\x00" + body + b"\x00\x00"


@pytest.mark.parametrize("piece_bytes", PIECES)
def test_bounds_hold_at_n_and_refuse_n_plus_1(piece_bytes: int) -> None:
    head_bytes = len(b"\x02" + CONTROL + FIELD * 3 + b"\x00")
    tight = Bounds(head_bytes=head_bytes, fields=3, content_bytes=100)
    assert _read(RequestDecoder(tight), _request(FIELD * 3, b"x" * 100), piece_bytes) == b"x" * 100
    for raw, reason in (
        (_request(FIELD * 2 + b"\x01a\x02bb"), Reason.HEADERS_TOO_LARGE),
        (_request(b"\x01a\x00" * 4), Reason.HEADERS_TOO_LARGE),
        (_request(b"\x01a" + encode_varint((1 << 62) - 1)), Reason.HEADERS_TOO_LARGE),
        (_request(FIELD, b"x" * 101), Reason.BODY_TOO_LARGE),
        (_request(b"\x0econtent-length\x03101", b"x" * 101), Reason.HEADERS_TOO_LARGE),
    ):
        with pytest.raises(Refused) as caught:
            _read(RequestDecoder(tight), raw, piece_bytes)
        assert caught.value.reason is reason
    wide = Bounds(head_bytes=4096, fields=3, content_bytes=100)
    with pytest.raises(Refused) as caught:
        _read(RequestDecoder(wide), _request(b"\x0econtent-length\x03101", b"x" * 101)[:40], piece_bytes)
    assert caught.value.reason is Reason.BODY_TOO_LARGE
    for raw in (RESPONSE[:3] + b"\x01a\x00" * 4 + b"\x00\x00\x00", RESPONSE[:3] + b"\x00" + encode_string(b"x" * 101)):
        with pytest.raises(Refused) as caught:
            _read(ResponseDecoder(tight), raw, piece_bytes)
        assert caught.value.reason is Reason.RESPONSE_TOO_LARGE


def test_a_content_bound_is_met_before_the_content_comes() -> None:
    reader = RequestDecoder(BOUNDS)
    with pytest.raises(Refused) as caught:
        reader.feed(b"\x02" + CONTROL + b"\x00" + encode_varint(1 << 60))
    assert caught.value.reason is Reason.BODY_TOO_LARGE


def test_after_a_fault_nothing_is_read() -> None:
    reader = RequestDecoder(BOUNDS)
    with pytest.raises(Refused):
        reader.feed(b"\x05")
    with pytest.raises(Misuse):
        reader.feed(REQUEST)
    with pytest.raises(Refused):
        reader.finish()
