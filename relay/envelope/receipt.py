"""The gate's signed word that it took an envelope and what came of it (section 9 of the spec).

A C2SP signed note, so that an auditor can check a receipt from the log with any signed-note tool and the gate's public key.

Rules of this file:
1. A receipt proves nothing by itself: the verifier says which transfer, envelope and response it is about.
2. What parses is what would be written again: the text is rebuilt from the parsed fields and must be the same.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature

from relay.base.errors import Refused
from relay.base.ids import TransferId, parse_transfer_id
from relay.base.reasons import Reason
from relay.envelope.format import DIGEST_BYTES, SIGNATURE_BYTES
from relay.envelope.keys import ReceiptSigner, ReceiptVerifier

RECEIPT_BYTES: Final = 600  # at most; a record of the log holds it as text
DELIVERED: Final = "delivered"

_FIRST_LINE: Final = "sekisho-receipt/1"
_NO_DIGEST: Final = "-"
_RESULTS: Final = frozenset({DELIVERED, *(reason.value for reason in Reason)})
_NOTE: Final = re.compile(
    r"sekisho-receipt/1\n"
    r"(?P<gate>[a-z0-9._/-]{1,64})\n"
    r"(?P<transfer>[0-9a-f-]{36})\n"
    r"(?P<envelope>[0-9a-f]{64})\n"
    r"(?P<response>[0-9a-f]{64}|-)\n"
    r"(?P<result>[a-z0-9_]{1,40})\n"
    r"(?P<received>0|[1-9][0-9]{0,15})\n"
    r"\n"
    r"— (?P<signer>[a-z0-9._/-]{1,64}) (?P<signature>[A-Za-z0-9+/]{91}=)\n\Z"
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """`gate`: the name of the receipt key. `response_digest`: empty where there is no response."""

    gate: str
    transfer_id: TransferId
    envelope_digest: bytes
    response_digest: bytes
    result: str
    received_ms: int


def sign_receipt(
    signer: ReceiptSigner,
    *,
    transfer_id: TransferId,
    envelope_digest: bytes,
    response_digest: bytes,
    result: str,
    received_ms: int,
) -> bytes:
    """The signed note. Raises ValueError for a receipt that no verifier would take."""
    if len(envelope_digest) != DIGEST_BYTES or len(response_digest) not in (0, DIGEST_BYTES):
        raise ValueError(f"a digest has {DIGEST_BYTES} bytes")
    if result not in _RESULTS:
        raise ValueError("the result is neither `delivered` nor a reason")
    if not 0 <= received_ms < 10**16:
        raise ValueError("received_ms is Unix time in milliseconds")
    receipt = Receipt(signer.name, transfer_id, envelope_digest, response_digest, result, received_ms)
    text = _text(receipt).encode("ascii")
    signature = base64.b64encode(signer.public_key.key_hash + signer.sign(text)).decode("ascii")
    return text + f"\n— {signer.name} {signature}\n".encode()


def verify_receipt(
    raw: bytes, verifier: ReceiptVerifier, *, transfer_id: TransferId, envelope_digest: bytes, response_digest: bytes
) -> Receipt:
    """The receipt, when it is this gate's about exactly this transfer, envelope and response.

    Raises Refused(RECEIPT_INVALID).
    """
    receipt, signed, signature = _parse(raw, verifier)
    try:
        verifier.verify(signature, signed)
    except InvalidSignature as error:
        raise Refused(Reason.RECEIPT_INVALID, "the signature is not the gate's") from error
    if receipt.transfer_id != transfer_id:
        raise Refused(Reason.RECEIPT_INVALID, "about another transfer")
    if receipt.envelope_digest != envelope_digest:
        raise Refused(Reason.RECEIPT_INVALID, "about another envelope")
    if receipt.response_digest != response_digest:
        raise Refused(Reason.RECEIPT_INVALID, "about another response")
    return receipt


def _text(receipt: Receipt) -> str:
    return (
        f"{_FIRST_LINE}\n{receipt.gate}\n{receipt.transfer_id}\n{receipt.envelope_digest.hex()}\n"
        f"{receipt.response_digest.hex() or _NO_DIGEST}\n{receipt.result}\n{receipt.received_ms}\n"
    )


def _parse(raw: bytes, verifier: ReceiptVerifier) -> tuple[Receipt, bytes, bytes]:
    """The receipt, the bytes that are signed, and the signature."""
    if len(raw) > RECEIPT_BYTES:
        raise Refused(Reason.RECEIPT_INVALID, "too long")
    try:
        found = _NOTE.match(raw.decode("utf-8"))
        if found is None:
            raise Refused(Reason.RECEIPT_INVALID, "not a receipt of version 1")
        transfer_id = parse_transfer_id(found["transfer"])
        signature = base64.b64decode(found["signature"], validate=True)
    except (ValueError, binascii.Error) as error:
        raise Refused(Reason.RECEIPT_INVALID, "not a receipt of version 1") from error
    if found["gate"] != verifier.name or found["signer"] != verifier.name:
        raise Refused(Reason.RECEIPT_INVALID, "by another gate")
    if len(signature) != len(verifier.key_hash) + SIGNATURE_BYTES or not signature.startswith(verifier.key_hash):
        raise Refused(Reason.RECEIPT_INVALID, "by another key")
    if base64.b64encode(signature).decode("ascii") != found["signature"]:
        raise Refused(Reason.RECEIPT_INVALID, "the signature is not in canonical base64")
    if found["result"] not in _RESULTS:
        raise Refused(Reason.RECEIPT_INVALID, "the result is not known")
    response = found["response"]
    receipt = Receipt(
        found["gate"],
        transfer_id,
        bytes.fromhex(found["envelope"]),
        b"" if response == _NO_DIGEST else bytes.fromhex(response),
        found["result"],
        int(found["received"]),
    )
    return receipt, _text(receipt).encode("ascii"), signature[len(verifier.key_hash) :]


__all__ = [
    "DELIVERED",
    "RECEIPT_BYTES",
    "Receipt",
    "ReceiptSigner",
    "ReceiptVerifier",
    "sign_receipt",
    "verify_receipt",
]
