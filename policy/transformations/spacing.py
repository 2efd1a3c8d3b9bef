"""Case, white space, NUL and the command line: lowercase, uppercase, trim*, *Whitespace, *Nulls, cmdLine.

White space is C's isspace() in the C locale. removeWhitespace also takes no-break spaces: each byte A0 and each byte C2 as
ModSecurity does, and in the characters reading the character U+00A0 (A0 is a part of 場 and of many others).
"""

from __future__ import annotations

from typing import Final

from policy.transformations.code_points import is_utf8

_SPACE: Final = b" \t\n\r\x0b\x0c"
_BLANK: Final = 0x20
_SPACE_AND_NBSP: Final = _SPACE + b"\xc2\xa0"
_TO_SPACE: Final = bytes.maketrans(_SPACE, b" " * len(_SPACE))
_CMD_DELETED: Final = b"\"'\\^"
_CMD_SPACES: Final = b",;\t\r\n"
_UPPER: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CMD_LINE: Final = bytes.maketrans(_CMD_SPACES + _UPPER, b" " * len(_CMD_SPACES) + _UPPER.lower())
_CMD_LINE_CASED: Final = bytes.maketrans(_CMD_SPACES, b" " * len(_CMD_SPACES))


def lowercase(value: bytes) -> bytes:
    return value.lower()


def uppercase(value: bytes) -> bytes:
    return value.upper()


def trim(value: bytes) -> bytes:
    return value.strip(_SPACE)


def trim_left(value: bytes) -> bytes:
    return value.lstrip(_SPACE)


def trim_right(value: bytes) -> bytes:
    return value.rstrip(_SPACE)


def compress_whitespace(value: bytes) -> bytes:
    return _one_space(value.translate(_TO_SPACE))


def remove_whitespace(value: bytes) -> bytes:
    return value.translate(None, _SPACE_AND_NBSP)


def remove_whitespace_characters(value: bytes) -> bytes:
    if value.isascii():
        return value.translate(None, _SPACE)
    if not is_utf8(value):
        return value.translate(None, _SPACE_AND_NBSP)
    return value.translate(None, _SPACE).replace(b"\xc2\xa0", b"")


def remove_nulls(value: bytes) -> bytes:
    return value.replace(b"\0", b"")


def replace_nulls(value: bytes) -> bytes:
    return value.replace(b"\0", b" ")


def cmd_line(value: bytes) -> bytes:
    return _cmd_line(value, _CMD_LINE)


def cmd_line_cased(value: bytes) -> bytes:
    """As cmd_line, but for the case of letters."""
    return _cmd_line(value, _CMD_LINE_CASED)


def _cmd_line(value: bytes, table: bytes) -> bytes:
    result = _one_space(value.translate(table, _CMD_DELETED))
    if _BLANK in result:
        return result.replace(b" /", b"/").replace(b" (", b"(")
    return result


def _one_space(value: bytes) -> bytes:
    """Runs of spaces become one; a run of n needs log(n) rounds, whose lengths add up to less than twice the first."""
    while value.find(b"  ") >= 0:  # `in` first tries whether it is a number, which takes longer than to look
        value = value.replace(b"  ", b" ")
    return value
