"""Many literals, looked for at once, and the questions that `pm` asks of them.

A Python loop over the bytes of a value is too slow, and so is a search for each phrase or a regular expression of all of them: a list
of 1,000 phrases takes `re` 7 ms for 64 KiB of prose, and Hyperscan 0.04 ms. ASCII letters are folded, other bytes are themselves.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from policy.scan.database import Database, Expression


class Literals:
    """Empty ones are left out. Building raises Unscannable, looking raises ScanFailed."""

    __slots__ = ("_database", "_longest", "_sorted", "_spelled", "phrases")

    def __init__(self, phrases: Sequence[bytes]) -> None:
        folded: dict[bytes, tuple[int, bytes]] = {}  # folded ▸ (rank, as the first of them spells it)
        for rank, phrase in enumerate(phrases):
            if phrase:
                folded.setdefault(phrase.lower(), (rank, phrase))
        self.phrases = tuple(folded)
        self._sorted = sorted(folded)
        self._spelled = [folded[phrase] for phrase in self._sorted]
        self._longest = max(map(len, folded), default=0)
        self._database = _compile(self._sorted) if folded else None

    def first_end(self, value: bytes) -> int | None:
        """Where the phrase ends that ends first, or None."""
        return None if self._database is None else self._database.first_end(value)

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


def _compile(phrases: Sequence[bytes]) -> Database:
    """One expression for each; what begins with another phrase can never end first, but costs nothing either."""
    return Database.compile(
        [
            Expression(number, b"".join(b"\\x%02x" % byte for byte in phrase), caseless=True)
            for number, phrase in enumerate(phrases)
        ]
    )
