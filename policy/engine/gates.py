"""Cheap tests that come before an operator: what they hold back, the operator would not match.

Each is true of every value that the operator matches, in both readings, and of every buffer that has such a value in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from policy.operators.encodings import ValidateByteRange, ValidateUrlEncoding
from policy.operators.injection import DetectSqli, DetectXss
from policy.operators.match import Operator

Gate = Callable[[bytes], object]
"""Gives something true where the operator has to be asked."""

_ALL = bytes(range(256))
_NO_MARKUP = _ALL.translate(None, b"<=")
_NO_ESCAPE = _ALL.translate(None, b"%")
_WORD = rb"A-Za-z_\x80-\x9f\xa1-\xff"  # what libinjection reads on as one word, digits left aside
_TOKENS = re.compile(rb"[^0-9" + _WORD + rb"]|[0-9][" + _WORD + rb"]")
_NO_HARMLESS = re.compile(rb"[^0-9\x80-\xff \t\r\n./:,-]|--")


def _beyond(quiet: bytes) -> Gate:
    return lambda value: value.translate(None, quiet)


def _may_be_sql(value: bytes) -> bool:
    """detectSQLi needs two tokens or a comment; a value that is one word or one number is one token.

    And of its fingerprints (libinjection_sqli_data.h) none consists of nothing but numbers, barewords, operators, colons, commas and
    dots. Bytes from 0x80 on make barewords, but for the blank 0xA0; so dates, telephone numbers and Japanese prose have no fingerprint.
    """
    return _TOKENS.search(value) is not None and _NO_HARMLESS.search(value) is not None


def gate_of(operator: Operator) -> Gate | None:
    """None: the operator has to be asked about every value.

    detectXSS looks for tags and for attributes with a value: without `<` and `=` there is neither.
    """
    if isinstance(operator, DetectXss):
        return _beyond(_NO_MARKUP)
    if isinstance(operator, DetectSqli):
        return _may_be_sql
    if isinstance(operator, ValidateUrlEncoding):
        return _beyond(_NO_ESCAPE)
    if isinstance(operator, ValidateByteRange):
        return _beyond(bytes(byte for byte in _ALL if operator.match(bytes((byte,)), False) is None))
    return None
