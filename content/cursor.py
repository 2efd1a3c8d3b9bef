"""Numbers and pieces at an offset of a file. Whatever is not there is Unfit(DAMAGED), and never an IndexError or less bytes."""

from __future__ import annotations

import struct
from typing import Final

from content.faults import Fault, Unfit

_SHAPES: Final = {
    (2, "big"): struct.Struct(">H"),
    (2, "little"): struct.Struct("<H"),
    (4, "big"): struct.Struct(">I"),
    (4, "little"): struct.Struct("<I"),
}


def number(data: bytes, at: int, size: int, order: str) -> int:
    """`size`: 2 or 4 bytes, unsigned."""
    if at < 0 or at + size > len(data):
        raise Unfit(Fault.DAMAGED)
    value: int = _SHAPES[size, order].unpack_from(data, at)[0]
    return value


def piece(data: bytes, at: int, size: int) -> bytes:
    if at < 0 or size < 0 or at + size > len(data):
        raise Unfit(Fault.DAMAGED)
    return data[at : at + size]
