"""Two engines asked about the same requests, and their disagreements sorted into explained and not.

An explanation is a row of `explained.toml`: which rules, which engine alone fired them, the reason, and the side that the reference
manual supports. It may be narrowed to requests of some form, to those where both have fired some rule, and to rules in which Sekisho
has met a limit. A rule that only sums up scores may differ where an explained rule does, and nowhere else.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.differential.cases import Case

EXPLAINED = Path(__file__).with_name("explained.toml")
SIDES = ("modsecurity", "sekisho")
MANUAL = (*SIDES, "silent")  # silent: the manual does not say
_SUMS = frozenset({949100, 949110, 949111, 949159, 949160, 959100, 959101, 959110, 959159}) | frozenset(
    range(980000, 981000)
)


class Engine(Protocol):
    def grade(self, request: bytes, response: bytes | None = None) -> tuple[int, list[int], list[str]]: ...


class Limited(Protocol):
    def grade_told(self, request: bytes, response: bytes | None = None) -> tuple[list[int], frozenset[int]]: ...


@dataclass(frozen=True, slots=True)
class Explanation:
    rules: frozenset[int]  # empty: any, where the request, `both` or `limit` says enough
    side: str  # the engine that alone fires them
    manual: str
    reason: str
    request: re.Pattern[bytes] | None = None  # searched in the raw request; None: any
    both: int | None = None  # a rule that both have fired
    limit: bool = False  # only where Sekisho met a limit in this rule

    def covers(self, one: Disagreement, side: str, rule: int) -> bool:
        return (
            side == self.side
            and (not self.rules or rule in self.rules)
            and (self.request is None or self.request.search(one.case.request) is not None)
            and (self.both is None or self.both in one.common)
            and (not self.limit or rule in one.limited)
        )


@dataclass(frozen=True, slots=True)
class Disagreement:
    case: Case
    level: int
    modsecurity: frozenset[int]  # fired there only
    sekisho: frozenset[int]
    common: frozenset[int] = frozenset()
    limited: frozenset[int] = frozenset()  # of those that Sekisho fired: because a limit was met

    def differences(self) -> list[tuple[str, int]]:
        return [("modsecurity", rule) for rule in sorted(self.modsecurity)] + [
            ("sekisho", rule) for rule in sorted(self.sekisho)
        ]

    def __str__(self) -> str:
        return (
            f"{self.case.name} at level {self.level} ({self.case.about}): "
            f"only ModSecurity {sorted(self.modsecurity)}, only Sekisho {sorted(self.sekisho)}"
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    asked: int
    explained: tuple[tuple[Disagreement, frozenset[Explanation]], ...]
    unexplained: tuple[Disagreement, ...]


def load_explanations(path: Path = EXPLAINED) -> tuple[Explanation, ...]:
    rows = tomllib.loads(path.read_text(encoding="utf-8")).get("explained", [])
    return tuple(
        Explanation(
            frozenset(row["rules"]),
            row["side"],
            row["manual"],
            row["reason"],
            re.compile(row["request"].encode()) if "request" in row else None,
            row.get("both"),
            row.get("limit", False),
        )
        for row in rows
    )


def ask(
    modsecurity: Engine, sekisho: Limited, cases: Iterable[Case], level: int, fired: set[int] | None = None
) -> tuple[int, list[Disagreement]]:
    """(how many were asked, where the sets of fired rules differ). `fired` gets the rules that either has fired."""
    found, asked = [], 0
    for case in cases:
        theirs = frozenset(modsecurity.grade(case.request, case.response)[1])
        ids, limited = sekisho.grade_told(case.request, case.response)
        ours = frozenset(ids)
        asked += 1
        if fired is not None:
            fired |= theirs | ours
        if theirs != ours:
            found.append(Disagreement(case, level, theirs - ours, ours - theirs, theirs & ours, limited))
    return asked, found


def sort(asked: int, disagreements: Iterable[Disagreement], explanations: Sequence[Explanation]) -> Outcome:
    explained, unexplained = [], []
    for one in disagreements:
        reasons = _reasons(one, explanations)
        if reasons is None:
            unexplained.append(one)
        else:
            explained.append((one, reasons))
    return Outcome(asked, tuple(explained), tuple(unexplained))


def _reasons(one: Disagreement, explanations: Sequence[Explanation]) -> frozenset[Explanation] | None:
    """The explanations that cover every difference; None if one difference has none."""
    used: set[Explanation] = set()
    for side, rule in one.differences():
        covering = [explanation for explanation in explanations if explanation.covers(one, side, rule)]
        if not covering and rule not in _SUMS:
            return None
        used.update(covering)
    return frozenset(used) if used else None
