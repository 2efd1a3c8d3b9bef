"""How a decoded code point is written into a value, in both readings.

strict: the low byte, as ModSecurity 3 writes it; the full-width forms U+FF01 to U+FF5E become the ASCII that they stand for
(not in HTML entities). characters: UTF-8, with the same rule for full-width forms; what is no character (a lone UTF-16 half, a
number past U+10FFFF) keeps the low byte, so that nothing which ModSecurity sees gets lost.

An optional Unicode map (SecUnicodeMapFile) has the first word for %uXXXX in both readings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from librt.strings import BytesWriter
from mypy_extensions import i64, u8

UnicodeMap = Mapping[int, int]  # code point -> byte

_LAST: Final = 0x10FFFF
_CODEPAGE: Final = re.compile(r"([0-9]++)(?:[ \t]++\([^)]*+\))?[ \t]*+")
_ENTRY: Final = re.compile(r"([0-9A-Fa-f]{1,4}):([0-9A-Fa-f]{1,2})")


class UnicodeMapInvalid(Exception):
    """The text of a Unicode map can't be read; the message says where and why."""


def put_narrow(out: BytesWriter, code_point: i64, characters: bool) -> None:
    """As UTF-8 (`characters`) or the low byte; for full-width forms the ASCII character."""
    if 0xFF01 <= code_point <= 0xFF5E:
        out.append(u8(code_point - 0xFEE0))
    elif characters:
        put_utf8(out, code_point)
    else:
        out.append(u8(code_point & 0xFF))


def put_utf8(out: BytesWriter, code_point: i64) -> None:
    """The low byte of what is no character."""
    if code_point < 0x80 or code_point > _LAST or 0xD800 <= code_point <= 0xDFFF:
        out.append(u8(code_point & 0xFF))
        return
    if code_point < 0x800:
        out.append(u8(0xC0 | code_point >> 6))
    else:
        if code_point < 0x10000:
            out.append(u8(0xE0 | code_point >> 12))
        else:
            out.append(u8(0xF0 | code_point >> 18))
            out.append(u8(0x80 | code_point >> 12 & 0x3F))
        out.append(u8(0x80 | code_point >> 6 & 0x3F))
    out.append(u8(0x80 | code_point & 0x3F))


def is_half(code_point: i64) -> bool:
    """Whether it is the first of two UTF-16 halves."""
    return 0xD800 <= code_point <= 0xDBFF


def join(high: i64, low: i64) -> i64:
    """The code point of two UTF-16 halves; -1 where the second is none."""
    return 0x10000 + (high - 0xD800 << 10) + (low - 0xDC00) if 0xDC00 <= low <= 0xDFFF else -1


def is_utf8(value: bytes) -> bool:
    if value.isascii():
        return True
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def parse_unicode_map(text: str, codepage: int) -> dict[int, int]:
    """The entries `XXXX:XX` of one code page of a unicode.mapping file; raises UnicodeMapInvalid."""
    entries: dict[int, int] = {}
    found = False
    for number, line in enumerate(text.splitlines(), 1):
        header = _CODEPAGE.fullmatch(line)
        if header is not None:
            found = found or int(header[1]) == codepage
            inside = int(header[1]) == codepage
        elif found and inside:
            for word in line.split():
                entry = _ENTRY.fullmatch(word)
                if entry is None:
                    raise UnicodeMapInvalid(f"line {number}: {word[:40]!r} is not of the form XXXX:XX")
                entries[int(entry[1], 16)] = int(entry[2], 16)
    if not entries:
        raise UnicodeMapInvalid(f"no entries for code page {codepage}")
    return entries
