"""relay/envelope/stream.py: chunks in order, whole, under one key."""

from __future__ import annotations

import pytest

from relay.base.errors import Misuse, Refused
from relay.base.reasons import Reason
from relay.envelope.format import CHUNK_BYTES, SEALED_CHUNK_BYTES
from relay.envelope.stream import StreamOpener, StreamSealer

KEY = bytes(range(32))


def _sealed(plaintext: bytes, piece_bytes: int = 1 << 30) -> list[bytes]:
    sealer = StreamSealer(KEY)
    chunks = []
    for at in range(0, len(plaintext), piece_bytes):
        chunks += sealer.write(plaintext[at : at + piece_bytes])
    return [*chunks, sealer.finish()]


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_chunks_are_the_same_however_the_plaintext_came(size: int) -> None:
    plaintext = bytes(size)
    whole = _sealed(plaintext)
    assert [len(chunk) for chunk in whole[:-1]] == [SEALED_CHUNK_BYTES] * (max(1, -(-size // CHUNK_BYTES)) - 1)
    assert len(whole[-1]) > 16 or size == 0
    assert _sealed(plaintext, 1000) == whole
    assert _sealed(plaintext, CHUNK_BYTES) == whole
    opener = StreamOpener(KEY, Reason.ENVELOPE_INVALID)
    assert b"".join(opener.open(chunk, last=chunk is whole[-1]) for chunk in whole) == plaintext


def test_no_two_chunks_of_a_stream_are_alike() -> None:
    chunks = _sealed(bytes(4 * CHUNK_BYTES))
    assert len(set(chunks)) == 4


def test_after_a_fault_nothing_opens_any_more() -> None:
    first, last = _sealed(bytes(CHUNK_BYTES + 1))
    opener = StreamOpener(KEY, Reason.RESPONSE_INVALID)
    with pytest.raises(Refused) as caught:
        opener.open(last, last=True)
    assert caught.value.reason is Reason.RESPONSE_INVALID
    with pytest.raises(Misuse):
        opener.open(first, last=False)


def test_after_the_last_nothing_opens() -> None:
    (only,) = _sealed(b"x")
    opener = StreamOpener(KEY, Reason.ENVELOPE_INVALID)
    assert opener.open(only, last=True) == b"x"
    with pytest.raises(Misuse):
        opener.open(only, last=True)


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("size", [0, 15, 17, SEALED_CHUNK_BYTES - 1, SEALED_CHUNK_BYTES, SEALED_CHUNK_BYTES + 1])
def test_bytes_that_are_no_chunk_are_refused(size: int, last: bool) -> None:
    with pytest.raises(Refused):
        StreamOpener(KEY, Reason.ENVELOPE_INVALID).open(bytes(size), last=last)


def test_a_chunk_is_last_or_not_and_cannot_pass_for_the_other() -> None:
    (full,) = _sealed(bytes(CHUNK_BYTES))
    with pytest.raises(Refused):
        StreamOpener(KEY, Reason.ENVELOPE_INVALID).open(full, last=False)
    first, _ = _sealed(bytes(CHUNK_BYTES + 1))
    with pytest.raises(Refused):
        StreamOpener(KEY, Reason.ENVELOPE_INVALID).open(first, last=True)


def test_a_finished_or_dropped_sealer_seals_nothing() -> None:
    sealer = StreamSealer(KEY)
    sealer.finish()
    for call in (lambda: sealer.write(b"x"), sealer.finish):
        with pytest.raises(Misuse):
            call()
    sealer = StreamSealer(KEY)
    sealer.write(b"x")
    sealer.drop()
    for call in (lambda: sealer.write(b"x"), sealer.finish):
        with pytest.raises(Misuse):
            call()
