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
from policy.transformations.utf8 import utf8_to_unicode_characters

_NUL: Final = 0
_PLUS: Final = 0x2B
_PERCENT_SIGN: Final = 0x25
_PERCENT: Final = re.compile(rb"%([0-9A-Fa-f]{2})")
_UNICODE: Final = re.compile(rb"%([uU][0-9A-Fa-f]{4}|[0-9A-Fa-f]{2})")
_PAIRS: Final = re.compile(
    rb"%([uU][dD][89ABab][0-9A-Fa-f]{2}%[uU][dD][C-Fc-f][0-9A-Fa-f]{2}|[uU][0-9A-Fa-f]{4}|[0-9A-Fa-f]{2})"
)
_RESERVED: Final = re.compile(rb"([^*0-9A-Za-z]++)")
_BYTES: Final = Table(unhexlify)
_ENCODED: Final = Table(lambda run: (b"%" + run.hex("%").encode()).replace(b"%20", b"+"))


def url_decode(value: bytes) -> bytes:
    if _PLUS in value:
        value = value.replace(b"+", b" ")
    return substitute(_PERCENT, _BYTES, value) if _PERCENT_SIGN in value else value


def url_encode(value: bytes) -> bytes:
    return value if value.isalnum() else substitute(_RESERVED, _ENCODED, value)


class UrlDecodeUni:
    """Decodes with one Unicode map (or none), in both readings.

    A map tells a byte for a code point. The characters reading takes it only where that byte is ASCII: others are of a code page
    that the value is not in.
    """

    __slots__ = ("_characters", "_narrow", "_strict", "_to_narrow")

    def __init__(self, unicode_map: UnicodeMap | None = None) -> None:
        given = unicode_map or {}
        ascii_only = {code_point: byte for code_point, byte in given.items() if byte < 0x80}
        self._strict = Table(_percent(_mapped(given, narrow_low_byte)))
        self._characters = Table(_percent(_mapped(ascii_only, narrow_utf8)))
        narrow = {code_point: narrow_low_byte(code_point)[0] for code_point in range(0xFF01, 0xFF5F)} | ascii_only
        self._narrow = {code_point: byte for code_point, byte in narrow.items() if code_point >= 0x80}
        self._to_narrow = re.compile("[" + "".join(map(re.escape, map(chr, sorted(self._narrow)))) + "]")

    def strict(self, value: bytes) -> bytes:
        if _PLUS in value:
            value = value.replace(b"+", b" ")
        return substitute(_UNICODE, self._strict, value) if _PERCENT_SIGN in value else value

    def characters(self, value: bytes) -> bytes:
        if _PLUS in value:
            value = value.replace(b"+", b" ")
        if _PERCENT_SIGN not in value:
            return value
        if is_utf8(value):
            return substitute(_PAIRS, self._characters, value)
        return substitute(_UNICODE, self._strict, value)

    def after_utf8_to_unicode(self, value: bytes) -> bytes:
        """The characters reading of utf8toUnicode and this one in one step, which leaves most characters where they are."""
        if value.isascii() and _NUL not in value:
            return self.characters(value)
        try:
            text = value.decode()
        except UnicodeDecodeError:
            return self.characters(utf8_to_unicode_characters(value))
        if _NUL in value:
            text = text[:-1].replace("\0", "") + text[-1]
            value = text.encode()
        if _PLUS in value:
            value = value.replace(b"+", b" ")
        if self._to_narrow.search(text) is None:
            return substitute(_PAIRS, self._characters, value) if _PERCENT_SIGN in value else value
        parts = _PAIRS.split(value)
        parts[::2] = [part.decode().translate(self._narrow).encode() for part in parts[::2]]
        parts[1::2] = map(self._characters.__getitem__, parts[1::2])
        return b"".join(parts)


def _mapped(unicode_map: UnicodeMap, write: Callable[[int], bytes]) -> Callable[[int], bytes]:
    def mapped(code_point: int) -> bytes:
        byte = unicode_map.get(code_point)
        return write(code_point) if byte is None else low_byte(byte)

    return mapped if unicode_map else write


def _percent(write: Callable[[int], bytes]) -> Callable[[bytes], bytes]:
    def compute(escape: bytes) -> bytes:
        if len(escape) == 2:
            return unhexlify(escape)
        if len(escape) == 5:
            return write(int(escape[1:], 16))
        return write(join_halves(int(escape[1:5], 16), int(escape[7:], 16)))

    return compute
