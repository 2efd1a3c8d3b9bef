"""Percent-encoding: urlDecode, urlDecodeUni, urlEncode.

What is no valid escape stays as it is. urlDecodeUni also knows %uXXXX (of IIS and of JavaScript's escape()); the characters
reading joins two UTF-16 halves, which ModSecurity does not.
"""

from __future__ import annotations

import re
from typing import Final

from librt.strings import BytesWriter
from mypy_extensions import i64, u8

from policy.transformations.code_points import UnicodeMap, is_half, is_utf8, join, put_narrow
from policy.transformations.digits import four_digits, two_digits
from policy.transformations.substitution import Table, substitute
from policy.transformations.utf8 import utf8_to_unicode_characters

_NUL: Final = 0
_BLANK: Final = 0x20
_PLUS: Final = 0x2B
_PERCENT: Final = 0x25
_LOWER: Final = 0x20  # what makes a letter a lower-case one
_U: Final = 0x75
_RESERVED: Final = re.compile(rb"([^*0-9A-Za-z]++)")
# Full stops of domain names (RFC 3490 3.1), which ModSecurity adds to every map. In the characters reading they end a sentence.
_FULL_STOPS: Final[UnicodeMap] = {0x3002: 0x2E, 0xFF0E: 0x2E, 0xFF61: 0x2E}
_ENCODED: Final = Table(lambda run: (b"%" + run.hex("%").encode()).replace(b"%20", b"+"))


def url_decode(value: bytes) -> bytes:
    return _decode(value, _BLANK) if _PERCENT in value or _PLUS in value else value


def percent_decode(value: bytes) -> bytes:
    """As `url_decode`, but "+" stays as it is."""
    return _decode(value, _PLUS) if _PERCENT in value else value


def _decode(value: bytes, plus: i64) -> bytes:
    out = BytesWriter()
    size: i64 = len(value)
    at: i64 = 0
    while at < size:
        byte: i64 = value[at]
        if byte == _PERCENT and at + 2 < size:
            number = two_digits(value, at + 1)
            if number >= 0:
                out.append(u8(number))
                at += 3
                continue
        if byte == _PLUS:
            byte = plus
        out.append(u8(byte))
        at += 1
    return out.getvalue()


def url_encode(value: bytes) -> bytes:
    return value if value.isalnum() else substitute(_RESERVED, _ENCODED, value)


class UrlDecodeUni:
    """Decodes with one Unicode map (or none), in both readings.

    A map tells a byte for a code point. The characters reading takes it only where that byte is ASCII: others are of a code page
    that the value is not in.
    """

    __slots__ = ("_ascii", "_given", "active_after_utf8_to_unicode")

    def __init__(self, unicode_map: UnicodeMap | None = None) -> None:
        given = unicode_map or {}
        ascii_only = {code_point: byte for code_point, byte in given.items() if byte < 0x80}
        self._given = _Mapped({**_FULL_STOPS, **given} if given else given)
        self._ascii = _Mapped(ascii_only)
        narrow = [*range(0xFF01, 0xFF5F), *filter(_is_character, ascii_only)]
        # Of valid UTF-8 alone: what is broken changes too.
        self.active_after_utf8_to_unicode = b"+%\0" + bytes({chr(code_point).encode()[0] for code_point in narrow})

    def strict(self, value: bytes) -> bytes:
        return _decode_uni(value, self._given, False, False) if _PERCENT in value or _PLUS in value else value

    def characters(self, value: bytes) -> bytes:
        if _PERCENT not in value and _PLUS not in value:
            return value
        if is_utf8(value):
            return _decode_uni(value, self._ascii, True, False)
        return _decode_uni(value, self._given, False, False)

    def after_utf8_to_unicode(self, value: bytes) -> bytes:
        """The characters reading of utf8toUnicode and this one in one step, which leaves most characters where they are."""
        if value.isascii():
            if _NUL not in value:
                return self.characters(value)
        elif not is_utf8(value):
            return self.characters(utf8_to_unicode_characters(value))
        if _NUL in value:
            value = value[:-1].replace(b"\0", b"") + value[-1:]
        decoded = _decode_uni(value, self._ascii, True, True)
        return value if decoded == value else decoded


class _Mapped:
    """A Unicode map, as bytes by code point. `known`: 1 where it has one."""

    __slots__ = ("byte", "known", "size")

    def __init__(self, unicode_map: UnicodeMap) -> None:
        self.size: i64 = max(unicode_map) + 1 if unicode_map else 0
        self.known = bytes([code_point in unicode_map for code_point in range(self.size)])
        self.byte = bytes([unicode_map.get(code_point, 0) & 0xFF for code_point in range(self.size)])


def _decode_uni(value: bytes, mapped: _Mapped, characters: bool, narrow: bool) -> bytes:
    """`characters`: as UTF-8, which the value is. `narrow`: characters that are sent as they are become what escaped ones become."""
    out = BytesWriter()
    size: i64 = len(value)
    at: i64 = 0
    while at < size:
        byte: i64 = value[at]
        if byte == _PERCENT and at + 2 < size:
            number = two_digits(value, at + 1)
            if number >= 0:
                out.append(u8(number))
                at += 3
                continue
            number = _unicode(value, at, size)
            if number >= 0:
                at += 6
                if characters and is_half(number) and at < size:
                    whole = join(number, _unicode(value, at, size))
                    if whole >= 0:
                        number = whole
                        at += 6
                _put(out, number, mapped, characters)
                continue
        elif narrow and byte >= 0xC0:
            at = _narrow(out, value, at, byte, mapped)
            continue
        if byte == _PLUS:
            byte = _BLANK
        out.append(u8(byte))
        at += 1
    return out.getvalue()


def _unicode(value: bytes, at: i64, size: i64) -> i64:
    """The number of the %uXXXX that begins here; -1 where there is none."""
    if at + 5 >= size or value[at] != _PERCENT:
        return -1
    return four_digits(value, at + 2) if value[at + 1] | _LOWER == _U else -1


def _put(out: BytesWriter, code_point: i64, mapped: _Mapped, characters: bool) -> None:
    if code_point < mapped.size and mapped.known[code_point]:
        out.append(u8(mapped.byte[code_point]))
    else:
        put_narrow(out, code_point, characters)


def _narrow(out: BytesWriter, value: bytes, at: i64, first: i64, mapped: _Mapped) -> i64:
    """Write the character beyond ASCII that begins here, in valid UTF-8; where the next one begins."""
    if first >= 0xF0:
        out.write(value[at : at + 4])
        return at + 4
    second: i64 = value[at + 1]
    if first < 0xE0:
        code_point = (first & 0x1F) << 6 | second & 0x3F
        at += 2
    else:
        third: i64 = value[at + 2]
        code_point = (first & 0x0F) << 12 | (second & 0x3F) << 6 | third & 0x3F
        at += 3
    _put(out, code_point, mapped, True)
    return at


def _is_character(code_point: int) -> bool:
    return code_point >= 0x80 and not 0xD800 <= code_point <= 0xDFFF
