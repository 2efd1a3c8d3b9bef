"""relay/envelope/unseal.py: no plaintext before the signature over the whole; the rest of the refusals is in test_vectors."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from relay.base.errors import Misuse, Refused
from relay.base.reasons import Reason
from relay.envelope.format import (
    CHUNK_BYTES,
    OVERHEAD_BYTES,
    SEALED_CHUNK_BYTES,
    SEALED_KEYS_BYTES,
    TRAILER_BYTES,
    encode_header,
    encode_times,
)
from relay.envelope.unseal import Opener
from tests.unit.envelope import making
from tests.unit.envelope.making import LIFETIME_MS, NOW_MS, SENDER, TRANSFER, WRAPPER, header, seal, trust, unseal

CHUNKS_AT = len(encode_header(header())) + 2 + SEALED_KEYS_BYTES


class Changing:
    """A file whose content is another one after it was read to its end once."""

    def __init__(self, first: bytes, then: bytes) -> None:
        self.first = first
        self.then = then
        self.read_to = 0
        self.largest = 0

    def read(self, offset: int, length: int) -> bytes:
        self.largest = max(self.largest, length)
        chunks_end = len(self.first) - TRAILER_BYTES
        now = self.then if self.read_to >= chunks_end else self.first
        if self.read_to == offset or offset < chunks_end:
            self.read_to = max(self.read_to, min(offset + length, chunks_end))
        return now[offset : offset + length]


def test_verified_says_what_the_gate_needs_before_it_opens() -> None:
    raw, envelope = seal(b"request")
    verified = making.verified(raw, NOW_MS)
    assert verified.header == header()
    assert (verified.created_ms, verified.expires_ms) == (NOW_MS, NOW_MS + LIFETIME_MS)
    assert (verified.digest, verified.size) == (envelope.digest, len(raw))
    assert verified.sender.name == SENDER.name
    opened = verified.open()
    assert list(opened.chunks()) == [b"request"]
    assert opened.response_key == envelope.response_key


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer_is_read(kind: Callable[[bytes], bytes]) -> None:
    raw, _ = seal(b"request")
    verified = making.verified(kind(raw), NOW_MS)
    assert b"".join(verified.open().chunks()) == b"request"
    assert verified.header.transfer_id == TRANSFER


def test_a_large_envelope_is_read_in_pieces_and_given_out_in_chunks() -> None:
    plaintext = bytes(range(256)) * 4096
    raw, _ = seal(plaintext)
    file = Changing(raw, raw)
    verified = Opener(trust()).verify(file.read, len(raw), NOW_MS)
    chunks = list(verified.open().chunks())
    assert b"".join(chunks) == plaintext
    assert {len(chunk) for chunk in chunks} == {CHUNK_BYTES}
    assert file.largest <= 256 * 1024


def test_bytes_that_change_after_the_signature_was_checked_give_no_other_plaintext() -> None:
    mine, _ = seal(b"m" * (2 * CHUNK_BYTES))
    other, _ = seal(b"o" * (2 * CHUNK_BYTES))
    file = Changing(mine, other)
    verified = Opener(trust()).verify(file.read, len(mine), NOW_MS)
    chunks = verified.open().chunks()
    with pytest.raises(Refused) as caught:
        next(chunks)
    assert caught.value.reason is Reason.ENVELOPE_INVALID


def test_the_times_that_are_judged_are_those_that_are_signed() -> None:
    """A file that shows a fresh time to whoever looks at it first, and the one that was signed ever after."""
    raw, _ = seal(bytes(3 * CHUNK_BYTES))
    fresh_ms = NOW_MS + 2 * LIFETIME_MS
    shown = [raw[:-TRAILER_BYTES] + encode_times(fresh_ms, fresh_ms + LIFETIME_MS) + raw[-64:]]

    def read(offset: int, length: int) -> bytes:
        of = shown.pop() if shown and offset + length > len(raw) - TRAILER_BYTES else raw
        return of[offset : offset + length]

    with pytest.raises(Refused) as caught:
        Opener(trust()).verify(read, len(raw), fresh_ms)
    assert caught.value.reason is Reason.SIGNATURE_INVALID
    with pytest.raises(Refused) as caught:
        Opener(trust()).verify(read, len(raw), fresh_ms)
    assert caught.value.reason is Reason.ENVELOPE_STALE


def test_a_stale_envelope_is_refused_without_its_chunks_being_read() -> None:
    raw, _ = seal(bytes(100 * CHUNK_BYTES))
    read_bytes = 0

    def read(offset: int, length: int) -> bytes:
        nonlocal read_bytes
        read_bytes += length
        return raw[offset : offset + length]

    with pytest.raises(Refused) as caught:
        Opener(trust()).verify(read, len(raw), NOW_MS + LIFETIME_MS + 1)
    assert caught.value.reason is Reason.ENVELOPE_STALE
    assert read_bytes <= OVERHEAD_BYTES


@pytest.mark.parametrize("kept", [0, 1, CHUNKS_AT, CHUNKS_AT + 1, CHUNKS_AT + SEALED_CHUNK_BYTES + 3])
def test_a_file_that_becomes_shorter_is_refused(kept: int) -> None:
    raw, _ = seal(bytes(3 * CHUNK_BYTES))
    with pytest.raises(Refused) as caught:
        Opener(trust()).verify(lambda offset, length: raw[:kept][offset : offset + length], len(raw), NOW_MS)
    assert caught.value.reason is Reason.ENVELOPE_INVALID
    file = Changing(raw, raw[:kept])
    verified = Opener(trust()).verify(file.read, len(raw), NOW_MS)
    with pytest.raises(Refused) as caught:
        list(verified.open().chunks())
    assert caught.value.reason is Reason.ENVELOPE_INVALID


def test_an_envelope_is_opened_once() -> None:
    raw, _ = seal(b"x")
    verified = making.verified(raw, NOW_MS)
    verified.open()
    with pytest.raises(Misuse):
        verified.open()


def test_keys_of_another_length_inside_are_refused() -> None:
    """A sender of ours with a fault: everything is signed and sealed well, but there is one key too few."""
    import hashlib

    raw, _ = seal(b"x")
    head = encode_header(header())
    # the length is fixed, so shorter keys cannot even be framed
    sealed = WRAPPER.wrap(bytes(32), head)
    body = head + len(sealed).to_bytes(2) + sealed + raw[CHUNKS_AT:-64]
    with pytest.raises(Refused) as caught:
        unseal(body + SENDER.sign(hashlib.sha256(body).digest()))
    assert caught.value.reason is Reason.ENVELOPE_INVALID


def test_modes_have_their_own_lifetimes() -> None:
    week_ms = 7 * 86_400_000
    raw, _ = seal(b"x", mode="deposit", expires_ms=NOW_MS + week_ms)
    assert unseal(raw, lifetimes_ms={"exchange": 1, "deposit": week_ms})[0] == b"x"
    for lifetimes, reason in (
        ({"exchange": week_ms}, Reason.ENVELOPE_INVALID),
        ({}, Reason.ENVELOPE_INVALID),
        ({"exchange": week_ms, "deposit": week_ms - 1}, Reason.ENVELOPE_STALE),
    ):
        with pytest.raises(Refused) as caught:
            unseal(raw, lifetimes_ms=lifetimes)
        assert caught.value.reason is reason
