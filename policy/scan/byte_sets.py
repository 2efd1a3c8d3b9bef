"""Needles that are one byte out of a few, such as a line end: for them a value need not be scanned to know whether it has one."""

from __future__ import annotations

import re
from typing import Final

from policy.scan.needle import Needle
from policy.scan.syntax import parse
from policy.scan.tree import Char, Group, Unscannable

_ASCII_MOST: Final = 0x7F
_LETTERS: Final = re.compile(rb"[A-Za-z]")  # of these, what ignores case takes others too


def byte_set(needle: Needle, *, characters: bool) -> re.Pattern[bytes] | None:
    """One of the bytes, if that is all that the needle is, in this reading and beyond it: ASCII and no letter. Else None."""
    found = b""
    for reading in {False, characters}:
        for pattern in needle.patterns(characters=reading):
            members = _literal(pattern) if needle.kind == "literal" else _of_pattern(pattern, reading)
            if members is None:
                return None
            found += members
    return re.compile(b"[%b]" % b"".join([b"\\x%02x" % byte for byte in sorted(set(found))]))


def _literal(pattern: bytes) -> bytes | None:
    return pattern if len(pattern) == 1 and pattern[0] <= _ASCII_MOST and not _LETTERS.match(pattern) else None


def _of_pattern(pattern: bytes, characters: bool) -> bytes | None:
    try:
        parsed = parse(pattern, characters=characters)
    except Unscannable:
        return None
    if parsed.beyond_ascii:
        return None
    node: object = parsed.root
    while isinstance(node, Group):
        if node.flags or node.whole or len(node.alternatives) != 1 or len(node.alternatives[0]) != 1:
            return None
        (item,) = node.alternatives[0]
        if not item.once:
            return None
        node = item.node
    if not isinstance(node, Char) or node.negated or node.raw or any(high > _ASCII_MOST for _, high in node.ranges):
        return None
    members = b"".join([bytes(range(low, high + 1)) for low, high in node.ranges])
    return None if not members or _LETTERS.search(members) else members
