"""One pass over all values of a request for all needles: which needle may match which value.

The values are joined with line feeds and scanned at once; as `^` and `$` are those of MULTILINE and a line feed is neither a word
character nor part of a literal's neighbourhood, every match inside one value is a match in the joined buffer too. Only when there
are hits are smaller groups of values scanned again, down to the single value. A hit that needs two values therefore vanishes.

In the reading by characters the values that are valid UTF-8 beyond ASCII are looked at with a second database; all others bytewise.
Two characters fold to ASCII letters (the Kelvin sign and the long s): a value with one of them counts as hit by every needle.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping, Sequence
from pathlib import Path

from policy.scan.cache import fetch, key, store
from policy.scan.compile import Build, Compiled, Progress, build
from policy.scan.database import Database
from policy.scan.needle import MAX_ID, Needle

GROUP = 8  # values scanned together a second time, where there were hits among many
_FOLDING = ("\u212a".encode(), "\u017f".encode())

Hits = Mapping[int, Sequence[int]]
_Found = dict[int, list[int]]


class Scanner:
    """Immutable; not for two threads at a time. `always` are the needles of which a scan never tells anything."""

    def __init__(self, needles: Mapping[int, Needle], plain: Build, text: Build | None) -> None:
        self._ids = tuple(needles)
        self._plain = _Pass(plain)
        self._text = _Pass(text) if text is not None else None
        self.compiled: tuple[Compiled, ...] = plain.compiled
        self.compiled_text: tuple[Compiled, ...] = text.compiled if text is not None else ()
        self.always = self._plain.always if self._text is None else self._plain.always & self._text.always

    def scan(self, values: Sequence[bytes], active: Container[int] | None = None) -> Hits:
        """For each needle (of `active`, if given) that may match something, the indexes of those values, ascending.

        What is not reported does not match. Raises ScanFailed.
        """
        found: _Found = {}
        if not values:
            return found
        buffer = _joined(values)
        if self._text is None or buffer.isascii():
            self._plain.scan(values, buffer, range(len(values)), active, found)
            return found
        self._scan_characters(self._text, values, active, found)
        return {id_: sorted(indexes) for id_, indexes in found.items()}

    def _scan_characters(
        self, text: _Pass, values: Sequence[bytes], active: Container[int] | None, found: _Found
    ) -> None:
        plain_indexes, text_indexes, folding = _by_reading(values)
        for one, indexes in ((self._plain, plain_indexes), (text, text_indexes)):
            if indexes:
                chosen = [values[index] for index in indexes]
                one.scan(chosen, _joined(chosen), indexes, active, found)
        for id_ in self._ids if folding else ():
            if active is None or id_ in active:
                found.setdefault(id_, []).extend(folding)


def _by_reading(values: Sequence[bytes]) -> tuple[list[int], list[int], list[int]]:
    """The indexes of the values that are read bytewise, by characters, and not at all."""
    plain, text, folding = [], [], []
    for index, value in enumerate(values):
        if value.isascii() or not _is_utf8(value):
            plain.append(index)
        elif any(sign in value for sign in _FOLDING):
            folding.append(index)
        else:
            text.append(index)
    return plain, text, folding


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


class _Pass:
    """One database and what it can't decide."""

    def __init__(self, build: Build) -> None:
        self.always = frozenset(one.id for one in build.compiled if one.how == "always")
        self._database = build.database

    def scan(
        self,
        values: Sequence[bytes],
        buffer: bytes,
        indexes: Sequence[int],
        active: Container[int] | None,
        found: _Found,
    ) -> None:
        """`buffer` are the values joined, `indexes` those by which they are reported."""
        for id_ in self.always:
            if active is None or id_ in active:
                found.setdefault(id_, []).extend(indexes)
        if self._database is None:
            return
        hits = _active(self._database.hits(buffer), active)
        if not hits:
            return
        if len(values) == 1:
            _report(hits, indexes, found)
        elif len(values) < 2 * GROUP or len(hits) >= len(values):
            self._each(self._database, values, indexes, active, found)
        else:
            self._grouped(self._database, values, indexes, active, found)

    def _grouped(
        self,
        database: Database,
        values: Sequence[bytes],
        indexes: Sequence[int],
        active: Container[int] | None,
        found: _Found,
    ) -> None:
        for start in range(0, len(values), GROUP):
            group = values[start : start + GROUP]
            if _active(database.hits(_joined(group)), active):
                self._each(database, group, indexes[start : start + GROUP], active, found)

    def _each(
        self,
        database: Database,
        values: Sequence[bytes],
        indexes: Sequence[int],
        active: Container[int] | None,
        found: _Found,
    ) -> None:
        for value, index in zip(values, indexes, strict=True):
            hits = database.hits(value or b"\n")
            if hits:
                _report(_active(hits, active), (index,), found)


def _joined(values: Sequence[bytes]) -> bytes:
    """A buffer that ends with a line feed, or is empty, gets another one: the end of a buffer is no end of a line then."""
    buffer = b"\n".join(values)
    return buffer if values[-1] else buffer + b"\n"


def _active(hits: list[int], active: Container[int] | None) -> Collection[int]:
    return hits if active is None or not hits else [id_ for id_ in hits if id_ in active]


def _report(hits: Collection[int], indexes: Sequence[int], found: _Found) -> None:
    for id_ in set(hits):
        found.setdefault(id_, []).extend(indexes)


def compile_scanner(
    needles: Mapping[int, Needle], *, characters: bool, cache: Path | None = None, progress: Progress | None = None
) -> Scanner:
    """Raises OSError where the cache can't be written; ValueError for an id out of range. Slow (seconds) unless cached.

    `progress` is called with (done, total); what comes from the cache counts as done at once.
    """
    if any(not 0 <= id_ <= MAX_ID for id_ in needles):
        raise ValueError("an id of a needle has 32 bits")
    steps = len(needles) + 1
    readings = (False, True) if characters else (False,)
    builds = [
        _one(needles, reading, cache, _shifted(progress, number * steps, steps * len(readings)))
        for number, reading in enumerate(readings)
    ]
    return Scanner(needles, builds[0], builds[1] if characters else None)


def _shifted(progress: Progress | None, before: int, total: int) -> Progress | None:
    if progress is None:
        return None
    return lambda done, _total: progress(before + done, total)


def _one(needles: Mapping[int, Needle], characters: bool, cache: Path | None, progress: Progress | None) -> Build:
    if cache is None:
        return build(needles, characters=characters, progress=progress)
    name = key(needles, characters=characters)
    found = fetch(cache, name)
    if found is None:
        found = build(needles, characters=characters, progress=progress)
        store(cache, name, found)
    elif progress is not None:
        progress(len(needles) + 1, len(needles) + 1)
    return found
