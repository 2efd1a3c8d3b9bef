"""The digits of escapes, read without making an object of each: what is decoded is most of what an attacker can make us do."""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

HEX: Final = bytes([int(chr(byte), 16) if chr(byte) in "0123456789abcdefABCDEF" else 0xFF for byte in range(256)])
"""Of each byte, what it is as a hexadecimal digit; 0xFF where it is none."""


def two_digits(value: bytes, at: i64) -> i64:
    """The number of two hexadecimal digits, which must be in the value; -1 where they are none."""
    high: i64 = HEX[value[at]]
    low: i64 = HEX[value[at + 1]]
    return high << 4 | low if high < 16 and low < 16 else -1


def four_digits(value: bytes, at: i64) -> i64:
    """As `two_digits`, of four."""
    high = two_digits(value, at)
    low = two_digits(value, at + 2)
    return high << 8 | low if high >= 0 and low >= 0 else -1
