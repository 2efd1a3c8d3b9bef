"""The escapes of programming languages: jsDecode, cssDecode, escapeSeqDecode, htmlEntityDecode, sqlHexDecode.

Known differences between the languages and what is decoded here are ModSecurity's, kept on purpose: jsDecode knows no \\u{...};
htmlEntityDecode knows five names, needs no semicolon, and swallows the letters and digits that follow a name; escapeSeqDecode drops
the backslash of an unknown escape. \\xHH and octal escapes stand for a byte in both readings: they can spell UTF-8.
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter
from mypy_extensions import i64, u8

from policy.transformations.code_points import is_half, is_utf8, join, put_narrow, put_utf8
from policy.transformations.digits import HEX, four_digits, two_digits

_BACKSLASH: Final = 0x5C
_AMPERSAND: Final = 0x26
_NUMBER_SIGN: Final = 0x23
_SEMICOLON: Final = 0x3B
_NEWLINE: Final = 0x0A
_ZERO: Final = 0x30
_U: Final = 0x75
_X: Final = 0x78
_LOWER: Final = 0x20  # what makes a letter a lower-case one
_CSS_DIGITS: Final = 6
_LONG_MAX: Final = 0x7FFF_FFFF_FFFF_FFFF  # where C's strtol stops, which decodes the numbers of entities
_CONTROLS: Final = bytes(
    b"\x07\x08\x0c\n\r\t\x0b"[b"abfnrtv".find(byte)] if byte in b"abfnrtv" else byte for byte in range(256)
)
"""What a backslash makes of a byte: a control character of some letters, and of the others nothing."""


def js_decode(value: bytes) -> bytes:
    return _js(value, False) if _BACKSLASH in value else value


def js_decode_characters(value: bytes) -> bytes:
    return _js(value, is_utf8(value)) if _BACKSLASH in value else value


def _js(value: bytes, characters: bool) -> bytes:
    out = BytesWriter()
    size: i64 = len(value)
    at: i64 = 0
    while at < size:
        byte: i64 = value[at]
        at += 1
        if byte != _BACKSLASH or at == size:
            out.append(u8(byte))
            continue
        number = _js_unicode(value, at, size)
        if number >= 0:
            at += 5
            if characters and is_half(number) and at < size and value[at] == _BACKSLASH:
                whole = join(number, _js_unicode(value, at + 1, size))
                if whole >= 0:
                    number = whole
                    at += 6
            put_narrow(out, number, characters)
            continue
        if value[at] == _X and at + 2 < size and (number := two_digits(value, at + 1)) >= 0:
            out.append(u8(number))
            at += 3
            continue
        at = _octal_or_control(out, value, at, size, 0x100)
    return out.getvalue()


def _js_unicode(value: bytes, at: i64, size: i64) -> i64:
    """The number of the uXXXX that begins here; -1 where there is none."""
    return four_digits(value, at + 1) if at + 4 < size and value[at] == _U else -1


def _octal_or_control(out: BytesWriter, value: bytes, at: i64, size: i64, end: i64) -> i64:
    """Write what a backslash before this byte makes of it: up to three octal digits, of a number below `end`, or another byte."""
    digit: i64 = value[at] - _ZERO
    if digit < 0 or digit > 7:
        out.append(u8(_CONTROLS[value[at]]))
        return at + 1
    number: i64 = digit
    stop = min(at + 3, size)
    at += 1
    while at < stop:
        digit = value[at] - _ZERO
        if digit < 0 or digit > 7 or number * 8 + digit >= end:
            break
        number = number * 8 + digit
        at += 1
    out.append(u8(number & 0xFF))
    return at


def css_decode(value: bytes) -> bytes:
    return _css(value, False) if _BACKSLASH in value else value


def css_decode_characters(value: bytes) -> bytes:
    return _css(value, is_utf8(value)) if _BACKSLASH in value else value


def _css(value: bytes, characters: bool) -> bytes:
    out = BytesWriter()
    size: i64 = len(value)
    at: i64 = 0
    while at < size:
        byte: i64 = value[at]
        at += 1
        if byte != _BACKSLASH:
            out.append(u8(byte))
            continue
        if at == size:
            break
        start = at
        stop = min(at + _CSS_DIGITS, size)
        number: i64 = 0
        while at < stop and HEX[value[at]] < 16:
            number = number << 4 | HEX[value[at]]
            at += 1
        if at > start:
            put_narrow(out, number, characters)
            if at < size and _is_space(value[at]):
                at += 1
            continue
        if value[at] != _NEWLINE:
            out.append(u8(value[at]))
        at += 1
    return out.getvalue()


def _is_space(byte: i64) -> bool:
    return byte == 0x20 or 0x09 <= byte <= 0x0D


def html_entity_decode(value: bytes) -> bytes:
    return _html(value, False) if _AMPERSAND in value else value


def html_entity_decode_characters(value: bytes) -> bytes:
    return _html(value, is_utf8(value)) if _AMPERSAND in value else value


def _html(value: bytes, characters: bool) -> bytes:
    out = BytesWriter()
    size: i64 = len(value)
    at: i64 = 0
    while at < size:
        byte: i64 = value[at]
        at += 1
        if byte == _AMPERSAND and at < size:
            end = _number_end(value, at, size) if value[at] == _NUMBER_SIGN else _name_end(value, at, size)
            if end > at:
                number = _number(value, at, end) if value[at] == _NUMBER_SIGN else _named(value, at, end)
                if characters:
                    put_utf8(out, number)
                else:
                    out.append(u8(number & 0xFF))
                at = end + 1 if end < size and value[end] == _SEMICOLON else end
                continue
        out.append(u8(byte))
    return out.getvalue()


def _is_hexadecimal(value: bytes, at: i64, size: i64) -> bool:
    """Whether a number with this sign is one with hexadecimal digits."""
    return at + 2 < size and value[at + 1] | _LOWER == _X


def _number_end(value: bytes, at: i64, size: i64) -> i64:
    """Behind the digits of the number whose sign is here; here where it has none."""
    hexadecimal = _is_hexadecimal(value, at, size)
    first = at + 2 if hexadecimal else at + 1
    end = first
    while end < size and HEX[value[end]] < (16 if hexadecimal else 10):
        end += 1
    return end if end > first else at


def _number(value: bytes, at: i64, end: i64) -> i64:
    """Of the digits behind the sign here."""
    hexadecimal = _is_hexadecimal(value, at, end)
    base: i64 = 16 if hexadecimal else 10
    at = at + 2 if hexadecimal else at + 1
    number: i64 = 0
    while at < end:
        digit: i64 = HEX[value[at]]
        if number > (_LONG_MAX - digit) // base:
            return _LONG_MAX
        number = number * base + digit
        at += 1
    return number


def _name_end(value: bytes, at: i64, size: i64) -> i64:
    """Behind the name that begins here and all letters and digits that follow it; here where it is no name."""
    if _named(value, at, size) < 0:
        return at
    while at < size and _is_alphanumeric(value[at]):
        at += 1
    return at


def _is_alphanumeric(byte: i64) -> bool:
    return 0x30 <= byte <= 0x39 or 0x41 <= byte <= 0x5A or 0x61 <= byte <= 0x7A


def _named(value: bytes, at: i64, end: i64) -> i64:
    """The code point of the name that begins here; -1 where it is no name."""
    letter: i64 = value[at] | _LOWER
    if letter == 0x71:
        return 0x22 if _spells(value, at, end, b"quot") else -1
    if letter == 0x61:
        return 0x26 if _spells(value, at, end, b"amp") else -1
    if letter == 0x6C:
        return 0x3C if _spells(value, at, end, b"lt") else -1
    if letter == 0x67:
        return 0x3E if _spells(value, at, end, b"gt") else -1
    if letter == 0x6E:
        return 0xA0 if _spells(value, at, end, b"nbsp") else -1
    return -1


def _spells(value: bytes, at: i64, end: i64, name: bytes) -> bool:
    """Whether the letters of a name stand here, in either case."""
    size: i64 = len(name)
    if end - at < size:
        return False
    place: i64 = 0
    while place < size:
        if value[at + place] | _LOWER != name[place]:
            return False
        place += 1
    return True


def escape_seq_decode(value: bytes) -> bytes:
    if _BACKSLASH not in value:
        return value
    out = BytesWriter()
    size: i64 = len(value)
    at: i64 = 0
    while at < size:
        byte: i64 = value[at]
        at += 1
        if byte != _BACKSLASH or at == size:
            out.append(u8(byte))
            continue
        if value[at] | _LOWER == _X and at + 2 < size and (number := two_digits(value, at + 1)) >= 0:
            out.append(u8(number))
            at += 3
            continue
        at = _octal_or_control(out, value, at, size, 0o1000)
    return out.getvalue()


def sql_hex_decode(value: bytes) -> bytes:
    if _ZERO not in value:
        return value
    out = BytesWriter()
    size: i64 = len(value)
    at: i64 = 0
    while at < size:
        byte: i64 = value[at]
        if byte == _ZERO and at + 3 < size and value[at + 1] | _LOWER == _X:
            start = at + 2
            end = start
            while end + 1 < size and (number := two_digits(value, end)) >= 0:
                out.append(u8(number))
                end += 2
            if end > start:
                at = end
                continue
        out.append(u8(byte))
        at += 1
    return out.getvalue()
