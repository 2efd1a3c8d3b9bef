"""Which rules of a phase can match at all, and on which values: one scan instead of asking each rule about each value.

What the sieve does not report does not match. What it reports is only a candidate: the rule's own operator decides.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from policy.effort import PLACE_CHARGE, Effort
from policy.engine.familiar import Familiar, familiar_of
from policy.engine.forms import Made, Tree, Values
from policy.engine.limits import PRESENT_MAX
from policy.engine.scanplan import Gated, Group, Plan
from policy.engine.state import State
from policy.engine.targets import Fetch
from policy.operators.match import Counted
from policy.scan.compile import Progress
from policy.scan.scanner import Scanner, compile_scanner

TOGETHER_BYTES: Final = (
    8_192  # of all forms of all values, up to which one scan for everything takes less time than many scans
)
ASKED_BYTES: Final = (
    8_192  # of values of which an operator is asked beforehand: whatever is larger it would have to look at twice
)

Candidates = dict[int, set[bytes]]
"""The rule's place in its phase ▸ the values, as sent, that its first link may match."""


class Scanners(NamedTuple):
    """Of one group. `whole`: all needles; `behind`: chain ▸ the needles that are looked for in what it makes of a value."""

    whole: Scanner | None
    behind: Mapping[int, Scanner]


class Sieve:
    """Of one phase. `rules` are the places of the rules that it answers for; of all others it says nothing."""

    def __init__(self, plan: Plan, scanners: Sequence[Scanners]) -> None:
        always = frozenset().union(*(one.whole.always for one in scanners if one.whole is not None))
        self._groups = [_GroupSieve(plan, group, one, always) for group, one in zip(plan.groups, scanners, strict=True)]
        self.rules = frozenset(
            [wanted.rule for number, wanted in enumerate(plan.wanted) if number not in always]
            + [gated.rule for gated in plan.gated]
        )

    def candidates(self, run: State) -> Candidates:
        """Raises ScanFailed and Spent."""
        found: Candidates = {}
        for group in self._groups:
            group.look(run, found)
        return found


class _Active(NamedTuple):
    """What is looked for when only some of a group's variables have values: each with the variables it is looked for in."""

    needles: dict[int, int]
    gated: list[tuple[Gated, int]]


class _GroupSieve:
    """The values of some variables, and what the chains make of them."""

    def __init__(self, plan: Plan, group: Group, scanners: Scanners, always: frozenset[int]) -> None:
        self._plan = plan
        self._scanner = scanners.whole
        self._behind = scanners.behind
        self._always = always
        self._sources = [(1 << bit, source) for bit, source in enumerate(group.sources)]
        through = {number: sum(bit for bit, use in self._sources if number in use.chains) for number in group.chains}
        self._tree = Tree({number: plan.chains[number] for number in group.chains}, through)
        self._looked_at = sorted(
            {chain for wanted in plan.wanted if self._variables(wanted.sources) for chain in wanted.chains}
        )
        self._reads = [(bit, source.whole, familiar_of(source.target)) for bit, source in self._sources]
        self._active: dict[int, _Active] = {}
        # of a rule of `always` nothing is said, and so not that it matches the empty value alone
        told = [wanted for number, wanted in enumerate(plan.wanted) if number not in always and wanted.empty]
        self._of_empty = [
            *[(one.rule, self._variables(one.sources)) for one in told],
            *[(one.rule, self._variables(one.sources)) for one in plan.gated if one.empty],
        ]

    def look(self, run: State, found: Candidates) -> None:
        distinct: dict[bytes, int] = {}  # value ▸ the variables that have it
        fresh: list[tuple[Familiar, bytes]] = []
        for bit, reads, memory in self._reads:
            if memory is not None:
                _recall(memory, reads, bit, run, distinct, fresh, found)
                continue
            for value in reads.sent(run):
                distinct[value] = distinct.get(value, 0) | bit
        empty = distinct.pop(b"", 0)
        if empty:
            self._look_at_empty(empty, found)
        self._look_at(distinct, run, found)
        for memory, value in fresh:
            memory.learn(value, tuple([rule for rule, values in found.items() if value in values]))

    def _look_at(self, distinct: dict[bytes, int], run: State, found: Candidates) -> None:
        present = 0
        for variables in distinct.values():
            present |= variables
        if not present:
            return
        active = self._active.get(present)
        if active is None:
            active = self._activate(present)
        made = Made(self._tree, Values(distinct), present, run.effort)
        for gated, wanted_in in active.gated:
            _ask_gate(gated, wanted_in, made, run, found)
        if self._scanner is not None and active.needles:
            self._scan(self._scanner, active.needles, made, run.effort, found)

    def _scan(self, scanner: Scanner, needles: dict[int, int], made: Made, effort: Effort, found: Candidates) -> None:
        values = made.values
        places = dict(values.places)
        variables = list(values.variables)
        for chain in self._looked_at:
            for at, form in made.behind(chain).items():
                place = places.get(form)
                if place is None:
                    places[form] = len(variables)
                    variables.append(values.variables[at])
                else:
                    variables[place] |= values.variables[at]
        pool = list(places)
        if len(pool) > len(values.values) and sum(map(len, pool)) > TOGETHER_BYTES:
            self._scan_apart(scanner, needles, made, effort, found)
            return
        for number, hits in scanner.scan(pool, needles, variables, effort).items():
            wanted = self._plan.wanted[number]
            effort.take(PLACE_CHARGE * len(hits) * len(wanted.chains))
            for chain in wanted.chains:
                _attribute(wanted.rule, chain, needles[number], [pool[place] for place in hits], made, found)

    def _scan_apart(
        self, scanner: Scanner, needles: dict[int, int], made: Made, effort: Effort, found: Candidates
    ) -> None:
        """Each needle only in the form in which its rule sees a value: the scans take no longer however many forms there are."""
        values = made.values
        for number, hits in scanner.scan(values.values, needles, values.variables, effort).items():
            wanted = self._plan.wanted[number]
            effort.take(PLACE_CHARGE * len(hits) * len(wanted.chains))
            for chain in wanted.chains:
                _attribute(wanted.rule, chain, needles[number], [values.values[at] for at in hits], made, found)
        for chain, behind in self._behind.items():
            pool = list(dict.fromkeys(made.behind(chain).values()))
            for number, hits in behind.scan(pool, needles, None, effort).items():
                rule = self._plan.wanted[number].rule
                _attribute(rule, chain, needles[number], [pool[place] for place in hits], made, found)

    def _look_at_empty(self, variables: int, found: Candidates) -> None:
        """An empty value is no value to scan: that an operator matches it is known beforehand."""
        for rule, wanted_in in self._of_empty:
            if wanted_in & variables:
                _add(found, rule, [b""])

    def _activate(self, present: int) -> _Active:
        needles = {number: self._variables(wanted.sources) for number, wanted in enumerate(self._plan.wanted)}
        gated = [(gated, self._variables(gated.sources)) for gated in self._plan.gated]
        active = _Active(
            {number: mask for number, mask in needles.items() if mask & present and number not in self._always},
            [(one, mask) for one, mask in gated if mask & present],
        )
        if len(self._active) < PRESENT_MAX:
            self._active[present] = active
        return active

    def _variables(self, names: frozenset[str]) -> int:
        return sum(bit for bit, source in self._sources if source.name in names)


def _attribute(rule: int, chain: int, wanted_in: int, hit: Sequence[bytes], made: Made, found: Candidates) -> None:
    """The values of these variables that the chain turns into something that was hit are candidates."""
    values = made.values
    _add(found, rule, [
        values.values[at] for text in hit for at in made.origins(chain, text) if values.variables[at] & wanted_in
    ])  # fmt: skip


def _ask_gate(gated: Gated, wanted_in: int, made: Made, run: State, found: Candidates) -> None:
    """The values of these variables of which the operator matches what some chain makes of them.

    The gate holds most of them back. Of the others the operator is asked here already, as the rule would ask it: most often the rule
    need not be evaluated then.
    """
    gate, operator, values, characters = gated.gate, gated.operator, made.values, run.characters
    counted = operator if isinstance(operator, Counted) else None
    passing = gate.passing(values.joined) + [at for at in values.odd if gate.passes(values.values[at])]
    matched: set[bytes] = set()
    answers: dict[bytes, bool] = {}  # most values are the same behind every chain
    left = ASKED_BYTES
    for chain in gated.chains:
        forms = made.behind(chain)
        for at, form in [*forms.items(), *[(at, values.values[at]) for at in passing if at not in forms]]:
            if not values.variables[at] & wanted_in:
                continue
            answer = answers.get(form)
            if answer is None:
                answer = gate.passes(form)
                if answer:
                    left -= len(form)
                    answer = (
                        left < 0
                        or (
                            operator.match(form, characters)
                            if counted is None
                            else counted.match_within(form, characters, run.effort)
                        )
                        is not None
                    )
                answers[form] = answer
            if answer:
                matched.add(values.values[at])
    _add(found, gated.rule, matched)


def _recall(
    memory: Familiar,
    reads: Fetch,
    bit: int,
    run: State,
    distinct: dict[bytes, int],
    fresh: list[tuple[Familiar, bytes]],
    found: Candidates,
) -> None:
    """What is remembered of the values of a variable; those that nothing is known of are to be looked at."""
    if memory.declared and not run.transaction.names_are_declared:
        for value in reads.sent(run):
            distinct[value] = distinct.get(value, 0) | bit
        return
    keys, known = memory.keys, memory.known
    if keys is None:
        for value in reads.sent(run):
            rules = known.get(value)
            if rules is None:
                fresh.append((memory, value))
                distinct[value] = distinct.get(value, 0) | bit
            elif rules:
                _add_known(found, rules, value)
        return
    for _, key, value in reads.values(run):
        rules = known.get(value) if key in keys else None
        if rules is None:
            if key in keys:
                fresh.append((memory, value))
            distinct[value] = distinct.get(value, 0) | bit
        elif rules:
            _add_known(found, rules, value)


def _add_known(found: Candidates, rules: Sequence[int], value: bytes) -> None:
    for rule in rules:
        _add(found, rule, [value])


def _add(found: Candidates, rule: int, values: Collection[bytes]) -> None:
    if values:
        found.setdefault(rule, set()).update(values)


def make_sieve(plan: Plan, *, characters: bool, cache: Path | None, progress: Progress | None) -> Sieve:
    def made(numbers: Sequence[int]) -> Scanner:
        needles = {number: plan.wanted[number].needle for number in numbers}
        return compile_scanner(needles, characters=characters, cache=cache, progress=progress)

    scanners: list[Scanners] = []
    for group in plan.groups:
        whole, behind = _scanned(plan, group)
        scanners.append(
            Scanners(made(whole) if whole else None, {chain: made(numbers) for chain, numbers in behind.items()})
        )
    return Sieve(plan, scanners)


def steps_of(plan: Plan) -> int:
    """How many `make_sieve` takes for it: each scanner's needles, and the scanner itself."""
    steps = 0
    for group in plan.groups:
        whole, behind = _scanned(plan, group)
        steps += sum([len(numbers) + 1 for numbers in (whole, *behind.values()) if numbers])
    return steps


def _scanned(plan: Plan, group: Group) -> tuple[list[int], dict[int, list[int]]]:
    """The needles of each scanner of a group, as in `Scanners`."""
    names = {source.name for source in group.sources}
    wanted = [number for number, one in enumerate(plan.wanted) if not names.isdisjoint(one.sources)]
    behind = {chain: [n for n in wanted if chain in plan.wanted[n].chains] for chain in group.chains}
    return wanted, {chain: numbers for chain, numbers in behind.items() if numbers and plan.chains[chain]}
