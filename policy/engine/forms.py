"""What chains of transformations make of many values: each step once for a value, and for all values together where that is the same.

Chains begin alike, so they are a tree of steps. Where a step makes the same of values that are joined (Step.joins) it is given all of
them at once, and most of them it leaves as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from policy.effort import FORM_BYTES_PER_STEP, FORM_CHARGE, Effort
from policy.engine.steps import Step, Steps
from policy.transformations.code_points import is_utf8
from policy.transformations.table import SEPARATOR

_NUL: Final = 0
_SEPARATOR: Final = SEPARATOR[0]

Forms = dict[int, bytes]
"""Place of a value ▸ what becomes of it, where that is something else."""
_UNCHANGED: Final[Forms] = {}


class Branch:
    """A step in the tree. `through`: the variables whose values go through it."""

    __slots__ = ("parent", "step", "through")

    def __init__(self, parent: int, step: int) -> None:
        self.parent = parent
        self.step = step
        self.through = 0


class Tree:
    """The steps of some chains. Branch 0 is the value as it was sent; a branch comes behind the one that it grows from."""

    def __init__(self, chains: Mapping[int, Steps], through: Mapping[int, int]) -> None:
        """`through`: chain ▸ the variables whose values go through it."""
        self.steps: list[Step] = []
        self.branches = [Branch(-1, -1)]
        self.end: dict[int, int] = {}  # chain ▸ its last branch
        numbers: dict[str, int] = {}
        known: dict[tuple[int, int], int] = {}
        for chain, steps in chains.items():
            at = 0
            for step in steps:
                number = numbers.setdefault(step.name, len(self.steps))
                if number == len(self.steps):
                    self.steps.append(step)
                below = known.setdefault((at, number), len(self.branches))
                if below == len(self.branches):
                    self.branches.append(Branch(at, number))
                at = below
                self.branches[at].through |= through[chain]
            self.end[chain] = at


class Values:
    """Distinct values, each with the variables that have it."""

    def __init__(self, distinct: dict[bytes, int]) -> None:
        self.values = values = list(distinct)
        self.variables = list(distinct.values())
        self.places = {value: place for place, value in enumerate(values)}
        self.odd: list[int] = []  # places of those that are no text, or have a NUL or a separator in them
        self.plain = values  # empty where a value is odd
        self.joined = SEPARATOR.join(values) + SEPARATOR
        if _NUL in self.joined or self.joined.count(SEPARATOR) != len(values) or not is_utf8(self.joined):
            self._put_aside()

    def _put_aside(self) -> None:
        self.odd = [at for at, value in enumerate(self.values) if _is_odd(value)]
        self.plain = list(self.values)
        for at in self.odd:
            self.plain[at] = b""
        self.joined = SEPARATOR.join(self.plain) + SEPARATOR

    def after(self, step: Step, effort: Effort) -> Forms:
        """What the step makes of the values. Raises Spent."""
        forms: Forms = {}
        if step.signs is None or _has_any(self.joined, step.signs):
            results = self._together(step.function) if step.joins else None
            if results is None:
                effort.take(FORM_CHARGE * len(self.plain) + len(self.joined) // FORM_BYTES_PER_STEP)
                results = self._apart(step)
            if results is not self.plain:
                at = 0
                for value in self.plain:
                    if results[at] != value:
                        forms[at] = results[at]
                    at += 1  # noqa: SIM113 (enumerate makes a tuple for each value)
        for at in self.odd:
            effort.take(FORM_CHARGE + len(self.values[at]) // FORM_BYTES_PER_STEP)
            result = step.function(self.values[at])
            if result != self.values[at]:
                forms[at] = result
        return forms

    def _apart(self, step: Step) -> list[bytes]:
        function = step.function
        if step.alphabet is None:
            return [function(value) if value else value for value in self.plain]
        results = list(self.plain)
        at = 0
        for others in self.joined.translate(None, step.alphabet).split(SEPARATOR):
            if not others and at < len(results) and results[at]:
                results[at] = function(results[at])
            at += 1  # noqa: SIM113 (enumerate makes a tuple for each value)
        return results

    def _together(self, function: Callable[[bytes], bytes]) -> list[bytes] | None:
        """None: it made separators that were not there."""
        result = function(self.joined)
        if result == self.joined:
            return self.plain
        parts = result.split(SEPARATOR)
        return parts[:-1] if len(parts) == len(self.plain) + 1 else None


def _is_odd(value: bytes) -> bool:
    return _NUL in value or _SEPARATOR in value or not is_utf8(value)


def _has_any(text: bytes, signs: Sequence[bytes]) -> bool:
    for sign in signs:  # noqa: SIM110 (any() makes a generator for each of the steps)
        if text.find(sign) >= 0:  # `in` first tries whether it is a number, which takes longer than to look
            return True
    return False


class Made:
    """What the values have become at the end of each branch. `present`: all variables of the values together."""

    def __init__(self, tree: Tree, values: Values, present: int, effort: Effort) -> None:
        """Raises Spent."""
        self.values = values
        self._tree = tree
        self._forms: list[Forms] = []
        self._origins: dict[int, dict[bytes, list[int]]] = {}
        changes: list[Forms | None] = [None] * len(tree.steps)  # what each step makes of the values as they were sent
        memory: list[dict[bytes, bytes]] = [{} for _ in tree.steps]  # and of other forms
        for branch in tree.branches:
            through = branch.through & present
            if not through:
                self._forms.append(_UNCHANGED)
                continue
            before = self._forms[branch.parent]
            change = changes[branch.step]
            if change is None:
                change = changes[branch.step] = values.after(tree.steps[branch.step], effort)
            if before:
                function = tree.steps[branch.step].function
                self._forms.append(_further(before, change, function, memory[branch.step], values, through, effort))
            elif change and through != present:
                self._forms.append({at: form for at, form in change.items() if values.variables[at] & through})
            else:
                self._forms.append(change)

    def behind(self, chain: int) -> Forms:
        return self._forms[self._tree.end[chain]]

    def origins(self, chain: int, text: bytes) -> list[int]:
        """The places of the values that the chain turns into this text, or leaves so."""
        end = self._tree.end[chain]
        forms = self._forms[end]
        found: list[int] = []
        if forms:
            origins = self._origins.get(end)
            if origins is None:
                origins = self._origins[end] = {}
                for at, form in forms.items():
                    origins.setdefault(form, []).append(at)
            found.extend(origins.get(text, ()))
        place = self.values.places.get(text)
        if place is not None and place not in forms:
            found.append(place)
        return found


def _further(
    before: Forms,
    change: Forms,
    function: Callable[[bytes], bytes],
    known: dict[bytes, bytes],
    values: Values,
    through: int,
    effort: Effort,
) -> Forms:
    """The forms behind a step: of what had changed before it, and of what changes with it. Raises Spent."""
    forms: Forms = {}
    for at, form in before.items():
        if values.variables[at] & through:
            result = known.get(form)
            if result is None:
                effort.take(FORM_CHARGE + len(form) // FORM_BYTES_PER_STEP)
                result = known[form] = function(form)
            if result != values.values[at]:
                forms[at] = result
    for at, form in change.items():
        if at not in before and values.variables[at] & through:
            forms[at] = form
    return forms
