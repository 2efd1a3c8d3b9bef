"""The gate's signed word that it took an envelope and what came of it (section 9 of the spec).

A statement about one transfer, and a C2SP signed note that lists the SHA-256 of every statement that the gate signed at the
same moment: one signature for several receipts, each of which proves its own statement without the others.

Rules of this file:
1. A receipt proves nothing by itself: the reader says which transfer, envelope and response it is about.
2. What parses is what would be written again: the statement is rebuilt from what is known and must be the same.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature

from relay.base.errors import Refused
from relay.base.ids import TransferId
from relay.base.reasons import Reason
from relay.envelope.format import DIGEST_BYTES, SIGNATURE_BYTES
from relay.envelope.keys import ReceiptSigner, ReceiptVerifier

TOGETHER_MOST: Final = (
    8  # statements of one note; at 8 the signature is no longer what a receipt costs, and 44 bytes each
)
RECEIPT_BYTES: Final = 965  # at most; a record of the log holds it as text
DELIVERED: Final = "delivered"

_FIRST_LINE: Final = "sekisho-receipt/1"
_NOTE_FIRST_LINE: Final = "sekisho-receipts/1"
_NO_DIGEST: Final = "-"
_RESULTS: Final = frozenset({DELIVERED, *(reason.value for reason in Reason)})
_RECEIPT: Final = re.compile(
    r"(?P<statement>"
    r"sekisho-receipt/1\n"
    r"[a-z0-9._/-]{1,64}\n"
    r"[0-9a-f-]{36}\n"
    r"[0-9a-f]{64}\n"
    r"(?:[0-9a-f]{64}|-)\n"
    r"(?P<result>[a-z0-9_]{1,40})\n"
    r"(?P<received>0|[1-9][0-9]{0,15})\n"
    r"(?P<disarmed>[0-9a-f]{64}|-)\n"
    r")\n"
    r"(?P<note>sekisho-receipts/1\n.*)\Z",
    re.DOTALL,
)
_NOTE: Final = re.compile(
    rf"(?P<text>sekisho-receipts/1\n(?P<listed>(?:[A-Za-z0-9+/]{{43}}=\n){{1,{TOGETHER_MOST}}}))"
    r"\n"
    r"— (?P<signer>[a-z0-9._/-]{1,64}) (?P<signature>[A-Za-z0-9+/]{91}=)\n\Z"
)
_NOTES_KEPT: Final = 64  # more than the connections of one gate carry at a time, by default


class Receipt(NamedTuple):
    """`gate`: the name of the receipt key. `response_digest`: empty where there is no response. `disarmed_digest`: of what the envelope
    says of files that were made anew (section 8.8); empty where it says nothing."""

    gate: str
    transfer_id: TransferId
    envelope_digest: bytes
    response_digest: bytes
    result: str
    received_ms: int
    disarmed_digest: bytes = b""


def statement_of(receipt: Receipt) -> bytes:
    """The text of section 9.1. Raises ValueError for a receipt that no reader would take."""
    may_be_empty = (receipt.response_digest, receipt.disarmed_digest)
    if len(receipt.envelope_digest) != DIGEST_BYTES or any(
        len(digest) not in (0, DIGEST_BYTES) for digest in may_be_empty
    ):
        raise ValueError(f"a digest has {DIGEST_BYTES} bytes")
    if receipt.result not in _RESULTS:
        raise ValueError("the result is neither `delivered` nor a reason")
    if not 0 <= receipt.received_ms < 10**16:
        raise ValueError("received_ms is Unix time in milliseconds")
    return (
        f"{_FIRST_LINE}\n{receipt.gate}\n{receipt.transfer_id}\n{receipt.envelope_digest.hex()}\n"
        f"{receipt.response_digest.hex() or _NO_DIGEST}\n{receipt.result}\n{receipt.received_ms}\n"
        f"{receipt.disarmed_digest.hex() or _NO_DIGEST}\n"
    ).encode("ascii")


def sign_statements(signer: ReceiptSigner, statements: Sequence[bytes]) -> list[bytes]:
    """The receipts of 1 to TOGETHER_MOST statements, in their order, under one signature."""
    if not 1 <= len(statements) <= TOGETHER_MOST:
        raise ValueError(f"{len(statements)} statements")
    lines = [_NOTE_FIRST_LINE, *map(_listed, statements)]
    text = "".join(f"{line}\n" for line in lines).encode("ascii")
    signature = base64.b64encode(signer.public_key.key_hash + signer.sign(text)).decode("ascii")
    note = text + f"\n— {signer.name} {signature}\n".encode()
    return [statement + b"\n" + note for statement in statements]


class ReceiptReader:
    """Reads the receipts of one gate. A note that proved good is not verified again for the next receipt with it."""

    def __init__(self, key: ReceiptVerifier) -> None:
        self._key = key
        self._good: dict[str, frozenset[str]] = {}  # whole notes, signature and all → what they list; oldest first

    def read(self, raw: bytes, *, transfer_id: TransferId, envelope_digest: bytes, response_digest: bytes) -> Receipt:
        """The receipt, when it is this gate's about exactly this transfer, envelope and response.

        Raises Refused(RECEIPT_INVALID).
        """
        if len(raw) > RECEIPT_BYTES:
            raise _invalid("too long")
        try:
            found = _RECEIPT.match(raw.decode("utf-8"))
        except ValueError as error:
            raise _invalid("not a receipt of version 1") from error
        if found is None:
            raise _invalid("not a receipt of version 1")
        receipt = Receipt(
            self._key.name,
            transfer_id,
            envelope_digest,
            response_digest,
            found["result"],
            int(found["received"]),
            b"" if found["disarmed"] == _NO_DIGEST else bytes.fromhex(found["disarmed"]),
        )
        if receipt.result not in _RESULTS:
            raise _invalid("the result is not known")
        statement = statement_of(receipt)
        if statement != found["statement"].encode("ascii"):
            raise _invalid("about another transfer, envelope or response, or by another gate")
        note = found["note"]
        if _listed(statement) not in (self._good.get(note) or self._verified(note)):
            raise _invalid("what it says is not what was signed")
        return receipt

    def _verified(self, note: str) -> frozenset[str]:
        """What a note lists. Raises Refused."""
        found = _NOTE.match(note)
        if found is None:
            raise _invalid("not a receipt of version 1")
        key = self._key
        signature = base64.b64decode(found["signature"])
        if found["signer"] != key.name or not signature.startswith(key.key_hash):
            raise _invalid("by another gate or key")
        if base64.b64encode(signature).decode("ascii") != found["signature"]:
            raise _invalid("the signature is not in canonical base64")
        try:
            key.verify(signature[-SIGNATURE_BYTES:], found["text"].encode("ascii"))
        except InvalidSignature as error:
            raise _invalid("the signature is not the gate's") from error
        if len(self._good) >= _NOTES_KEPT:
            del self._good[next(iter(self._good))]
        listed = self._good[note] = frozenset(found["listed"].split())
        return listed


def _listed(statement: bytes) -> str:
    """The line of a note that stands for a statement."""
    return base64.b64encode(hashlib.sha256(statement).digest()).decode("ascii")


def _invalid(detail: str) -> Refused:
    return Refused(Reason.RECEIPT_INVALID, detail)


__all__ = [
    "DELIVERED",
    "RECEIPT_BYTES",
    "TOGETHER_MOST",
    "Receipt",
    "ReceiptReader",
    "ReceiptSigner",
    "ReceiptVerifier",
    "sign_statements",
    "statement_of",
]
