"""Which rules of a phase can match at all, and on which values: one scan instead of asking each rule about each value.

What the sieve does not report does not match. What it reports is only a candidate: the rule's own operator decides.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from policy.engine.gates import Gate
from policy.engine.limits import SHORTCUTS_MAX
from policy.engine.rule import Rule
from policy.engine.scanplan import Gated, Group, Plan, make_plan
from policy.engine.state import State
from policy.engine.steps import Step
from policy.scan.compile import Progress
from policy.scan.scanner import Scanner, compile_scanner

_SEPARATOR = b"\x01"  # joins values where only their bytes matter; no transformation is waiting for it
_COMMON = bytes(range(0x30, 0x3A)) + bytes(range(0x41, 0x5B)) + bytes(range(0x61, 0x7B)) + bytes(range(0x80, 0x100))
_DIGITS, _UPPER = frozenset(range(0x30, 0x3A)), frozenset(range(0x41, 0x5B))
_LOWER, _HIGH = frozenset(range(0x61, 0x7B)), frozenset(range(0x80, 0x100))
_BASE64 = frozenset(
    b"+/= \r\n\0"
)  # with letters and digits, all that base64Decode decodes; a value with anything else stays
TOGETHER_BYTES = (
    8_192  # of all forms of all values, up to which one scan for everything takes less time than many scans
)
_KIND_BYTES = 24  # punctuation of one value, up to which what it means for the steps is remembered

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
        """Raises ScanFailed."""
        found: Candidates = {}
        for group in self._groups:
            group.look(run, found)
        return found


class _Active(NamedTuple):
    """What is looked for when only some of a group's variables have values: each with the variables it is looked for in."""

    numbers: frozenset[int]
    needles: Mapping[int, int]
    gated: tuple[tuple[Gated, int], ...]


class _Rest(NamedTuple):
    """What is left of a chain: its steps with their bits, the first step that follows others, all bits together, and the
    variables whose values go through it.
    """

    steps: tuple[tuple[str, Callable[[bytes], bytes], int], ...]
    following: int
    deciding: int
    through: int
    alone: bool
    """It is one step, that no other rest has."""


class _Shortcut(NamedTuple):
    """What is left of the chains when only some steps find anything to do.

    `rests`: their distinct remainders; `rest_of`: chain ▸ index of its
    remainder. Chains that leave everything alone are not in it.
    """

    rests: tuple[_Rest, ...]
    rest_of: Mapping[int, int]


class _GroupSieve:
    """The values of some variables, and what the chains make of them."""

    def __init__(self, plan: Plan, group: Group, scanners: Scanners, always: frozenset[int]) -> None:
        self._plan = plan
        self._scanner = scanners.whole
        self._behind = scanners.behind
        self._always = always
        self._sources = tuple((1 << bit, source) for bit, source in enumerate(group.sources))
        self._chains = {number: plan.chains[number] for number in group.chains}
        self._through = {
            number: sum(bit for bit, source in self._sources if number in source.chains) for number in group.chains
        }
        self._steps = tuple({step.name: step for steps in self._chains.values() for step in steps}.values())
        self._base64 = sum(1 << bit for bit, step in enumerate(self._steps) if step.name == "base64decode")
        self._loud_for_all = (
            _mask(self._steps, lambda active: bool(active & (_DIGITS | _LOWER | _UPPER))) & ~self._base64
        )
        self._loud_for_high = _mask(self._steps, lambda active: bool(active & _HIGH))
        self._kinds: dict[bytes, int] = {}
        self._active: dict[int, _Active] = {}
        self._of_empty = [(wanted.rule, self._variables(wanted.sources)) for wanted in plan.wanted if wanted.empty]
        self._shortcuts: dict[int, _Shortcut] = {}

    def look(self, run: State, found: Candidates) -> None:
        present = 0
        distinct: dict[bytes, int] = {}  # value ▸ the variables that have it
        seen = distinct.get
        for bit, source in self._sources:
            for item in source.fetch(run):
                value = item[2]
                distinct[value] = seen(value, 0) | bit
        empty = distinct.pop(b"", 0)
        for variables in distinct.values():
            present |= variables
        if empty:
            self._look_at_empty(empty, found)
        if not present:
            return
        active = self._active.get(present) or self._activate(present)
        look = self._transform(list(distinct), list(distinct.values()))
        for gated, variables in active.gated:
            _add(found, gated.rule, look.behind(gated.chains, gated.gate, variables))
        if self._scanner is None or not active.needles:
            return
        pool = list(look.pool)
        if len(pool) == len(distinct) or sum(map(len, pool)) <= TOGETHER_BYTES:
            for number, places in self._scanner.scan(pool, active.numbers).items():
                wanted = self._plan.wanted[number]
                for chain in wanted.chains:
                    _add(found, wanted.rule, look.values_of(chain, frozenset(places), active.needles[number]))
        else:
            self._scan_apart(self._scanner, look, active, found)

    def _scan_apart(self, scanner: Scanner, look: _Look, active: _Active, found: Candidates) -> None:
        """Each needle only in the form in which its rule sees a value: the scans take no longer however many forms there are."""
        for number, places in scanner.scan(look.values, active.numbers).items():
            wanted = self._plan.wanted[number]
            for chain in wanted.chains:
                _add(found, wanted.rule, look.unchanged(chain, places, active.needles[number]))
        for chain, behind in self._behind.items():
            forms = list(dict.fromkeys(look.changed(chain).values()))
            for number, places in behind.scan(forms, active.numbers).items() if forms else ():
                hit = {forms[place] for place in places}
                _add(found, self._plan.wanted[number].rule, look.became(chain, hit, active.needles[number]))

    def _look_at_empty(self, variables: int, found: Candidates) -> None:
        """An empty value is no value to scan: that an operator matches it is known beforehand."""
        for rule, wanted_in in self._of_empty:
            if wanted_in & variables:
                _add(found, rule, [b""])

    def _activate(self, present: int) -> _Active:
        needles = {number: self._variables(wanted.sources) for number, wanted in enumerate(self._plan.wanted)}
        gated = [(gated, self._variables(gated.sources)) for gated in self._plan.gated]
        needles = {number: mask for number, mask in needles.items() if mask & present and number not in self._always}
        active = _Active(
            frozenset(needles),
            needles,
            tuple((one, mask) for one, mask in gated if mask & present),
        )
        if len(self._active) < SHORTCUTS_MAX:
            self._active[present] = active
        return active

    def _variables(self, names: frozenset[str]) -> int:
        return sum(bit for bit, source in self._sources if source.name in names)

    def _transform(self, values: list[bytes], variables: list[int]) -> _Look:
        kinds = self._kinds
        louds = [kinds.get(value.translate(None, _COMMON), -1) for value in values]
        if -1 in louds:
            louds = [self._learn(value) if loud < 0 else loud for value, loud in zip(values, louds, strict=True)]
        joined = _SEPARATOR.join(values)
        if not joined.isascii():
            high = self._loud_for_high
            louds = [loud if value.isascii() else loud | high for value, loud in zip(values, louds, strict=True)]
        loud = self._loud_for_all
        for one in louds:
            loud |= one
        shortcut = self._shortcuts.get(loud)
        if shortcut is None:
            shortcut = self._make_shortcut(loud)
            if len(self._shortcuts) < SHORTCUTS_MAX:
                self._shortcuts[loud] = shortcut
        return _Look(values, variables, louds, joined, shortcut)

    def _learn(self, value: bytes) -> int:
        """The steps that a value's punctuation, blanks and control characters make loud."""
        kind = value.translate(None, _COMMON)
        present = frozenset(kind)
        loud = self._loud_for_all | _mask(self._steps, lambda active: not active.isdisjoint(present))
        if self._base64 and (present <= _BASE64 or 0 in present):
            loud |= self._base64
        if len(kind) <= _KIND_BYTES and len(self._kinds) < SHORTCUTS_MAX:
            self._kinds[kind] = loud
        return loud

    def _make_shortcut(self, loud: int) -> _Shortcut:
        bits = {step.name: 1 << bit for bit, step in enumerate(self._steps)}
        rests: dict[tuple[str, ...], _Rest] = {}
        rest_of: dict[int, tuple[str, ...]] = {}
        for number, steps in self._chains.items():
            first = next((at for at, step in enumerate(steps) if loud & bits[step.name]), None)
            if first is None:
                continue
            first = next((at for at, step in enumerate(steps[:first]) if step.follows), first)
            key = tuple(step.name for step in steps[first:])
            left = tuple((step.name, step.function, 0 if step.follows else bits[step.name]) for step in steps[first:])
            through = self._through[number] | (rests[key].through if key in rests else 0)
            following = next((at for at, step in enumerate(left) if not step[2]), len(left))
            rests[key] = _Rest(left, following, sum({bit for _, _, bit in left}), through, alone=False)
            rest_of[number] = key
        for key, rest in rests.items():
            rests[key] = rest._replace(alone=len(key) == 1 and sum(key[0] in other for other in rests) == 1)
        index = {key: at for at, key in enumerate(rests)}
        return _Shortcut(tuple(rests.values()), {number: index[key] for number, key in rest_of.items()})


class _Look:
    """What one group's values become. `pool`: the distinct results ▸ their places."""

    __slots__ = ("_joined", "_plain", "_rests", "_shortcut", "_variables", "pool", "values")

    def __init__(
        self, values: list[bytes], variables: list[int], louds: list[int], joined: bytes, shortcut: _Shortcut
    ) -> None:
        self.pool = {value: place for place, value in enumerate(values)}
        self.values = values
        self._variables = variables
        self._joined = joined
        self._shortcut = shortcut
        pool = self.pool
        known: dict[str, dict[bytes, bytes]] = {}  # results of each step; chains begin alike
        self._rests: list[dict[int, bytes]] = []  # of each rest: index of a value that it changes ▸ result
        loudest = [(index, loud, variables[index]) for index, loud in enumerate(louds) if loud]
        for steps, following, deciding, through, alone in shortcut.rests:
            changed: dict[int, bytes] = {}
            if alone:
                self._rests.append(
                    _changed_by(
                        steps[0][1], values, [i for i, loud, one in loudest if loud & deciding and one & through], pool
                    )
                )
                continue
            for index, loud in [(index, loud) for index, loud, one in loudest if loud & deciding and one & through]:
                value = values[index]
                result = _result(value, loud, steps, following, known)
                if result != value:
                    changed[index] = result
                    if result not in pool:
                        pool[result] = len(pool)
            self._rests.append(changed)

    def changed(self, chain: int) -> Mapping[int, bytes]:
        """Index of a value that the chain changes ▸ result."""
        rest = self._shortcut.rest_of.get(chain)
        return {} if rest is None else self._rests[rest]

    def unchanged(self, chain: int, hit: Sequence[int], wanted_in: int) -> list[bytes]:
        """Those of these values of these variables that the chain leaves alone."""
        changed, variables, values = self.changed(chain), self._variables, self.values
        return [values[place] for place in hit if place not in changed and variables[place] & wanted_in]

    def became(self, chain: int, hit: Container[bytes], wanted_in: int) -> list[bytes]:
        """The values of these variables that the chain changes into one of these."""
        variables, values = self._variables, self.values
        changed = self.changed(chain).items()
        return [values[index] for index, result in changed if result in hit and variables[index] & wanted_in]

    def values_of(self, chain: int, hit: frozenset[int], wanted_in: int) -> list[bytes]:
        """The values of these variables that the chain turns into one of the places that were hit."""
        changed = self.changed(chain)
        pool, variables, values = self.pool, self._variables, self.values
        found = [place for place in hit if place < len(values) and place not in changed]
        found += [index for index, result in changed.items() if pool[result] in hit]
        return [values[index] for index in found if variables[index] & wanted_in]

    def behind(self, chains: Sequence[int], gate: Gate, wanted_in: int) -> list[bytes]:
        """The values of these variables of which some chain's result is not held back by the gate."""
        variables, values = self._variables, self.values
        found: list[bytes] = []
        plain_asked = False
        for chain in chains:
            changed = self.changed(chain)
            found += [values[at] for at, result in changed.items() if variables[at] & wanted_in and gate(result)]
            if not plain_asked and gate(self._joined):
                found += [
                    value for value, one in zip(values, variables, strict=True) if one & wanted_in and gate(value)
                ]
            plain_asked = True
        return found


def _changed_by(
    function: Callable[[bytes], bytes], values: list[bytes], indexes: list[int], pool: dict[bytes, int]
) -> dict[int, bytes]:
    """Most chains come down to one step."""
    changed: dict[int, bytes] = {}
    for index in indexes:
        value = values[index]
        result = function(value)
        if result is not value and result != value:
            changed[index] = result
            if result not in pool:
                pool[result] = len(pool)
    return changed


def _result(
    value: bytes,
    loud: int,
    steps: tuple[tuple[str, Callable[[bytes], bytes], int], ...],
    following: int,
    known: dict[str, dict[bytes, bytes]],
) -> bytes:
    """What the steps make of a value. As long as it is as it was sent, a step that is not loud for it has nothing to do."""
    result = value
    at = 0
    for name, function, bit in steps:
        if loud & bit or result is not value or at >= following:
            results = known.get(name)
            if results is None:
                results = known[name] = {}
            after = results.get(result)
            if after is None:
                after = results[result] = function(result)
            result = value if after == value else after
        at += 1  # noqa: SIM113 (enumerate makes a tuple for each of some hundred steps)
    return result


def _add(found: Candidates, rule: int, values: Sequence[bytes]) -> None:
    if values:
        found.setdefault(rule, set()).update(values)


def _mask(steps: Sequence[Step], test: Callable[[frozenset[int]], bool]) -> int:
    """The steps that the test is true of, and those of which nothing is known."""
    return sum(1 << bit for bit, step in enumerate(steps) if step.active is None or test(step.active))


def make_sieve(rules: Sequence[Rule], *, characters: bool, cache: Path | None, progress: Progress | None) -> Sieve:
    plan = make_plan(rules, characters=characters)
    scanners: list[Scanners] = []

    def made(numbers: Sequence[int]) -> Scanner:
        needles = {number: plan.wanted[number].needle for number in numbers}
        return compile_scanner(needles, characters=characters, cache=cache, progress=progress)

    for group in plan.groups:
        names = {source.name for source in group.sources}
        wanted = [number for number, one in enumerate(plan.wanted) if not names.isdisjoint(one.sources)]
        behind = {chain: [n for n in wanted if chain in plan.wanted[n].chains] for chain in group.chains}
        scanners.append(
            Scanners(
                made(wanted) if wanted else None,
                {chain: made(numbers) for chain, numbers in behind.items() if numbers and plan.chains[chain]},
            )
        )
    return Sieve(plan, scanners)
