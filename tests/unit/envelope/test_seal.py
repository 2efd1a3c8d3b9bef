"""relay/envelope/seal.py: only an Admitted leads to a signature."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from policy.verdict import Denied, Finding, ForwardHead
from relay.base.errors import Misuse, Refused
from relay.base.ids import new_transfer_id
from relay.base.reasons import Reason
from relay.envelope import keys
from relay.envelope.format import CHUNK_BYTES, SEALED_CHUNK_BYTES, encode_header
from relay.envelope.keys import RecipientPrivateKey, SenderPrivateKey
from relay.envelope.seal import Envelope, Sealer
from tests.unit.envelope.making import (
    LIFETIME_MS,
    NOW_MS,
    SENDER,
    TRANSFER,
    WRAPPER,
    admitted,
    finish,
    header,
    seal,
    unseal,
)

HEADER_END = len(encode_header(header()))


def _sealer(pieces: list[bytes], **changes: object) -> Sealer:
    return Sealer(header(**changes), WRAPPER, SENDER, pieces.append)


def test_a_small_request_reaches_the_sink_in_one_piece() -> None:
    pieces: list[bytes] = []
    sealer = _sealer(pieces)
    sealer.write(b"a" * 1000)
    sealer.write(b"b" * 2000)
    assert pieces == []
    envelope = finish(sealer)
    assert len(pieces) == 1
    assert unseal(pieces[0]) == (b"a" * 1000 + b"b" * 2000, envelope.response_key)
    assert envelope.digest == hashlib.sha256(pieces[0]).digest()
    assert (envelope.size, envelope.transfer_id) == (len(pieces[0]), TRANSFER)


def test_a_large_one_goes_out_chunk_by_chunk_while_it_comes() -> None:
    pieces: list[bytes] = []
    sealer = _sealer(pieces)
    for _ in range(10):
        sealer.write(bytes(CHUNK_BYTES // 2))
    assert [len(piece) for piece in pieces[1:]] == [SEALED_CHUNK_BYTES] * 3
    envelope = finish(sealer)
    assert len(pieces) == 5
    assert envelope.size == sum(map(len, pieces))
    assert unseal(b"".join(pieces))[0] == bytes(5 * CHUNK_BYTES)


def test_a_slow_large_upload_lives_from_its_end_and_not_from_its_beginning() -> None:
    """The first chunk goes out with the header ten lifetimes before the last byte of the plaintext has come."""
    began_ms = NOW_MS - 10 * LIFETIME_MS
    pieces: list[bytes] = []
    sealer = _sealer(pieces, transfer_id=new_transfer_id(began_ms))
    sealer.write(bytes(3 * CHUNK_BYTES + 1))
    begun = b"".join(pieces)
    sealer.write(b"the end")
    finish(sealer, created_ms=NOW_MS)
    raw = b"".join(pieces)
    assert len(begun) > 3 * SEALED_CHUNK_BYTES
    assert raw.startswith(begun)
    for now_ms in (NOW_MS, NOW_MS + LIFETIME_MS):
        assert unseal(raw, now_ms)[0] == bytes(3 * CHUNK_BYTES + 1) + b"the end"
    for now_ms in (began_ms, NOW_MS + LIFETIME_MS + 1):
        with pytest.raises(Refused) as caught:
            unseal(raw, now_ms)
        assert caught.value.reason is Reason.ENVELOPE_STALE


@pytest.mark.parametrize("chunks", [0, 3])
def test_times_that_cannot_be_written_sign_nothing(chunks: int) -> None:
    pieces: list[bytes] = []
    sealer = _sealer(pieces)
    sealer.write(bytes(chunks * CHUNK_BYTES))
    before = list(pieces)
    with pytest.raises(ValueError, match="expires"):
        sealer.finish(admitted(), created_ms=NOW_MS, expires_ms=NOW_MS)
    assert pieces == before


@pytest.mark.parametrize(
    "proof",
    [
        None,
        True,
        "admitted",
        Denied((Finding("route", "route_unknown", "", ""),)),  # type: ignore[arg-type]  # any code does here
        ForwardHead("GET", "/", None, ()),
        type("Admitted", (), {"tenant": "minato", "mode": "exchange"})(),
    ],
)
@pytest.mark.parametrize("size", [0, 10, 2 * CHUNK_BYTES])
def test_without_an_admitted_no_gate_opens_what_was_sealed(proof: Any, size: int) -> None:
    pieces: list[bytes] = []
    sealer = _sealer(pieces)
    sealer.write(bytes(size))
    with pytest.raises(Misuse):
        sealer.finish(proof, created_ms=NOW_MS, expires_ms=NOW_MS + 1)
    with pytest.raises(Refused):
        unseal(b"".join(pieces))
    with pytest.raises(Misuse):  # and nothing makes up for it later
        finish(sealer)
    with pytest.raises(Misuse):
        sealer.write(b"x")


@pytest.mark.parametrize(("tenant", "mode"), [("chuo", "exchange"), ("minato", "deposit")])
def test_an_admitted_of_another_tenant_or_mode_is_no_proof(tenant: str, mode: str) -> None:
    pieces: list[bytes] = []
    sealer = _sealer(pieces)
    sealer.write(b"x")
    with pytest.raises(Misuse):
        finish(sealer, admitted(tenant, mode))
    assert pieces == []


def test_after_finish_or_abandon_nothing_more_is_sealed() -> None:
    pieces: list[bytes] = []
    sealer = _sealer(pieces)
    finish(sealer)
    for call in (lambda: sealer.write(b"x"), lambda: finish(sealer)):
        with pytest.raises(Misuse):
            call()
    assert len(pieces) == 1
    sealer = _sealer(pieces)
    sealer.write(bytes(CHUNK_BYTES + 1))
    sealer.abandon()
    for call in (lambda: sealer.write(b"x"), lambda: finish(sealer)):
        with pytest.raises(Misuse):
            call()


def test_a_refused_small_request_costs_no_public_key_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    class Forbidden:
        def encrypt(self, *_: Any, **__: Any) -> bytes:
            raise AssertionError("HPKE before it was needed")

    monkeypatch.setattr(keys, "_SUITE", Forbidden())
    sealer = _sealer([])
    sealer.write(bytes(CHUNK_BYTES))
    sealer.abandon()


def test_an_envelope_has_one_maker() -> None:
    with pytest.raises(Misuse):
        Envelope(TRANSFER, b"", 0, b"")
    _, envelope = seal(b"x")
    with pytest.raises(AttributeError):
        envelope.digest = b""  # type: ignore[misc]  # that it is frozen is the point
    assert envelope.response_key.hex() not in repr(envelope)
    assert repr(envelope.response_key) not in repr(envelope)


def test_a_header_that_names_other_keys_or_cannot_be_written_is_refused_at_once() -> None:
    other_recipient, other_sender = RecipientPrivateKey.generate(), SenderPrivateKey.generate("other")
    for changes in (
        {"recipient_key_id": other_recipient.key_id},
        {"sender_key_id": other_sender.key_id},
        {"tenant": "Minato"},
    ):
        with pytest.raises(ValueError, match=r"keys|tenant"):
            _sealer([], **changes)


def test_two_envelopes_of_the_same_plaintext_share_no_key() -> None:
    (first, of_first), (second, of_second) = seal(b"same"), seal(b"same")
    assert of_first.response_key != of_second.response_key
    assert first[HEADER_END:-80] != second[HEADER_END:-80]
    assert first[:HEADER_END] == second[:HEADER_END]
    assert first[-80:-64] == second[-80:-64]
    spliced = first[: -80 - 20] + second[-80 - 20 : -64]
    spliced += SENDER.sign(hashlib.sha256(spliced).digest())
    with pytest.raises(Refused) as caught:
        unseal(spliced)
    assert caught.value.reason is Reason.ENVELOPE_INVALID
