"""relay/envelope/receipt.py: a signed note about one transfer; the refusals of forms are in test_vectors."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from relay.base.errors import Refused
from relay.base.reasons import Reason
from relay.envelope.keys import ReceiptSigner
from relay.envelope.receipt import DELIVERED, RECEIPT_BYTES, Receipt, sign_receipt, verify_receipt
from tests.unit.envelope.making import NOW_MS, RECEIPT, TRANSFER

ENVELOPE, RESPONSE = hashlib.sha256(b"e").digest(), hashlib.sha256(b"r").digest()


def _sign(signer: ReceiptSigner = RECEIPT, result: str = DELIVERED, received_ms: int = NOW_MS) -> bytes:
    return sign_receipt(
        signer,
        transfer_id=TRANSFER,
        envelope_digest=ENVELOPE,
        response_digest=RESPONSE,
        result=result,
        received_ms=received_ms,
    )


def _verify(raw: bytes) -> Receipt:
    return verify_receipt(
        raw, RECEIPT.public_key, transfer_id=TRANSFER, envelope_digest=ENVELOPE, response_digest=RESPONSE
    )


@pytest.mark.parametrize("result", [DELIVERED, *(reason.value for reason in Reason)])
def test_a_receipt_comes_back(result: str) -> None:
    assert _verify(_sign(result=result)) == Receipt(RECEIPT.name, TRANSFER, ENVELOPE, RESPONSE, result, NOW_MS)


def test_the_longest_receipt_is_within_the_bound() -> None:
    longest = max((reason.value for reason in Reason), key=len)
    raw = _sign(ReceiptSigner.generate("g" * 64), longest, 10**16 - 1)
    assert len(raw) <= RECEIPT_BYTES
    assert len(_sign()) < 400


def test_any_signed_note_tool_can_check_it() -> None:
    text, _, signature = _sign().decode().rpartition("\n\n")
    name, key_hash, encoded = RECEIPT.public_key.to_text().split("+", 2)
    key = base64.b64decode(encoded)
    dash, signer, blob = signature.split()
    raw = base64.b64decode(blob)
    assert (dash, signer, raw[:4].hex()) == ("—", name, key_hash)
    assert key[:1] == b"\x01"
    Ed25519PublicKey.from_public_bytes(key[1:]).verify(raw[4:], (text + "\n").encode())


def test_every_changed_byte_is_refused() -> None:
    raw = _sign()
    for at in range(len(raw)):
        for bit in (0, 5):
            changed = bytearray(raw)
            changed[at] ^= 1 << bit
            with pytest.raises(Refused) as caught:
                _verify(bytes(changed))
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
