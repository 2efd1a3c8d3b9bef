"""The only module that knows Hyperscan (vectorscan): many expressions, one database, one pass over a buffer.

Every expression has DOTALL, MULTILINE and SINGLEMATCH: a scan reports each id at most once per expression, so that the number of
calls back is bounded by the database and not by the input. Expressions and buffers are bytes: Hyperscan's UTF-8 mode makes databases
two to three times as large, its Unicode tables are not PCRE2's, and its results for what is not UTF-8 are undefined.

Known of the binding (hyperscan 0.9.1): expressions end at a NUL byte (policy.scan.tree never writes one); `Database.scratch` of a
loaded database is unset; a database and its scratch space serve one thread at a time, and a scan lets other threads run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

import hyperscan

from policy.scan.tree import Unscannable

_FLAGS = hyperscan.HS_FLAG_DOTALL | hyperscan.HS_FLAG_MULTILINE | hyperscan.HS_FLAG_SINGLEMATCH


class ScanFailed(Exception):
    """Hyperscan gave up on a buffer (out of memory, or used by two threads): nothing is known about it."""


@dataclass(frozen=True, slots=True)
class Expression:
    id: int
    text: bytes
    caseless: bool
    prefilter: bool = False  # Hyperscan may widen it further, where it can't do it exactly
    empty: bool = False  # it may match the empty string


def _note(id_: int, _start: int, _end: int, _flags: int, hits: Any) -> None:
    hits.append(id_)


def _note_end(_id: int, _start: int, end: int, _flags: int, ends: Any) -> None:
    ends.append(end)


def _note_hit(id_: int, _start: int, end: int, _flags: int, hits: Any) -> None:
    hits.append((id_, end))


Ends = list[tuple[int, int]]
"""Ids, and the offset behind the match of each that was told of."""


class Database:
    """Not for two threads at a time."""

    def __init__(self, database: hyperscan.Database) -> None:
        self._database = database
        self._scan = database.scan

    @classmethod
    def compile(cls, expressions: Sequence[Expression]) -> Database:
        """Raises Unscannable with Hyperscan's own words."""
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        try:
            database.compile(
                [expression.text for expression in expressions],
                ids=[expression.id for expression in expressions],
                flags=[_flags(expression) for expression in expressions],
            )
        except hyperscan.HyperscanError as exc:
            raise Unscannable(str(exc)) from exc
        return cls(database)

    @classmethod
    def load(cls, data: bytes) -> Database:
        """Raises ScanFailed for a database of another version or kind of processor."""
        try:
            database = hyperscan.loadb(data, hyperscan.HS_MODE_BLOCK)
            database.scratch = hyperscan.Scratch(database)
        except hyperscan.HyperscanError as exc:
            raise ScanFailed("a stored database does not fit this machine") from exc
        return cls(database)

    def dump(self) -> bytes:
        return hyperscan.dumpb(self._database)

    def size(self) -> int:
        """Bytes."""
        return self._database.size()

    def hits(self, buffer: bytes) -> list[int]:
        """The ids that match somewhere, in no order, some of them more than once. Raises ScanFailed."""
        found: list[int] = []
        try:
            self._scan(buffer, _note, 0, found)
        except hyperscan.HyperscanError as exc:
            raise ScanFailed("a scan ended early") from exc
        return found

    def ends(self, buffer: bytes) -> Ends:
        """As `hits`, each with where it ends. Which match of several is told of is not promised. Raises ScanFailed."""
        found: Ends = []
        try:
            self._scan(buffer, _note_hit, 0, found)
        except hyperscan.HyperscanError as exc:
            raise ScanFailed("a scan ended early") from exc
        return found

    def first_end(self, buffer: bytes) -> int | None:
        """Where the match ends that ends first, of any expression. Raises ScanFailed.

        Hyperscan does not promise which match of an expression it reports, so the scan is repeated before what it found.
        """
        first: int | None = None
        while True:
            ends: list[int] = []
            try:
                self._scan(buffer, _note_end, 0, ends)
            except hyperscan.HyperscanError as exc:
                raise ScanFailed("a scan ended early") from exc
            if not ends:
                return first
            first = min(ends)
            buffer = buffer[: first - 1]

    def hits_of_each(self, buffers: Iterable[bytes]) -> Iterator[tuple[int, list[int]]]:
        """As `hits`, for many short ones: (index of the buffer, ids) where there are any, one by one. Raises ScanFailed."""
        scan = self._scan
        found: list[int] = []
        for index, buffer in enumerate(buffers):
            try:
                scan(buffer, _note, 0, found)
            except hyperscan.HyperscanError as exc:
                raise ScanFailed("a scan ended early") from exc
            if found:
                yield index, found
                found = []


def _flags(expression: Expression) -> int:
    flags = _FLAGS
    if expression.caseless:
        flags |= hyperscan.HS_FLAG_CASELESS
    if expression.prefilter:
        flags |= hyperscan.HS_FLAG_PREFILTER
    if expression.empty:
        flags |= hyperscan.HS_FLAG_ALLOWEMPTY
    return flags


@cache
def platform() -> str:
    """What a stored database depends on beside its expressions: the versions and the processor's features, in their own words."""
    probe: Any = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)  # its stub says that info() is a str; it is bytes
    probe.compile([b"a"], ids=[0], flags=[0])
    return f"{version('hyperscan')} {probe.info()!r}"
