"""Which results `multiMatch` looks at in ModSecurity 3, where a transformation itself says whether it changed the value.

Some say so of an equal value (it is looked at twice, and counted twice by `setvar`), some keep silent about a change (the value is
not looked at, unless a later transformation speaks). The strict reading follows; the characters reading compares.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from policy.transformations import paths

Reported = Callable[[bytes, bytes], bool]

_NOT_ASCII: Final = re.compile(rb"[\x80-\xfe]")
_SEQUENCE: Final = re.compile(rb"[\xc0-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf7][\x80-\xbf]{3}")
_CSS_ESCAPE: Final = re.compile(rb"\\[^0-9A-Fa-f\n]|(\\)")
_BACKSLASH: Final = 0x5C


def by_value(value: bytes, result: bytes) -> bool:
    return result != value


def _always(value: bytes, result: bytes) -> bool:
    return bool(value or result)


def _by_length(value: bytes, result: bytes) -> bool:
    return len(result) != len(value)


def _case(value: bytes, result: bytes) -> bool:
    return result != value or _NOT_ASCII.search(value) is not None


def _css(value: bytes, _: bytes) -> bool:
    return any(_CSS_ESCAPE.findall(value))


def _utf8(value: bytes, _: bytes) -> bool:
    return _SEQUENCE.search(value) is not None


def _path(value: bytes, result: bytes) -> bool:
    """A last segment `..` that takes others away goes unreported."""
    if result == value or not value.endswith(b".."):
        return result != value
    before = value[: value.rfind(b"/") + 1]
    return paths.normalise_path(before) != before


def _path_win(value: bytes, result: bytes) -> bool:
    return _BACKSLASH in value or _path(value, result)


REPORTED: Final[Mapping[str, Reported]] = {
    "cmdline": _by_length,
    "compresswhitespace": _by_length,
    "cssdecode": _css,
    "length": _always,
    "lowercase": _case,
    "normalisepath": _path,
    "normalisepathwin": _path_win,
    "normalizepath": _path,
    "normalizepathwin": _path_win,
    "parityeven7bit": _always,
    "parityodd7bit": _always,
    "parityzero7bit": _always,
    "uppercase": _case,
    "utf8tounicode": _utf8,
}
