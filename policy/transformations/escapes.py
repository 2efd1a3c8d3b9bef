"""The escapes of programming languages: jsDecode, cssDecode, escapeSeqDecode, htmlEntityDecode, sqlHexDecode.

Known differences between the languages and what is decoded here are ModSecurity's, kept on purpose: jsDecode knows no \\u{...};
htmlEntityDecode knows five names, needs no semicolon, and swallows the letters and digits that follow a name; escapeSeqDecode drops
the backslash of an unknown escape. \\xHH and octal escapes stand for a byte in both readings: they can spell UTF-8.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from collections.abc import Callable
from typing import Final

from policy.transformations.code_points import (
    is_utf8,
    join_halves,
    low_byte,
    narrow_low_byte,
    narrow_utf8,
    utf8,
)
from policy.transformations.substitution import Table, substitute

Write = Callable[[int], bytes]

_BACKSLASH: Final = 0x5C  # looking for a number in bytes is six times as fast as looking for one byte as bytes
_AMPERSAND: Final = 0x26
_ZERO: Final = 0x30

_CONTROLS: Final = {
    b"a": b"\x07",
    b"b": b"\x08",
    b"f": b"\x0c",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"v": b"\x0b",
}
_LONG_MAX: Final = 0x7FFF_FFFF_FFFF_FFFF  # where C's strtol stops, which decodes the numbers of entities
_LONG_DIGITS: Final = 19
_NAMED: Final = ((b"quot", 0x22), (b"amp", 0x26), (b"lt", 0x3C), (b"gt", 0x3E), (b"nbsp", 0xA0))

_JS_BYTES: Final = rb"x[0-9A-Fa-f]{2}|[0-3][0-7]{0,2}|[4-7][0-7]?|(?s:.)"
_JS: Final = re.compile(rb"\\(u[0-9A-Fa-f]{4}|" + _JS_BYTES + rb")")
_JS_PAIRS: Final = re.compile(
    rb"\\(u[dD][89ABab][0-9A-Fa-f]{2}\\u[dD][C-Fc-f][0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|" + _JS_BYTES + rb")"
)
_CSS: Final = re.compile(rb"\\([0-9A-Fa-f]{1,6}\s?|(?s:.)?)")
_C = re.compile(rb"\\([xX][0-9A-Fa-f]{2}|[0-7]{1,3}|(?s:.))")
_HTML: Final = re.compile(rb"&(#[xX][0-9A-Fa-f]++|#[0-9]++|(?i:quot|amp|lt|gt|nbsp)[0-9A-Za-z]*+);?")
_SQL: Final = re.compile(rb"0[xX]((?:[0-9A-Fa-f]{2})+)")


def _js(write: Write) -> Callable[[bytes], bytes]:
    def compute(escape: bytes) -> bytes:
        if len(escape) >= 5:
            if len(escape) == 5:
                return write(int(escape[1:], 16))
            return write(join_halves(int(escape[1:5], 16), int(escape[7:], 16)))
        if escape[:1] == b"x" and len(escape) == 3:
            return unhexlify(escape[1:])
        if escape.isdigit() and escape < b"8":
            return low_byte(int(escape, 8))
        return _CONTROLS.get(escape, escape)

    return compute


def _css(write: Write) -> Callable[[bytes], bytes]:
    def compute(escape: bytes) -> bytes:
        digits = escape.rstrip() if len(escape) > 1 else escape
        if not digits or digits == b"\n":
            return b""
        try:
            return write(int(digits, 16))
        except ValueError:
            return escape

    return compute


def _c(escape: bytes) -> bytes:
    if escape[:1] in b"xX" and len(escape) == 3:
        return unhexlify(escape[1:])
    if escape.isdigit() and escape < b"8":
        return low_byte(int(escape, 8))
    return _CONTROLS.get(escape, escape)


def _html(write: Write) -> Callable[[bytes], bytes]:
    def compute(entity: bytes) -> bytes:
        if entity[:1] != b"#":
            return write(next(code for name, code in _NAMED if entity.lower().startswith(name)))
        base, digits = (16, entity[2:]) if entity[1:2] in b"xX" else (10, entity[1:])
        digits = digits.lstrip(b"0") or b"0"
        return write(_LONG_MAX if len(digits) > _LONG_DIGITS else min(int(digits, base), _LONG_MAX))

    return compute


_JS_STRICT: Final = Table(_js(narrow_low_byte))
_JS_CHARACTERS: Final = Table(_js(narrow_utf8))


_CSS_STRICT: Final = Table(_css(narrow_low_byte))
_CSS_CHARACTERS: Final = Table(_css(narrow_utf8))
_HTML_STRICT: Final = Table(_html(low_byte))
_HTML_CHARACTERS: Final = Table(_html(utf8))
_C_BOTH: Final = Table(_c)
_SQL_BOTH: Final = Table(unhexlify)


def js_decode(value: bytes) -> bytes:
    return substitute(_JS, _JS_STRICT, value) if _BACKSLASH in value else value


def js_decode_characters(value: bytes) -> bytes:
    if _BACKSLASH not in value:
        return value
    if not is_utf8(value):
        return substitute(_JS, _JS_STRICT, value)
    return substitute(_JS_PAIRS, _JS_CHARACTERS, value)


def css_decode(value: bytes) -> bytes:
    return substitute(_CSS, _CSS_STRICT, value) if _BACKSLASH in value else value


def css_decode_characters(value: bytes) -> bytes:
    if _BACKSLASH not in value:
        return value
    return substitute(_CSS, _CSS_CHARACTERS if is_utf8(value) else _CSS_STRICT, value)


def html_entity_decode(value: bytes) -> bytes:
    return substitute(_HTML, _HTML_STRICT, value) if _AMPERSAND in value else value


def html_entity_decode_characters(value: bytes) -> bytes:
    if _AMPERSAND not in value:
        return value
    return substitute(_HTML, _HTML_CHARACTERS if is_utf8(value) else _HTML_STRICT, value)


def escape_seq_decode(value: bytes) -> bytes:
    return substitute(_C, _C_BOTH, value) if _BACKSLASH in value else value


def sql_hex_decode(value: bytes) -> bytes:
    return substitute(_SQL, _SQL_BOTH, value) if _ZERO in value else value
