"""Envelopes, responses and binary HTTP for any input: round trips, and nothing altered or cut ever opens."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from relay.base.errors import Refused
from relay.base.reasons import Reason
from relay.envelope.bhttp import Bounds, RequestDecoder, RequestEncoder, ResponseDecoder, ResponseEncoder
from relay.envelope.format import CHUNK_BYTES, TRAILER_BYTES, encode_header
from relay.envelope.response import ResponseOpener, ResponseSealer
from relay.envelope.seal import Sealer
from tests.unit.envelope.making import SENDER, TRANSFER, WRAPPER, finish, header, open_response, seal, unseal

BORDERS = [
    0,
    1,
    CHUNK_BYTES - 1,
    CHUNK_BYTES,
    CHUNK_BYTES + 1,
    2 * CHUNK_BYTES - 1,
    2 * CHUNK_BYTES,
    2 * CHUNK_BYTES + 1,
]
SIZES = st.sampled_from(BORDERS) | st.integers(0, 200_000)
PATTERN = bytes(range(256)) * 1024
RESPONSE_KEY = bytes(range(32))
SMALL, _ = seal(PATTERN[:500])
HEADER_END = len(encode_header(header()))
LARGE, _ = seal(PATTERN[: 2 * CHUNK_BYTES + 1])


def _cut(data: bytes, places: list[int]) -> list[bytes]:
    at = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in itertools.pairwise(at)]


def _sealed_response(plaintext: bytes, places: list[int]) -> bytes:
    pieces: list[bytes] = []
    sealer = ResponseSealer(TRANSFER, RESPONSE_KEY, pieces.append)
    for piece in _cut(plaintext, places):
        sealer.write(piece)
    sealer.finish()
    return b"".join(pieces)


@given(SIZES, st.lists(st.integers(0, 300_000), max_size=6))
@settings(max_examples=60, deadline=None)
def test_what_is_sealed_opens_to_the_same_bytes_however_it_was_written(size: int, places: list[int]) -> None:
    plaintext = PATTERN[:size]
    pieces: list[bytes] = []
    sealer = Sealer(header(), WRAPPER, SENDER, pieces.append)
    for piece in _cut(plaintext, places):
        sealer.write(piece)
    envelope = finish(sealer)
    assert unseal(b"".join(pieces)) == (plaintext, envelope.response_key)


@given(st.integers(0, len(SMALL) * 8 - 1))
@settings(max_examples=300, deadline=None)
def test_any_single_bit_that_flips_is_refused(bit: int) -> None:
    changed = bytearray(SMALL)
    changed[bit // 8] ^= 1 << bit % 8
    try:
        unseal(bytes(changed))
    except Refused:
        return
    raise AssertionError(f"bit {bit} was altered and the envelope opened")


def test_any_single_bit_of_the_header_or_the_trailer_that_flips_is_refused() -> None:
    for bit in (*range(HEADER_END * 8), *range((len(SMALL) - TRAILER_BYTES) * 8, len(SMALL) * 8)):
        changed = bytearray(SMALL)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            unseal(bytes(changed))
        except Refused:
            continue
        raise AssertionError(f"bit {bit} was altered and the envelope opened")


@given(st.integers(0, len(LARGE) - 1))
@settings(max_examples=150, deadline=None)
def test_any_cut_is_refused(length: int) -> None:
    try:
        unseal(LARGE[:length])
    except Refused as refused:
        # stale: where the times are looked for, there is something else now (section 5.3)
        assert refused.reason in (Reason.ENVELOPE_INVALID, Reason.ENVELOPE_STALE, Reason.SIGNATURE_INVALID)
        return
    raise AssertionError(f"the first {length} bytes opened")


@given(st.binary(max_size=3000))
@settings(max_examples=200, deadline=None)
def test_any_bytes_after_the_end_or_instead_are_refused(data: bytes) -> None:
    for raw in (data, SMALL + data if data else b"", SMALL[:HEADER_END] + data, SMALL[: -len(data) - 64] + data):
        try:
            unseal(raw)
        except Refused:
            continue
        raise AssertionError("it opened")


@given(SIZES, st.lists(st.integers(0, 300_000), max_size=6), st.lists(st.integers(0, 300_000), max_size=6))
@settings(max_examples=60, deadline=None)
def test_a_response_opens_however_it_was_written_and_read(size: int, written: list[int], read: list[int]) -> None:
    raw = _sealed_response(PATTERN[:size], written)
    assert open_response(raw, TRANSFER, RESPONSE_KEY) == PATTERN[:size]
    opener = ResponseOpener(TRANSFER, RESPONSE_KEY)
    plaintext = [part for piece in _cut(raw, read) for part in opener.feed(piece)]
    assert b"".join([*plaintext, opener.finish()]) == PATTERN[:size]


@given(SIZES, st.integers(0, 1 << 40), st.sampled_from(["flip", "cut", "append"]))
@settings(max_examples=150, deadline=None)
def test_a_response_that_was_altered_never_finishes(size: int, place: int, what: str) -> None:
    raw = bytearray(_sealed_response(PATTERN[:size], []))
    if what == "flip":
        raw[place // 8 % len(raw)] ^= 1 << place % 8
    elif what == "cut":
        del raw[place % len(raw) :]
    else:
        raw += bytes(1 + place % 70_000)
    try:
        open_response(raw, TRANSFER, RESPONSE_KEY)
    except Refused as refused:
        assert refused.reason is Reason.RESPONSE_INVALID
        return
    raise AssertionError("it opened")


TOKEN = st.text("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=70).map(str.encode)
RESERVED = {
    b"host",
    b"te",
    b"connection",
    b"keep-alive",
    b"proxy-connection",
    b"trailer",
    b"transfer-encoding",
    b"upgrade",
}
NAME = TOKEN.filter(lambda name: name not in RESERVED and name != b"content-length")
VALUE = st.binary(max_size=100).filter(
    lambda value: value.strip(b" \t") == value and not any((byte < 32 and byte != 9) or byte == 127 for byte in value)
)
HEADERS = st.lists(st.tuples(NAME, VALUE), max_size=8)
CHUNKS = st.lists(st.binary(max_size=200), max_size=4)
PLACES = st.lists(st.integers(0, 3000), max_size=8)
BOUNDS = Bounds(head_bytes=16_384, fields=8, content_bytes=800)


def _read(decoder: RequestDecoder | ResponseDecoder, raw: bytes, places: list[int]) -> bytes:
    content = [part for piece in _cut(raw, places) for part in decoder.feed(piece)]
    decoder.finish()
    return b"".join(content)


@given(HEADERS, CHUNKS, PLACES)
@settings(max_examples=150, deadline=None)
def test_a_request_comes_back_however_it_is_cut(
    headers: list[tuple[bytes, bytes]], chunks: list[bytes], places: list[int]
) -> None:
    writer = RequestEncoder(b"POST", b"a.example", b"/x?y", headers)
    raw = writer.start() + b"".join(map(writer.content, chunks)) + writer.end()
    reader = RequestDecoder(BOUNDS)
    assert _read(reader, raw, places) == b"".join(chunks)
    assert reader.head is not None
    assert reader.head.headers == tuple(headers)


@given(st.integers(200, 599).filter(lambda s: s not in (204, 304)), HEADERS, CHUNKS, PLACES)
@settings(max_examples=150, deadline=None)
def test_a_response_comes_back_however_it_is_cut(
    status: int, headers: list[tuple[bytes, bytes]], chunks: list[bytes], places: list[int]
) -> None:
    writer = ResponseEncoder(status, headers)
    raw = writer.start() + b"".join(map(writer.content, chunks)) + writer.end()
    reader = ResponseDecoder(BOUNDS)
    assert _read(reader, raw, places) == b"".join(chunks)
    assert reader.head is not None
    assert (reader.head.status, reader.head.headers) == (status, tuple(headers))
