"""Cheap tests that come before an operator: what they hold back, the operator would not match.

Each is true of every value that the operator matches, in both readings. A gate reads the kinds of bytes only, which one call into C
tells for all values together.
"""

from __future__ import annotations

from typing import Final

from policy.operators.encodings import ValidateByteRange, ValidateUrlEncoding
from policy.operators.injection import DetectSqli, DetectXss
from policy.operators.match import Operator
from policy.transformations.table import SEPARATOR

_ALL: Final = bytes(range(256))
_DIGITS: Final = b"0123456789"
_LETTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
_HIGH: Final = bytes(range(0x80, 0x100))
_HARMLESS: Final = b" \t\r\n./:,\xa0"
# kinds of bytes; a number is found in bytes sooner than bytes are
_LOUD: Final = 0x21  # !
_LETTER: Final = 0x61  # a
_MARK: Final = 0x2E  # .
_MINUS: Final = 0x2D  # -


class Gate:
    """Passes values with any of some bytes. `kinds`: for each byte `!` where it is one of them."""

    __slots__ = ("_kinds",)

    def __init__(self, kinds: bytes) -> None:
        at = SEPARATOR[0]
        self._kinds = kinds[:at] + SEPARATOR + kinds[at + 1 :]

    def passes(self, value: bytes) -> bool:
        """Whether the operator has to be asked. A value with a separator in it always passes."""
        return SEPARATOR in value or self._shows(value.translate(self._kinds))

    def passing(self, joined: bytes) -> list[int]:
        """Which of the values pass, each of them with a SEPARATOR behind it and none in it."""
        kinds = joined.translate(self._kinds)
        if not self._shows(kinds):
            return []
        return [at for at, part in enumerate(kinds.split(SEPARATOR)) if self._shows(part)]

    def _shows(self, kinds: bytes) -> bool:
        """Also of values joined, if it is true of one of them."""
        return _LOUD in kinds


class SqlGate(Gate):
    """detectSQLi needs two tokens or a comment; a value that is one word or one number is one token.

    And of its fingerprints (libinjection_sqli_data.h) none consists of nothing but numbers, barewords, operators, colons, commas and
    dots. Bytes from 0x80 on make barewords, but for the blank 0xA0; so dates, telephone numbers and Japanese prose have no fingerprint.
    """

    __slots__ = ()

    def __init__(self) -> None:
        kinds = bytearray(b"!" * 256)
        for bytes_, kind in ((_DIGITS, b"0"), (_LETTERS, b"a"), (_HIGH, b"h"), (_HARMLESS, b"."), (b"-", b"-")):
            for byte in bytes_:
                kinds[byte] = kind[0]
        super().__init__(bytes(kinds))

    def _shows(self, kinds: bytes) -> bool:
        if _LOUD in kinds or kinds.find(b"--") >= 0:
            return True
        if _LETTER not in kinds:
            return False
        return _MARK in kinds or _MINUS in kinds or kinds.find(b"0a") >= 0 or kinds.find(b"0h") >= 0


def gate_of(operator: Operator) -> Gate | None:
    """None: the operator has to be asked about every value.

    detectXSS looks for tags and for attributes with a value: without `<` and `=` there is neither.
    """
    if isinstance(operator, DetectXss):
        return _for(b"<=")
    if isinstance(operator, DetectSqli):
        return SqlGate()
    if isinstance(operator, ValidateUrlEncoding):
        return _for(b"%")
    if isinstance(operator, ValidateByteRange):
        return _for(bytes([byte for byte in _ALL if operator.match(bytes((byte,)), False) is not None]))
    return None


def _for(loud: bytes) -> Gate:
    return Gate(bytes([0x21 if byte in loud else 0x20 for byte in _ALL]))
