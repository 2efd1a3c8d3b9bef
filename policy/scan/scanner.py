"""One pass over all values of a request for all needles: which needle may match which value.

The values are joined with separators and scanned at once. Every match inside one value is a match in the joined buffer too: the
separator is no word character, and `^` and `$` are compiled so that they know it. Only when there are hits are fewer values scanned
again, down to the single value. A hit that needs two values therefore vanishes. Long values are scanned by themselves, once.

In the reading by characters, what was compiled from a pattern's bytes counts only where the values are not all UTF-8.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence, Set
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import Final

from policy.effort import (
    ASCII_MORE,
    FOUND_BYTES_PER_STEP,
    FOUND_FREE,
    FOUND_MOST,
    SCAN_CHARGE,
    SCANNED_BYTES_PER_STEP,
    SET_BYTES_PER_STEP,
    SET_CHARGE,
    Effort,
)
from policy.scan.byte_sets import byte_set
from policy.scan.cache import fetch, key, store
from policy.scan.compile import Build, Compiled, Progress, build
from policy.scan.database import Ends
from policy.scan.needle import BYTEWISE, MAX_ID, Needle
from policy.scan.tree import SEPARATOR

GROUP: Final = 8  # values scanned together a second time, where there were hits among many
PIECE_BYTES: Final = (
    4_096  # of values that are scanned together a second time, at least: less saves less than another scan takes
)
# Of values that are scanned together, before what was found in them is charged. Source: at most 2 ms beyond what a request has left.
LOOK_BYTES: Final = 16_384
ALONE_BYTES: Final = 512  # a value of so many is never scanned together with others: a hit is then known to be its own

_ASCII: Final = bytes(range(128))

Hits = Mapping[int, Sequence[int]]
Active = dict[int, int]
"""Needle ▸ the kinds of values, each a bit, that it is looked for in."""


class _Search:
    """What is looked for, and what was found: needle ▸ places. `told`: needles of which nothing more is to be found."""

    __slots__ = ("active", "effort", "found", "told")

    def __init__(self, active: Active | None, effort: Effort | None, told: frozenset[int] = frozenset()) -> None:
        self.active = active
        self.told = told
        self.effort = effort
        self.found: dict[int, list[int]] = {}


class Scanner:
    """Immutable; not for two threads at a time. `always` are the needles of which a scan never tells anything."""

    def __init__(self, build: Build, needles: Mapping[int, Needle], *, characters: bool) -> None:
        self.compiled: tuple[Compiled, ...] = build.compiled
        self.always = frozenset(one.id for one in build.compiled if one.how == "always")
        self._bytewise = frozenset(one.id + BYTEWISE for one in build.compiled) if characters else frozenset()
        self._sets = {
            id_: found
            for id_, needle in needles.items()
            if (found := byte_set(needle, characters=characters)) is not None
        }
        self._database = build.database

    @property
    def size(self) -> int:
        """Bytes of the database."""
        return self._database.size() if self._database is not None else 0

    def scan(
        self,
        values: Sequence[bytes],
        active: Active | None = None,
        kinds: Sequence[int] | None = None,
        effort: Effort | None = None,
    ) -> Hits:
        """For each needle (of `active`, if given) that may match something, the indexes of those values, ascending.

        What is not reported does not match. `kinds`: of each value; in values of other kinds than `active` says of it a needle may go
        unreported. Raises ScanFailed, and Spent where there is an `effort`.
        """
        search = _Search(active, effort)
        found = search.found
        if not values:
            return found
        for id_ in self.always:
            if active is None or id_ in active:
                found[id_] = list(range(len(values)))
        if self._database is None:
            return found
        if max(map(len, values)) >= ALONE_BYTES:
            self._look_apart(values, kinds, search)
        else:
            self._look_among(values, kinds, search)
        for places in found.values():
            places.sort()
        return found

    def _needles(self, hits: Iterable[int], buffer: bytes, search: _Search) -> Set[int]:
        """The needles that the hits in a buffer count for."""
        ids = set(hits)
        bytewise = ids & self._bytewise
        if bytewise:
            ids -= bytewise
            if not _is_utf8(buffer):
                ids.update(id_ - BYTEWISE for id_ in bytewise)
        active = search.active
        return ids - search.told if active is None else {id_ for id_ in ids if id_ in active and id_ not in search.told}

    def _look_apart(self, values: Sequence[bytes], kinds: Sequence[int] | None, search: _Search) -> None:
        """Some are long: those one by one, and then the others."""
        self._look_at_each(values, [n for n, value in enumerate(values) if len(value) >= ALONE_BYTES], search)
        short = [n for n, value in enumerate(values) if len(value) < ALONE_BYTES]
        self._look_at_some(values, short, None if kinds is None else [kinds[n] for n in short], search)

    def _look_at_some(
        self, values: Sequence[bytes], places: Sequence[int], kinds: Sequence[int] | None, search: _Search
    ) -> None:
        """As if there were only the values of these places. `kinds` are theirs."""
        if not places:
            return
        among = _Search(search.active, search.effort, search.told)
        self._look_among([values[place] for place in places], kinds, among)
        for id_, hits in among.found.items():
            search.found.setdefault(id_, []).extend([places[hit] for hit in hits])

    def _look_among(self, values: Sequence[bytes], kinds: Sequence[int] | None, search: _Search) -> None:
        """Short values: all at once first, and then those that what was found may be in."""
        ends = self._look(values, search)
        if self._sets and ends:
            ends, search = self._without_sets(values, ends, search)
        if not ends:
            return
        texts, others = _concerned(values, ends, search.active, kinds)
        if _worth(values, texts, others):
            self._look_at_some(values, texts, None, search)
            self._look_at_some(values, others, None, search)
        elif len(values) > 1:
            self._attribute(values, ends, search)
        else:
            self._look_at_each(values, (0,), search)

    def _without_sets(self, values: Sequence[bytes], ends: Ends, search: _Search) -> tuple[Ends, _Search]:
        """What is left to be attributed once the needles that are one byte are: in texts of several lines, nothing. Raises Spent."""
        sets = {id_ for id_, _ in ends if id_ in self._sets}
        if not sets:
            return ends, search
        if search.effort is not None:
            search.effort.take(len(sets) * (SET_CHARGE * len(values) + sum(map(len, values)) // SET_BYTES_PER_STEP))
        for id_ in sets:
            has = self._sets[id_].search
            search.found.setdefault(id_, []).extend([place for place, value in enumerate(values) if has(value)])
        among = _Search(search.active, search.effort, search.told | sets)
        among.found = search.found
        return [(id_, end) for id_, end in ends if id_ not in sets], among

    def _attribute(self, values: Sequence[bytes], ends: Ends, search: _Search) -> None:
        """Which values the hits of all are of.

        Each hit says where it ends, so the value there is looked at alone, and what lies between such values once more, in
        pieces: a scan tells of one match of a needle only. When a quarter of the bytes was looked at again and hit again, what is
        left is looked at in groups: where everything hits, that is less than once more.
        """
        size = sum(map(len, values))
        piece = max(size // 8, PIECE_BYTES)
        regions = [(0, len(values), ends)]
        rest: list[tuple[int, int]] = []
        left = size // 4
        while regions:
            start, stop, ends = regions.pop()
            begin = start
            for place in [*self._places(values[start:stop], ends, start), stop]:
                while begin < place:
                    end = _piece_end(values, begin, place, piece)
                    if left < 0:
                        rest.append((begin, place))
                        break
                    more = self._look(values[begin:end], search)
                    if more:
                        left -= sum(map(len, values[begin:end]))
                        regions.append((begin, end, more))
                    begin = end
                if place < stop:
                    self._look_at_each(values, (place,), search)
                begin = place + 1
        for start, stop in rest:
            self._group(values, start, stop, search)

    @staticmethod
    def _places(values: Sequence[bytes], ends: Ends, start: int) -> list[int]:
        """Where the hits of the joined values lie; a separator counts with the value before it."""
        borders = list(accumulate([len(value) + 1 for value in values]))  # behind each separator
        return sorted({start + bisect_right(borders, end - 1) for _, end in ends})

    def _look(self, values: Sequence[bytes], search: _Search) -> Ends:
        """The hits in some of the values, joined, that count. Raises Spent."""
        ends: Ends = []
        begin = behind = 0
        while begin < len(values):  # in pieces: what is found in one is charged before the next one is looked at
            end = _piece_end(values, begin, len(values), LOOK_BYTES)
            buffer = SEPARATOR.join(values[begin:end])
            ends += [(id_, behind + place) for id_, place in self._look_at_buffer(buffer, search)]
            behind += len(buffer) + 1
            begin = end
        return ends

    def _look_at_buffer(self, buffer: bytes, search: _Search) -> Ends:
        """Raises Spent."""
        if self._database is None:
            return []
        if search.effort is not None:
            search.effort.take(_charge(buffer))
        ends = self._database.ends(buffer)
        if not ends:
            return ends
        if search.effort is not None:
            search.effort.take(charge_found(len(ends), buffer))
        ids = self._needles([id_ for id_, _ in ends], buffer, search)
        return [(id_, end) for id_, end in ends if id_ in ids or id_ - BYTEWISE in ids]

    def _group(self, values: Sequence[bytes], start: int, stop: int, search: _Search) -> None:
        """All hits of the values from `start` to before `stop`, in time linear in their bytes: behind a group that hit, values are
        looked at one by one at once, until in a group none does.
        """
        together = True
        for first in range(start, stop, GROUP):
            last = min(first + GROUP, stop)
            if not together or self._look(values[first:last], search):
                together = not self._look_at_each(values, range(first, last), search)

    def _look_at_each(self, values: Sequence[bytes], places: Sequence[int], search: _Search) -> bool:
        """Whether there was a hit. Raises Spent."""
        if self._database is None:
            return False
        if search.effort is not None:
            search.effort.take(sum([_charge(values[place]) for place in places]))
        hit = False
        for number, hits in self._database.hits_of_each([values[place] for place in places]):
            place = places[number]
            if search.effort is not None:
                # before the next one is looked at: all of them together may be many times what the request has left
                search.effort.take(charge_found(len(hits), values[place]))
            for id_ in self._needles(hits, values[place], search):
                search.found.setdefault(id_, []).append(place)
                hit = True
        return hit


def _charge(buffer: bytes) -> int:
    """Steps for looking at a buffer."""
    in_ascii = len(buffer) - len(buffer.translate(None, _ASCII))
    return SCAN_CHARGE + (len(buffer) + ASCII_MORE * in_ascii) // SCANNED_BYTES_PER_STEP


def charge_found(hits: int, buffer: bytes) -> int:
    """Steps for what was found in it, beside those for looking."""
    return max(0, min(hits, FOUND_MOST) - FOUND_FREE) * len(buffer) // FOUND_BYTES_PER_STEP


def _piece_end(values: Sequence[bytes], begin: int, stop: int, size: int) -> int:
    """Behind as many values from `begin` on as have so many bytes together; at least one, and none from `stop` on."""
    left = size
    while begin < stop and left > 0:
        left -= len(values[begin])
        begin += 1
    return begin


def _worth(values: Sequence[bytes], texts: Sequence[int], others: Sequence[int]) -> bool:
    """Whether it saves more than it takes to scan these values together once more, without those that nobody asks about."""
    if max(len(texts), len(others)) == len(values):
        return False
    size = sum(map(len, values))
    return size < PIECE_BYTES or 2 * sum([len(values[place]) for place in (*texts, *others)]) < size


def _concerned(
    values: Sequence[bytes], ends: Ends, active: Active | None, kinds: Sequence[int] | None
) -> tuple[list[int], list[int]]:
    """The values of those kinds that somebody asks about what was found: what is UTF-8, and what is not, if that matters."""
    asked = asked_bytewise = 0
    for id_, _ in ends:
        by_whom = -1 if active is None or kinds is None else active[id_ % BYTEWISE]
        if id_ < BYTEWISE:
            asked |= by_whom
        else:
            asked_bytewise |= by_whom
    texts: list[int] = []
    others: list[int] = []
    for place, value in enumerate(values):
        kind = -1 if kinds is None else kinds[place]
        if asked_bytewise and not _is_utf8(value):
            if kind & (asked | asked_bytewise):
                others.append(place)
        elif kind & asked:
            texts.append(place)
    return texts, others


def _is_utf8(buffer: bytes) -> bool:
    if buffer.isascii():
        return True
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
        return Scanner(build(needles, characters=characters, progress=progress), needles, characters=characters)
    name = key(needles, characters=characters)
    found = fetch(cache, name)
    if found is None:
        found = build(needles, characters=characters, progress=progress)
        with suppress(OSError):  # costs the next start its time and nothing else; whoever chose the directory says so
            store(cache, name, found)
    elif progress is not None:
        progress(len(needles) + 1, len(needles) + 1)
    return Scanner(found, needles, characters=characters)
