"""utf8toUnicode: characters become %uXXXX, for urlDecodeUni after it.

strict keeps ModSecurity 3's ways with what is no valid UTF-8: the first byte of a broken sequence is dropped (from F5 on it is
kept), overlong forms and UTF-16 halves are written out with their first byte behind them, a NUL is dropped unless it is last, and
a code point past U+FFFF gets five or six digits. The characters reading writes such a one as two UTF-16 halves, as JavaScript's
escape() does, which urlDecodeUni joins again.
"""

from __future__ import annotations

import re
from typing import Final

from librt.strings import BytesWriter
from mypy_extensions import i64, u8

from policy.transformations.substitution import Table, substitute

_NUL: Final = 0
_PERCENT: Final = 0x25
_U: Final = 0x75
_DIGITS: Final = b"0123456789abcdef"
_PAST_BMP: Final = re.compile(rb"\\U([0-9a-f]{8})")


def _lenient(value: bytes) -> bytes:
    """Of what is no valid UTF-8."""
    out = BytesWriter()
    size: i64 = len(value)
    at: i64 = 0
    while at < size:
        first: i64 = value[at]
        length = _length(value, at, size, first)
        if length:
            _put_escape(out, value, at, length, first)
            at += length
            continue
        dropped = 0xC0 <= first <= 0xF4 or (first == _NUL and at + 1 < size)
        if not dropped:
            out.append(u8(first))
        at += 1
    return out.getvalue()


def _length(value: bytes, at: i64, size: i64, first: i64) -> i64:
    """How many bytes the sequence has that begins here; 0 where it is not whole."""
    length: i64 = 4
    if first < 0xC0 or first > 0xF7:
        return 0
    if first < 0xF0:
        length = 3 if first >= 0xE0 else 2
    if at + length > size:
        return 0
    for place in range(at + 1, at + length):
        if value[place] & 0xC0 != 0x80:
            return 0
    return length


def _put_escape(out: BytesWriter, value: bytes, at: i64, length: i64, first: i64) -> None:
    code_point: i64 = first & (0xFF >> length + 1)
    for place in range(at + 1, at + length):
        code_point = code_point << 6 | value[place] & 0x3F
    if first >= 0xF5:
        out.append(u8(first))
    out.append(_PERCENT)
    out.append(_U)
    shift: i64 = 20
    while shift >= 0:
        if shift <= 12 or code_point >> shift:
            out.append(u8(_DIGITS[code_point >> shift & 0xF]))
        shift -= 4
    shortest: i64 = 0x80 if length == 2 else 0x800 if length == 3 else 0x10000
    for again in (0xD800 <= code_point <= 0xDFFF, code_point < shortest):
        if again:
            out.append(u8(first))


def _halves(digits: bytes) -> bytes:
    offset = int(digits, 16) - 0x10000
    return b"%%u%04x%%u%04x" % (0xD800 + (offset >> 10), 0xDC00 + (offset & 0x3FF))


_HALVES: Final = Table(_halves)


def utf8_to_unicode(value: bytes) -> bytes:
    if value.isascii() and _NUL not in value:
        return value
    escaped = _escape(value)
    if escaped is None:
        return _lenient(value)
    if b"\\U" in escaped:
        escaped = escaped.replace(b"\\U0010", b"%u10").replace(b"\\U000", b"%u")
    return _finish(escaped, value)


def utf8_to_unicode_characters(value: bytes) -> bytes:
    if value.isascii() and _NUL not in value:
        return value
    escaped = _escape(value)
    if escaped is None:
        return _lenient(value)
    if b"\\U" in escaped:
        escaped = substitute(_PAST_BMP, _HALVES, escaped)
    return _finish(escaped, value)


def _escape(value: bytes) -> bytes | None:
    """Of valid UTF-8, without its NULs: %uXXXX for the BMP, Python's \\UXXXXXXXX past it, NUL for a backslash. None: not so."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return None
    if _NUL in value:
        text = text.replace("\0", "")
    escaped = text.replace("\\", "\0").encode("ascii", "backslashreplace")
    return escaped.replace(b"\\u", b"%u").replace(b"\\x", b"%u00")


def _finish(escaped: bytes, value: bytes) -> bytes:
    result = escaped.replace(b"\0", b"\\")
    return result + b"\0" if value[-1] == _NUL else result
