"""Replace escapes in bytes with few Python steps: split in C, look each escape up in a table that fills itself, join in C.

A table keeps what it has computed, up to `MAX_ENTRIES` keys of at most `MAX_KEY_BYTES` bytes, so that no input can make it grow.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

MAX_ENTRIES: Final = 8192  # entries of one table; Japanese prose uses some 3,000 different characters
MAX_KEY_BYTES: Final = 16  # the longest escapes with one meaning: two UTF-16 halves of %uXXXX are 11


class Table(dict[bytes, bytes]):
    """From an escape (without what introduces it) to what it stands for."""

    def __init__(self, compute: Callable[[bytes], bytes]) -> None:
        super().__init__()
        self._compute = compute

    def __missing__(self, key: bytes) -> bytes:
        value = self._compute(key)
        if len(key) <= MAX_KEY_BYTES and len(self) < MAX_ENTRIES:
            self[key] = value
        return value


def substitute(pattern: re.Pattern[bytes], table: Table, value: bytes) -> bytes:
    """Each match of `pattern`, which has exactly one group, replaced by what the table says of that group."""
    parts = pattern.split(value)
    if len(parts) == 1:
        return value
    parts[1::2] = map(table.__getitem__, parts[1::2])
    return b"".join(parts)
