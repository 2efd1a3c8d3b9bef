"""Percent-encoding: urlDecode, urlDecodeUni, urlEncode.

What is no valid escape stays as it is. urlDecodeUni also knows %uXXXX (of IIS and of JavaScript's escape()); the characters
reading joins two UTF-16 halves, which ModSecurity does not.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from collections.abc import Callable
from typing import Final

from policy.transformations.code_points import (
    UnicodeMap,
    is_utf8,
    join_halves,
    low_byte,
    narrow_low_byte,
    narrow_utf8,
)
from policy.transformations.substitution import Table, substitute

_PERCENT: Final = re.compile(rb"%([0-9A-Fa-f]{2})")
_UNICODE: Final = re.compile(rb"%([uU][0-9A-Fa-f]{4}|[0-9A-Fa-f]{2})")
_PAIRS: Final = re.compile(
    rb"%([uU][dD][89ABab][0-9A-Fa-f]{2}%[uU][dD][C-Fc-f][0-9A-Fa-f]{2}|[uU][0-9A-Fa-f]{4}|[0-9A-Fa-f]{2})"
)
_RESERVED: Final = re.compile(rb"([^*0-9A-Za-z])")
_BYTES: Final = Table(unhexlify)
_ENCODED: Final = Table(lambda byte: b"+" if byte == b" " else b"%%%02x" % byte[0])


def url_decode(value: bytes) -> bytes:
    if b"+" in value:
        value = value.replace(b"+", b" ")
    return substitute(_PERCENT, _BYTES, value) if b"%" in value else value


def url_encode(value: bytes) -> bytes:
    return value if value.isalnum() else substitute(_RESERVED, _ENCODED, value)


class UrlDecodeUni:
    """Decodes with one Unicode map (or none), in both readings."""

    __slots__ = ("_characters", "_strict")

    def __init__(self, unicode_map: UnicodeMap | None = None) -> None:
        self._strict = Table(_percent(_mapped(unicode_map, narrow_low_byte)))
        self._characters = Table(_percent(_mapped(unicode_map, narrow_utf8)))

    def strict(self, value: bytes) -> bytes:
        if b"+" in value:
            value = value.replace(b"+", b" ")
        return substitute(_UNICODE, self._strict, value) if b"%" in value else value

    def characters(self, value: bytes) -> bytes:
        if b"+" in value:
            value = value.replace(b"+", b" ")
        if b"%" not in value:
            return value
        if is_utf8(value):
            return substitute(_PAIRS, self._characters, value)
        return substitute(_UNICODE, self._strict, value)


def _mapped(unicode_map: UnicodeMap | None, write: Callable[[int], bytes]) -> Callable[[int], bytes]:
    if unicode_map is None:
        return write

    def mapped(code_point: int) -> bytes:
        byte = unicode_map.get(code_point)
        return write(code_point) if byte is None else low_byte(byte)

    return mapped


def _percent(write: Callable[[int], bytes]) -> Callable[[bytes], bytes]:
    def compute(escape: bytes) -> bytes:
        if len(escape) == 2:
            return unhexlify(escape)
        if len(escape) == 5:
            return write(int(escape[1:], 16))
        return write(join_halves(int(escape[1:5], 16), int(escape[7:], 16)))

    return compute
