"""One receipt under a signature of its own."""

from __future__ import annotations

from relay.base.ids import TransferId
from relay.envelope.receipt import Receipt, ReceiptSigner, sign_statements, statement_of


def sign_receipt(
    signer: ReceiptSigner,
    *,
    transfer_id: TransferId,
    envelope_digest: bytes,
    response_digest: bytes,
    result: str,
    received_ms: int,
) -> bytes:
    """As a gate that has one exchange under way."""
    receipt = Receipt(signer.name, transfer_id, envelope_digest, response_digest, result, received_ms)
    (signed,) = sign_statements(signer, [statement_of(receipt)])
    return signed
