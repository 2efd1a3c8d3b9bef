"""utf8toUnicode: characters become %uXXXX, for urlDecodeUni after it.

strict keeps ModSecurity 3's ways with what is no valid UTF-8: the first byte of a broken sequence is dropped (from F5 on it is
kept), overlong forms and UTF-16 halves are written out with their first byte behind them, a NUL is dropped unless it is last, and
a code point past U+FFFF gets five or six digits. The characters reading writes such a one as two UTF-16 halves, as JavaScript's
escape() does, which urlDecodeUni joins again.
"""

from __future__ import annotations

import re
from typing import Final

from policy.transformations.substitution import Table, substitute

_SEQUENCE: Final = re.compile(
    rb"((?:[\xc0-\xf4](?![\x80-\xbf])|\x00(?=(?s:.))){1,64}"
    rb"|[\xc0-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf7][\x80-\xbf]{3}|[\xc0-\xf4])"
)
_NUL: Final = 0
_PAST_BMP: Final = re.compile(rb"\\U([0-9a-f]{8})")


def _lenient(sequence: bytes) -> bytes:
    first, size = sequence[0], len(sequence)
    if size == 1 or not 0x80 <= sequence[1] < 0xC0:
        return b""
    code_point = first & (0xFF >> (size + 1))
    for byte in sequence[1:]:
        code_point = code_point << 6 | byte & 0x3F
    shortest = {2: 0x80, 3: 0x800, 4: 0x10000}[size]
    again = (0xD800 <= code_point <= 0xDFFF) + (code_point < shortest)
    return sequence[:1] * (first >= 0xF5) + b"%%u%04x" % code_point + sequence[:1] * again


def _halves(digits: bytes) -> bytes:
    offset = int(digits, 16) - 0x10000
    return b"%%u%04x%%u%04x" % (0xD800 + (offset >> 10), 0xDC00 + (offset & 0x3FF))


_LENIENT: Final = Table(_lenient)
_HALVES: Final = Table(_halves)


def utf8_to_unicode(value: bytes) -> bytes:
    if value.isascii() and _NUL not in value:
        return value
    escaped = _escape(value)
    if escaped is None:
        return substitute(_SEQUENCE, _LENIENT, value)
    if b"\\U" in escaped:
        escaped = escaped.replace(b"\\U0010", b"%u10").replace(b"\\U000", b"%u")
    return _finish(escaped, value)


def utf8_to_unicode_characters(value: bytes) -> bytes:
    if value.isascii() and _NUL not in value:
        return value
    escaped = _escape(value)
    if escaped is None:
        return substitute(_SEQUENCE, _LENIENT, value)
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
