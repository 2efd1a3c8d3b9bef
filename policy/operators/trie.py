"""Many literals as one regular expression, and the questions that `pm` asks of it.

A Python loop over the bytes of a value is too slow, and so is a search for each phrase. The phrases' trie, written as a pattern, lets
the `re` module skip to bytes that begin a phrase; there it takes no more steps than the longest phrase has bytes times its branches,
and never goes back, so no limit is needed. ASCII letters are folded, other bytes are themselves.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence

_Node = dict[int, "_Node | None"]  # None: a phrase ends here, and what is longer is never asked for


class Trie:
    """Literals that are looked for together; empty ones are left out."""

    __slots__ = ("_longest", "_search", "_sorted", "_spelled", "phrases")

    def __init__(self, phrases: Sequence[bytes]) -> None:
        folded: dict[bytes, tuple[int, bytes]] = {}  # folded ▸ (rank, as the first of them spells it)
        for rank, phrase in enumerate(phrases):
            if phrase:
                folded.setdefault(phrase.lower(), (rank, phrase))
        self._sorted = sorted(folded)
        self._spelled = [folded[phrase] for phrase in self._sorted]
        self._longest = max(map(len, folded), default=0)
        self._search = re.compile(_pattern(_tree(folded)), re.DOTALL).search if folded else None
        self.phrases = tuple(folded)

    def first_end(self, value: bytes) -> int | None:
        """Where the phrase ends that ends first, or None."""
        if self._search is None:
            return None
        folded = value.lower()
        found = self._search(folded)
        if found is None:
            return None
        start, end = found.span()
        while found := self._search(folded, start + 1, end - 1):
            start, end = found.span()
        return end

    def longest_beginning(self, value: bytes, end: int) -> tuple[int, bytes]:
        """The length of the longest beginning of a phrase that ends at `end`, and how the first phrase that has it spells it."""
        folded = value[max(0, end - self._longest) : end].lower()
        for cut in range(len(folded)):
            beginning = folded[cut:]
            low = bisect_left(self._sorted, beginning)
            if low < len(self._sorted) and self._sorted[low].startswith(beginning):
                high = bisect_left(self._sorted, beginning + b"\xff" * self._longest, low)
                return len(beginning), min(self._spelled[low : max(high, low + 1)])[1][: len(beginning)]
        return 0, b""


def _tree(phrases: Iterable[bytes]) -> _Node:
    root: _Node = {}
    for phrase in phrases:
        node = root
        for byte in phrase[:-1]:
            below = node.setdefault(byte, {})
            if below is None:
                break
            node = below
        else:
            node[phrase[-1]] = None
    return root


def _pattern(node: _Node) -> bytes:
    """The node as a pattern; chains are followed in a loop, so that a long phrase does not nest."""
    ends = bytes(byte for byte, below in node.items() if below is None)
    branches = [_chain(byte, below) for byte, below in node.items() if below is not None]
    if ends:
        members = b"".join(b"\\x%02x" % byte for byte in ends)
        branches.append(members if len(ends) == 1 else b"[%b]" % members)
    return branches[0] if len(branches) == 1 else b"(?:%b)" % b"|".join(branches)


def _chain(byte: int, below: _Node | None) -> bytes:
    written = bytearray(b"\\x%02x" % byte)
    while below is not None and len(below) == 1:
        byte, below = next(iter(below.items()))
        written += b"\\x%02x" % byte
    if below is not None:
        written += _pattern(below)
    return bytes(written)
