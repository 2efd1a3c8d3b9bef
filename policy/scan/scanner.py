"""One pass over all values of a request for all needles: which needle may match which value.

The values are joined with separators and scanned at once. Every match inside one value is a match in the joined buffer too: the
separator is no word character, and `^` and `$` are compiled so that they know it. Only when there are hits are fewer values scanned
again, down to the single value. A hit that needs two values therefore vanishes.

In the reading by characters, what was compiled from a pattern's bytes counts only where the values are not all UTF-8. And two
characters fold to ASCII letters: a value with one of them counts as hit by every needle that ignores the case of these letters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from contextlib import suppress
from pathlib import Path

from policy.scan.cache import fetch, key, store
from policy.scan.compile import Build, Compiled, Progress, build
from policy.scan.database import Database
from policy.scan.needle import BYTEWISE, MAX_ID, Needle
from policy.scan.tree import SEPARATOR

GROUP = 8  # values scanned together a second time, where there were hits among many
_KELVIN, _LONG_S = "\u212a".encode(), "\u017f".encode()

Hits = Mapping[int, Sequence[int]]
_Found = dict[int, list[int]]


class Scanner:
    """Immutable; not for two threads at a time. `always` are the needles of which a scan never tells anything."""

    def __init__(self, build: Build, *, characters: bool) -> None:
        self.compiled: tuple[Compiled, ...] = build.compiled
        self.always = frozenset(one.id for one in build.compiled if one.how == "always")
        self._folding = frozenset(one.id for one in build.compiled if one.folds and characters) - self.always
        self._bytewise = frozenset(one.id + BYTEWISE for one in build.compiled) if characters else frozenset()
        self._database = build.database

    @property
    def size(self) -> int:
        """Bytes of the database."""
        return self._database.size() if self._database is not None else 0

    def scan(self, values: Sequence[bytes], active: Set[int] | None = None) -> Hits:
        """For each needle (of `active`, if given) that may match something, the indexes of those values, ascending.

        What is not reported does not match. Raises ScanFailed.
        """
        found: _Found = {}
        if not values:
            return found
        if self.always:
            for id_ in self.always if active is None else self.always & active:
                found[id_] = list(range(len(values)))
        if self._database is None:
            return found
        buffer = SEPARATOR.join(values)
        hits = self._database.hits(buffer)
        if hits:
            ids = self._needles(hits, buffer, active)
            if ids:
                self._attribute(self._database, values, ids, active, found)
        if self._folding and (_KELVIN in buffer or _LONG_S in buffer):
            self._fold(values, active, found)
        return found

    def _needles(self, hits: Iterable[int], buffer: bytes, active: Set[int] | None) -> Set[int]:
        """The needles that the hits in a buffer count for."""
        ids = set(hits)
        bytewise = ids & self._bytewise
        if bytewise:
            ids -= bytewise
            if not _is_utf8(buffer):
                ids.update(id_ - BYTEWISE for id_ in bytewise)
        return ids if active is None else ids & active

    def _attribute(
        self, database: Database, values: Sequence[bytes], ids: Set[int], active: Set[int] | None, found: _Found
    ) -> None:
        """Which values the hits of all are of."""
        if len(values) == 1:
            for id_ in ids:
                found[id_] = [0]
            return
        if len(values) < 2 * GROUP or len(ids) >= len(values):
            groups = [(0, values)]
        else:
            starts = range(0, len(values), GROUP)
            buffers = [SEPARATOR.join(values[start : start + GROUP]) for start in starts]
            groups = [
                (starts[number], values[starts[number] : starts[number] + GROUP])
                for number, hits in database.hits_of_each(buffers)
                if self._needles(hits, buffers[number], active)
            ]
        for start, group in groups:
            for index, hits in database.hits_of_each(group):
                for id_ in self._needles(hits, group[index], active):
                    found.setdefault(id_, []).append(start + index)

    def _fold(self, values: Sequence[bytes], active: Set[int] | None, found: _Found) -> None:
        indexes = [index for index, value in enumerate(values) if _KELVIN in value or _LONG_S in value]
        for id_ in self._folding if active is None else self._folding & active:
            found[id_] = sorted({*found.get(id_, ()), *indexes})


def _is_utf8(buffer: bytes) -> bool:
    try:
        buffer.decode()
    except UnicodeDecodeError:
        return False
    return True


def compile_scanner(
    needles: Mapping[int, Needle], *, characters: bool, cache: Path | None = None, progress: Progress | None = None
) -> Scanner:
    """Raises ValueError for an id out of range. Slow (seconds) unless cached; a cache that can't be written is only read.

    With `characters`, values that are UTF-8 are read so; without, all are read bytewise. `progress` is called with (done, total).
    """
    if any(not 0 <= id_ <= MAX_ID for id_ in needles):
        raise ValueError("an id of a needle has 31 bits")
    if cache is None:
        return Scanner(build(needles, characters=characters, progress=progress), characters=characters)
    name = key(needles, characters=characters)
    found = fetch(cache, name)
    if found is None:
        found = build(needles, characters=characters, progress=progress)
        with suppress(OSError):  # costs the next start its time and nothing else; whoever chose the directory says so
            store(cache, name, found)
    elif progress is not None:
        progress(len(needles) + 1, len(needles) + 1)
    return Scanner(found, characters=characters)
