"""Base64, hexadecimal digits, digests, length and parity.

base64Decode decodes nothing unless the value, up to its first NUL, is complete Base64 (line ends are allowed, spaces only before
them and at the end). base64DecodeExt skips whatever is not of the alphabet, and gives nothing for padding after the first digit of
a group of four. hexDecode takes any bytes for digits, as ModSecurity's arithmetic does. parityEven7bit and parityOdd7bit count
the eighth bit before they replace it.
"""

from __future__ import annotations

import hashlib
import re
from binascii import a2b_base64, b2a_base64, unhexlify
from typing import Final

_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BASE64: Final = re.compile(rb"(?:[A-Za-z0-9+/]++| *+\r?\n)*(?:=(?: *+\r?\n)*){0,2} *+")
_LINE_SPACE: Final = b" \r\n"
BASE64: Final = _ALPHABET + b"=" + _LINE_SPACE
_NOT_EXT: Final = bytes(set(range(256)) - set(_ALPHABET) - {ord("=")})
# Padding may stand anywhere but after the first digit of a group of four.
_EXT_PADDING: Final = re.compile(
    rb"(?:=*+[^=]{2}=*+[^=]=*+[^=])*=*+(?:[^=]{2}=*+(?:[^=]=*+)?|[^=])?",
)

_HEX_DIGITS: Final = b"0123456789ABCDEFabcdef"


def _nibble(byte: int) -> int:
    """The number that ModSecurity's arithmetic makes of any byte."""
    return ((byte & 0xDF) - 0x37 if byte >= 0x41 else byte - 0x30) & 0xFF


_HIGH: Final = bytes(_nibble(byte) * 16 & 0xFF for byte in range(256))
_LOW: Final = bytes(_nibble(byte) for byte in range(256))


def _even(byte: int) -> int:
    return byte & 0x7F | (byte.bit_count() & 1) << 7


_EVEN: Final = bytes(_even(byte) for byte in range(256))
_ODD: Final = bytes(_even(byte) ^ 0x80 for byte in range(256))
_ZERO: Final = bytes(byte & 0x7F for byte in range(256))


def base64_decode(value: bytes) -> bytes:
    text, nul, _ = value.partition(b"\0")
    if nul and not text:
        return b""
    digits = text.translate(None, _LINE_SPACE)
    if len(digits) % 4 or _BASE64.fullmatch(text) is None:
        return value
    return a2b_base64(digits)


def base64_decode_ext(value: bytes) -> bytes:
    digits = value.translate(None, _NOT_EXT)
    if b"=" in digits:
        if _EXT_PADDING.fullmatch(digits) is None:
            return b""
        digits = digits.replace(b"=", b"")
    rest = len(digits) % 4
    if rest == 1:
        # ModSecurity takes the number of a last 9, which is 61, for the padding sign, whose code is 61.
        return b"" if value[-1:] == b"9" else a2b_base64(digits[:-1])
    return a2b_base64(digits + b"=" * (-rest % 4))


def base64_encode(value: bytes) -> bytes:
    return b2a_base64(value, newline=False)


def hex_encode(value: bytes) -> bytes:
    return value.hex().encode()


def hex_decode(value: bytes) -> bytes:
    if len(value) % 2:
        value = value[:-1]
    if not value.translate(None, _HEX_DIGITS):
        return unhexlify(value)
    high = int.from_bytes(value[0::2].translate(_HIGH), "big")
    low = int.from_bytes(value[1::2].translate(_LOW), "big")
    size = len(value) // 2
    seven_bits, top = int.from_bytes(b"\x7f" * size, "big"), int.from_bytes(b"\x80" * size, "big")
    # Adds all bytes at once: a carry must not cross from one byte into the next.
    total = (high & seven_bits) + (low & seven_bits) ^ (high ^ low) & top
    return total.to_bytes(size, "big")


def md5(value: bytes) -> bytes:
    return hashlib.md5(value, usedforsecurity=False).digest()


def sha1(value: bytes) -> bytes:
    return hashlib.sha1(value, usedforsecurity=False).digest()


def length(value: bytes) -> bytes:
    return b"%d" % len(value)


def parity_even_7bit(value: bytes) -> bytes:
    return value.translate(_EVEN)


def parity_odd_7bit(value: bytes) -> bytes:
    return value.translate(_ODD)


def parity_zero_7bit(value: bytes) -> bytes:
    return value if value.isascii() else value.translate(_ZERO)
