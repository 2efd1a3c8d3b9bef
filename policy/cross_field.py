"""What fields of a form say together: needed because of another, one of several, days in order, the same twice.

A check is asked once, when all fields have come. It tells every field that it concerns, so that the page can mark each. A
field that has a finding of its own has no accepted value and is not judged again; it counts as filled in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Protocol

from policy.faults import Fault

Values = Mapping[str, Sequence[str]]  # accepted, in normal form, not empty
Faults = Sequence[tuple[str, Fault]]


class Check(Protocol):
    """`names`: the fields whose values it looks at or tells of."""

    @property
    def names(self) -> Sequence[str]: ...

    def faults(self, values: Values, filled: Set[str], day: int | None) -> Faults:
        """Each field concerned, with what is wrong. `day`: the ordinal of the day on which the form came, in Japan."""


@dataclass(frozen=True, slots=True)
class NeededIf:
    """`fields` must be filled in where `when` has one of `values`, or is filled in at all where there are none."""

    fields: tuple[str, ...]
    when: str
    values: frozenset[str] = frozenset()

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.fields, self.when)

    def faults(self, values: Values, filled: Set[str], day: int | None) -> Faults:
        del day
        applies = not self.values.isdisjoint(values.get(self.when, ())) if self.values else self.when in filled
        return [(name, Fault.NEEDED_HERE) for name in self.fields if applies and name not in filled]


@dataclass(frozen=True, slots=True)
class OneOf:
    """At least one of `fields` is filled in; where `only`, no more than one."""

    fields: tuple[str, ...]
    only: bool

    @property
    def names(self) -> tuple[str, ...]:
        return self.fields

    def faults(self, values: Values, filled: Set[str], day: int | None) -> Faults:
        del values, day
        given = [name for name in self.fields if name in filled]
        if not given:
            return [(name, Fault.NONE_OF_THESE) for name in self.fields]
        return [(name, Fault.MORE_THAN_ONE) for name in given if self.only and len(given) > 1]


@dataclass(frozen=True, slots=True)
class InOrder:
    """The days of `fields` that are given do not go back, from each to the next; where `strict`, they go on."""

    fields: tuple[str, ...]
    strict: bool

    @property
    def names(self) -> tuple[str, ...]:
        return self.fields

    def faults(self, values: Values, filled: Set[str], day: int | None) -> Faults:
        del filled, day
        given = [(name, values[name][0]) for name in self.fields if name in values]
        wrong: dict[str, Fault] = {}
        for (before, earlier), (after, later) in pairwise(given):
            if earlier > later or (self.strict and earlier == later):
                wrong[before] = wrong[after] = Fault.OUT_OF_ORDER
        return list(wrong.items())


@dataclass(frozen=True, slots=True)
class Equal:
    """`fields` say the same, or none says anything: an address that is written twice."""

    fields: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return self.fields

    def faults(self, values: Values, filled: Set[str], day: int | None) -> Faults:
        del day
        if any(name in filled and name not in values for name in self.fields):
            return ()  # one was refused already
        said = {tuple(values.get(name, ())) for name in self.fields}
        return [(name, Fault.NOT_EQUAL) for name in self.fields if len(said) > 1]


@dataclass(frozen=True, slots=True)
class DayBound:
    """No day of `field` is before the day on which the form came (IN_PAST), or after it (IN_FUTURE)."""

    field: str
    fault: Fault

    @property
    def names(self) -> tuple[str, ...]:
        return (self.field,)

    def faults(self, values: Values, filled: Set[str], day: int | None) -> Faults:
        del filled
        within = day is not None and all(
            self._is_within(each, date.fromordinal(day)) for each in values.get(self.field, ())
        )
        return () if within or self.field not in values else [(self.field, self.fault)]

    def _is_within(self, value: str, today: date) -> bool:
        given = date.fromisoformat(value)
        return given <= today if self.fault is Fault.IN_FUTURE else given >= today
