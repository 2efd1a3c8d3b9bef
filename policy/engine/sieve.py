"""Which rules of a phase can match at all, and on which values: one scan instead of asking each rule about each value.

What the sieve does not report does not match. What it reports is only a candidate: the rule's own operator decides.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from policy.engine.gates import Gate
from policy.engine.limits import SHORTCUTS_MAX
from policy.engine.rule import Rule
from policy.engine.scanplan import Group, Plan, Step, Steps, make_plan
from policy.engine.state import State
from policy.scan.compile import Progress
from policy.scan.scanner import Scanner, compile_scanner

_SEPARATOR = b"\x01"  # joins values where only their bytes matter; no transformation is waiting for it
_COMMON = bytes(range(0x30, 0x3A)) + bytes(range(0x41, 0x5B)) + bytes(range(0x61, 0x7B)) + bytes(range(0x80, 0x100))
_DIGITS, _UPPER = frozenset(range(0x30, 0x3A)), frozenset(range(0x41, 0x5B))
_LOWER, _HIGH = frozenset(range(0x61, 0x7B)), frozenset(range(0x80, 0x100))

Candidates = dict[int, set[bytes]]
"""The rule's place in its phase ▸ the values, as sent, that its first link may match."""


class Shortcut(NamedTuple):
    """What is left of a group's chains when only some steps find anything to do: distinct rests, and which chains have which."""

    rests: tuple[Steps, ...]
    rest_of: Mapping[int, int]  # chain ▸ index into rests; chains that leave everything alone are not in it


class Sieve:
    """Of one phase. `rules` are the places of the rules that it answers for; of all others it says nothing."""

    def __init__(self, plan: Plan, scanner: Scanner | None) -> None:
        self._plan = plan
        self._scanner = scanner
        self._groups = [_GroupSieve(plan, group) for group in plan.groups]
        always = scanner.always if scanner is not None else frozenset()
        self.rules = frozenset(
            [wanted.rule for number, wanted in enumerate(plan.wanted) if number not in always]
            + [gated.rule for gated in plan.gated]
        )

    def candidates(self, run: State) -> Candidates:
        """Raises ScanFailed."""
        pool: dict[bytes, int] = {}
        looks = [group.look(run, pool) for group in self._groups]
        candidates: Candidates = {}
        for gated in self._plan.gated:
            for look in looks:
                _add(candidates, gated.rule, look.behind(gated.chain, gated.gate))
        if self._scanner is None or not pool:
            return candidates
        for number, places in self._scanner.scan(list(pool)).items():
            wanted = self._plan.wanted[number]
            for look in looks:
                _add(candidates, wanted.rule, look.values_of(wanted.chains, frozenset(places)))
        return candidates


def _add(candidates: Candidates, rule: int, values: Sequence[bytes]) -> None:
    if values:
        candidates.setdefault(rule, set()).update(values)


class _Look:
    """What one group put into the pool: the results of each rest of a chain in the order of the values, and their places."""

    __slots__ = ("chains", "joined", "places", "plain", "results", "shortcut", "values")

    def __init__(
        self,
        chains: Collection[int],
        values: Sequence[bytes],
        joined: bytes,
        shortcut: Shortcut,
        pool: dict[bytes, int],
    ) -> None:
        self.chains = chains
        self.values = values
        self.joined = joined
        self.shortcut = shortcut
        self.plain = [pool.setdefault(value, len(pool)) for value in values]
        self.results = [_apply(rest, values) for rest in shortcut.rests]
        self.places = [[pool.setdefault(value, len(pool)) for value in results] for results in self.results]

    def values_of(self, chains: Sequence[int], hit: frozenset[int]) -> list[bytes]:
        """The values that one of the chains turns into one of the places that were hit."""
        found: list[bytes] = []
        for chain in chains:
            if chain in self.chains:
                rest = self.shortcut.rest_of.get(chain)
                places = self.plain if rest is None else self.places[rest]
                found += [value for value, place in zip(self.values, places, strict=True) if place in hit]
        return found

    def behind(self, chain: int, gate: Gate) -> list[bytes]:
        """The values whose result the gate does not hold back."""
        if chain not in self.chains:
            return []
        rest = self.shortcut.rest_of.get(chain)
        if rest is None:
            return [value for value in self.values if gate(value)] if gate(self.joined) else []
        return [value for value, result in zip(self.values, self.results[rest], strict=True) if gate(result)]


def _apply(steps: Steps, values: Sequence[bytes]) -> Sequence[bytes]:
    for step in steps:
        function = step.function
        values = [function(value) for value in values]
    return values


class _GroupSieve:
    """The values of some sources, and what the chains make of them."""

    def __init__(self, plan: Plan, group: Group) -> None:
        self._fetches = group.fetches
        self._chains = {number: plan.chains[number] for number in group.chains}
        self._steps = tuple({step.name: step for steps in self._chains.values() for step in steps}.values())
        self._shortcuts: dict[int, Shortcut] = {}

    def look(self, run: State, pool: dict[bytes, int]) -> _Look:
        values = list(dict.fromkeys([item[2] for fetch in self._fetches for item in fetch(run)]))
        joined = _SEPARATOR.join(values)
        return _Look(self._chains.keys(), values, joined, self._shortcut(joined), pool)

    def _shortcut(self, joined: bytes) -> Shortcut:
        """A step is loud if a value may have one of its active bytes; a chain's steps before its first loud one do nothing."""
        present = set(joined.translate(None, _COMMON))
        lower = joined.lower()
        cases = (lower != joined, joined.upper() != joined, not joined.isascii())
        loud = 0
        for bit, step in enumerate(self._steps):
            if _is_loud(step, present, cases) and (not cases[2] or _changes(step, joined)):
                loud |= 1 << bit
        shortcut = self._shortcuts.get(loud)
        if shortcut is None:
            shortcut = self._make_shortcut(loud)
            if len(self._shortcuts) < SHORTCUTS_MAX:
                self._shortcuts[loud] = shortcut
        return shortcut

    def _make_shortcut(self, loud: int) -> Shortcut:
        names = {step.name for bit, step in enumerate(self._steps) if loud >> bit & 1}
        rests: dict[tuple[str, ...], Steps] = {}
        rest_of: dict[int, tuple[str, ...]] = {}
        for number, steps in self._chains.items():
            first = next((at for at, step in enumerate(steps) if step.name in names), None)
            if first is not None:
                key = tuple(step.name for step in steps[first:])
                rests[key] = steps[first:]
                rest_of[number] = key
        index = {key: at for at, key in enumerate(rests)}
        return Shortcut(tuple(rests.values()), {number: index[key] for number, key in rest_of.items()})


def _is_loud(step: Step, present: set[int], cases: tuple[bool, bool, bool]) -> bool:
    active = step.active
    if active is None or not active.isdisjoint(present):
        return True
    has_upper, has_lower, has_high = cases
    return (
        (has_upper and not active.isdisjoint(_UPPER))
        or (has_lower and not active.isdisjoint(_LOWER))
        or (has_high and not active.isdisjoint(_HIGH))
        or not active.isdisjoint(_DIGITS)
    )


def _changes(step: Step, joined: bytes) -> bool:
    """For the step that decodes characters: whether it changes any. Others are taken to."""
    return "+" not in step.name or step.function(joined) != joined


def make_sieve(rules: Sequence[Rule], *, characters: bool, cache: Path | None, progress: Progress | None) -> Sieve:
    """Raises OSError where the cache cannot be written."""
    plan = make_plan(rules, characters=characters)
    needles = {number: wanted.needle for number, wanted in enumerate(plan.wanted)}
    scanner = None
    if needles:
        scanner = compile_scanner(needles, characters=characters, cache=cache, progress=progress)
    return Sieve(plan, scanner)
