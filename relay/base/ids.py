"""The transfer id: one name for a request from its first byte to its last record.

A UUID version 7 (RFC 9562 section 5.7): 48 bits of Unix milliseconds, then random bits, so that ids sort by time.
"""

from __future__ import annotations

import re
import secrets
from typing import NewType

TransferId = NewType("TransferId", str)  # canonical text form: 36 lower-case characters

_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")


def new_transfer_id(now_ms: int) -> TransferId:
    """A fresh id. `now_ms`: Unix time in milliseconds."""
    drawn = secrets.token_bytes(10)
    raw = (
        (now_ms & (1 << 48) - 1).to_bytes(6)
        + bytes((0x70 | drawn[0] & 0x0F, drawn[1], 0x80 | drawn[2] & 0x3F))
        + drawn[3:]
    )
    return _canonical(raw.hex())


def _canonical(digits: str) -> TransferId:
    return TransferId(f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}")


def transfer_id_from_bytes(raw: bytes) -> TransferId:
    """From 16 bytes. Raises ValueError when they are not a UUIDv7."""
    return parse_transfer_id(_canonical(raw.hex()))


def parse_transfer_id(text: str) -> TransferId:
    """From the canonical text form only. Raises ValueError."""
    if not _CANONICAL.match(text):
        raise ValueError("not a transfer id: expected a lower-case UUIDv7 such as 01999c3e-5b1c-7d0a-8f00-0123456789ab")
    return TransferId(text)


def transfer_id_ms(transfer_id: TransferId) -> int:
    """The Unix time in milliseconds that an id carries."""
    return int(transfer_id[:8] + transfer_id[9:13], 16)


def transfer_id_to_bytes(transfer_id: TransferId) -> bytes:
    """The 16 bytes of an id."""
    return bytes.fromhex(transfer_id.replace("-", ""))
