"""relay/envelope/receipt.py: statements under one signature, each proven on its own; the refusals of forms are in test_vectors."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from relay.base.errors import Refused
from relay.base.reasons import Reason
from relay.envelope.keys import ReceiptSigner
from relay.envelope.receipt import (
    DELIVERED,
    RECEIPT_BYTES,
    TOGETHER_MOST,
    Receipt,
    ReceiptReader,
    sign_statements,
    statement_of,
)
from tests.receipts import sign_receipt
from tests.unit.envelope.making import NOW_MS, RECEIPT, TRANSFER

ENVELOPE, RESPONSE, DISARMED = [hashlib.sha256(text).digest() for text in (b"e", b"r", b"d")]


def _sign(signer: ReceiptSigner = RECEIPT, result: str = DELIVERED, received_ms: int = NOW_MS) -> bytes:
    return sign_receipt(
        signer,
        transfer_id=TRANSFER,
        envelope_digest=ENVELOPE,
        response_digest=RESPONSE,
        result=result,
        received_ms=received_ms,
    )


def _numbered(number: int, signer: ReceiptSigner = RECEIPT, result: str = DELIVERED) -> Receipt:
    return Receipt(signer.name, TRANSFER, ENVELOPE, RESPONSE, result, NOW_MS + number)


def _together(count: int, signer: ReceiptSigner = RECEIPT) -> list[bytes]:
    return sign_statements(signer, [statement_of(_numbered(number, signer)) for number in range(count)])


def _verify(raw: bytes, reader: ReceiptReader | None = None) -> Receipt:
    reader = reader or ReceiptReader(RECEIPT.public_key)
    return reader.read(raw, transfer_id=TRANSFER, envelope_digest=ENVELOPE, response_digest=RESPONSE)


@pytest.mark.parametrize("result", [DELIVERED, *(reason.value for reason in Reason)])
def test_a_receipt_comes_back(result: str) -> None:
    assert _verify(_sign(result=result)) == Receipt(RECEIPT.name, TRANSFER, ENVELOPE, RESPONSE, result, NOW_MS)


def test_it_says_what_the_envelope_says_of_files_and_a_digest_of_another_length_is_none() -> None:
    (signed,) = sign_statements(RECEIPT, [statement_of(_numbered(0)._replace(disarmed_digest=DISARMED))])
    assert _verify(signed).disarmed_digest == DISARMED
    assert signed.split(b"\n")[7] == DISARMED.hex().encode()
    for digest in (DISARMED[:-1], DISARMED + b"x"):
        with pytest.raises(ValueError, match="a digest has 32 bytes"):
            statement_of(_numbered(0)._replace(disarmed_digest=digest))


@pytest.mark.parametrize("count", [1, 2, TOGETHER_MOST])
def test_each_receipt_of_a_note_proves_its_own_statement(count: int) -> None:
    signed = _together(count)
    assert len({raw.partition(b"\n\n")[2] for raw in signed}) == 1
    for number, raw in enumerate(signed):
        assert _verify(raw) == _numbered(number)


@pytest.mark.parametrize("count", [0, TOGETHER_MOST + 1])
def test_no_note_lists_none_or_too_many(count: int) -> None:
    with pytest.raises(ValueError, match=f"{count} statements"):
        _together(count)


def test_a_signature_is_verified_once() -> None:
    """The key is taken away after the first one: what is known to be good needs it no more, and nothing else gets through."""
    reader = ReceiptReader(RECEIPT.public_key)
    first, second = _together(2)
    _verify(first, reader)
    reader._key = ReceiptSigner.generate(RECEIPT.name).public_key
    assert _verify(second, reader) == _numbered(1)
    with pytest.raises(Refused):
        _verify(_sign(), reader)


def test_a_good_note_proves_nothing_that_it_does_not_list() -> None:
    reader = ReceiptReader(RECEIPT.public_key)
    first, _ = _together(2)
    _verify(first, reader)
    note = first.partition(b"\n\n")[2]
    for number in (2, 3):
        with pytest.raises(Refused) as caught:
            _verify(statement_of(_numbered(number)) + b"\n" + note, reader)
        assert caught.value.reason is Reason.RECEIPT_INVALID


def test_a_note_that_was_refused_is_not_kept() -> None:
    reader = ReceiptReader(RECEIPT.public_key)
    forged = _sign(ReceiptSigner.generate(RECEIPT.name))
    for _ in range(2):
        with pytest.raises(Refused):
            _verify(forged, reader)
    assert not reader._good


def test_notes_kept_are_bounded_and_a_forgotten_one_is_verified_again() -> None:
    reader = ReceiptReader(RECEIPT.public_key)
    signed = [_sign(received_ms=NOW_MS + number) for number in range(70)]
    for raw in [*signed, *signed]:
        _verify(raw, reader)
    assert len(reader._good) == 64


def test_the_longest_receipt_is_within_the_bound() -> None:
    longest = max((reason.value for reason in Reason), key=len)
    signer = ReceiptSigner.generate("g" * 64)
    statements = [
        statement_of(Receipt(signer.name, TRANSFER, ENVELOPE, RESPONSE, longest, 10**16 - number, DISARMED))
        for number in range(1, TOGETHER_MOST + 1)
    ]
    assert all(len(raw) <= RECEIPT_BYTES for raw in sign_statements(signer, statements))
    assert len(_sign()) < 500


def test_any_signed_note_tool_can_check_it() -> None:
    statement, _, note = _together(3)[1].decode().partition("\n\n")
    text, _, signature = note.rpartition("\n\n")
    name, key_hash, encoded = RECEIPT.public_key.to_text().split("+", 2)
    key = base64.b64decode(encoded)
    dash, signer, blob = signature.split()
    raw = base64.b64decode(blob)
    assert (dash, signer, raw[:4].hex()) == ("—", name, key_hash)
    assert key[:1] == b"\x01"
    Ed25519PublicKey.from_public_bytes(key[1:]).verify(raw[4:], (text + "\n").encode())
    listed = hashlib.sha256((statement + "\n").encode()).digest()
    assert text.split("\n")[2] == base64.b64encode(listed).decode()


def test_every_changed_byte_is_refused() -> None:
    raw, _ = sign_statements(
        RECEIPT, [statement_of(_numbered(number)) for number in (0, 77)]
    )  # no bit makes one the other
    knowing = ReceiptReader(RECEIPT.public_key)
    _verify(raw, knowing)
    for at in range(len(raw)):
        for bit in (0, 5):
            changed = bytearray(raw)
            changed[at] ^= 1 << bit
            for reader in (None, knowing):
                with pytest.raises(Refused) as caught:
                    _verify(bytes(changed), reader)
                assert caught.value.reason is Reason.RECEIPT_INVALID


def test_every_cut_and_every_appended_receipt_is_refused() -> None:
    raw = _sign()
    for changed in [*(raw[:length] for length in range(len(raw))), raw + b"\n", raw + b"\x00", raw * 2, b"\xff" * 300]:
        with pytest.raises(Refused):
            _verify(changed)


def test_a_receipt_by_another_key_of_the_same_name_is_refused() -> None:
    with pytest.raises(Refused):
        _verify(_sign(ReceiptSigner.generate(RECEIPT.name)))
    with pytest.raises(Refused):
        _verify(_sign(ReceiptSigner.generate("gate-2.example")))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"result": "Delivered"}, "result"),
        ({"result": ""}, "result"),
        ({"received_ms": -1}, "received_ms"),
        ({"received_ms": 10**16}, "received_ms"),
    ],
)
def test_what_no_verifier_would_take_is_not_signed(change: dict[str, object], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        _sign(**change)  # type: ignore[arg-type]  # values of the right types, out of range
