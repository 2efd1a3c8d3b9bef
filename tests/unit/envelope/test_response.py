"""relay/envelope/response.py: whole, of this transfer, or refused; more in test_vectors."""

from __future__ import annotations

import hashlib
import re

import pytest

from relay.base.errors import Misuse, Refused
from relay.base.ids import new_transfer_id
from relay.envelope.format import CHUNK_BYTES
from relay.envelope.response import ResponseOpener, ResponseSealer
from tests.unit.envelope.making import NOW_MS, TRANSFER, open_response, response_size

KEY = bytes(range(32))


def _sealed(plaintext: bytes, key: bytes = KEY) -> bytes:
    pieces: list[bytes] = []
    sealer = ResponseSealer(TRANSFER, key, pieces.append)
    sealer.write(plaintext)
    sealed = sealer.finish()
    raw = b"".join(pieces)
    assert sealed == (hashlib.sha256(raw).digest(), len(raw))
    assert len(raw) == response_size(len(plaintext))
    return raw


@pytest.mark.parametrize("size", [0, 1, 3000, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 5 * CHUNK_BYTES])
@pytest.mark.parametrize("piece_bytes", [1, 17, 65_552, 1 << 30])
def test_a_response_opens_however_it_comes(size: int, piece_bytes: int) -> None:
    size = min(size, 3000) if piece_bytes == 1 else size
    plaintext = bytes(size)
    raw = _sealed(plaintext)
    opener = ResponseOpener(TRANSFER, KEY)
    out: list[bytes] = []
    for at in range(0, len(raw), piece_bytes):
        out += opener.feed(raw[at : at + piece_bytes])
    out.append(opener.finish())
    assert b"".join(out) == plaintext == open_response(raw, TRANSFER, KEY)


def test_a_small_response_is_one_piece() -> None:
    pieces: list[bytes] = []
    sealer = ResponseSealer(TRANSFER, KEY, pieces.append)
    sealer.write(b"x")
    sealer.finish()
    assert len(pieces) == 1


def test_two_responses_to_one_transfer_have_different_keys() -> None:
    first, second = _sealed(b"same"), _sealed(b"same")
    assert first[24:] != second[24:]
    with pytest.raises(Refused):
        open_response(first[:56] + second[56:], TRANSFER, KEY)


def test_only_the_right_transfer_with_the_right_key_opens_it() -> None:
    raw = _sealed(b"answer")
    with pytest.raises(Refused):
        open_response(raw, new_transfer_id(NOW_MS), KEY)
    with pytest.raises(Refused):
        open_response(raw, TRANSFER, bytes(32))


def test_nothing_comes_after_a_fault_or_after_the_end() -> None:
    raw = _sealed(bytes(3 * CHUNK_BYTES))
    broken = bytearray(raw)
    broken[100] ^= 1
    opener = ResponseOpener(TRANSFER, KEY)
    with pytest.raises(Refused):
        opener.feed(broken)
    for call in (lambda: opener.feed(b"x"), opener.finish):
        with pytest.raises(Misuse):
            call()
    opener = ResponseOpener(TRANSFER, KEY)
    opener.feed(raw)
    opener.finish()
    for call in (lambda: opener.feed(b"x"), opener.finish):
        with pytest.raises(Misuse):
            call()


def test_a_cut_response_never_finishes() -> None:
    raw = _sealed(bytes(2 * CHUNK_BYTES + 1))
    for length in [*range(120), 65_608, 65_609, 131_160, 131_161, len(raw) - 17, len(raw) - 1]:
        opener = ResponseOpener(TRANSFER, KEY)
        opener.feed(raw[:length])
        with pytest.raises(Refused):
            opener.finish()


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_key_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=re.escape("32 bytes")):
        ResponseSealer(TRANSFER, bytes(size), lambda _: None)
