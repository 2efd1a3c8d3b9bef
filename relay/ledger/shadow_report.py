"""What the next versions of procedures would have refused, counted from the log: version, field and code; a value is nowhere.

A request counts once for each field and code, however often it has them. Only requests that the version in force has admitted
are counted: what it refuses is refused already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from relay.tree.record import Intent, Record, Shadow


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What would be refused. `target` is empty where it is about the whole request."""

    target: str
    code: str
    detail: str


@dataclass(slots=True)
class OfVersion:
    """What one next version said. `results`: requests by how its judgement ended."""

    route: str
    version: int
    results: Counter[str] = field(default_factory=Counter)
    faults: Counter[Fault] = field(default_factory=Counter)

    @property
    def judged(self) -> int:
        return self.results.total()

    def add(self, shadow: Shadow) -> None:
        self.results[shadow.result] += 1
        self.faults.update({Fault(found.target, found.code, found.detail) for found in shadow.findings})

    def by_count(self) -> list[tuple[Fault, int]]:
        """The most frequent first; among equals by name."""
        return sorted(self.faults.items(), key=lambda item: (-item[1], item[0]))


def report_of(records: Iterable[Record], *, tenant: str = "", route: str = "") -> list[OfVersion]:
    """By route and version, in their order. An empty `tenant` or `route`: all."""
    found: dict[tuple[str, int], OfVersion] = {}
    for record in records:
        if not isinstance(record, Intent) or record.shadow is None:
            continue
        if (tenant and record.tenant != tenant) or (route and record.route != route):
            continue
        key = record.route, record.shadow.version
        found.setdefault(key, OfVersion(*key)).add(record.shadow)
    return [found[key] for key in sorted(found)]
