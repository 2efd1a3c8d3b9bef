"""Counts as ModSecurity 3.0.15 gives them for a rule with multiMatch (tests/differential asks it)."""

from __future__ import annotations

import pytest

from policy.transformations.changes import REPORTED
from policy.transformations.table import TRANSFORMATIONS, chain
from tests.unit.policy.transformations.cases import STAGES


@pytest.mark.parametrize(("name", "value", "count"), STAGES)
def test_what_counts_as_a_change(name: str, value: bytes, count: int) -> None:
    assert len(list(chain([name]).stages(value, False))) == count


def test_cases_are_counted() -> None:
    assert len(STAGES) == 40
    assert {name.lower() for name, _, _ in STAGES} == set(REPORTED)


def test_only_known_names_are_in_the_table() -> None:
    assert set(REPORTED) <= set(TRANSFORMATIONS)


def test_the_characters_reading_compares() -> None:
    assert list(chain(["cmdLine", "length", "none"]).stages(b"A", True)) == [b"A", b"a", b"1"]
    assert list(chain(["length"]).stages(b"1", True)) == [b"1"]


def test_a_silent_change_goes_into_the_next_transformation() -> None:
    assert list(chain(["cmdLine", "urlDecodeUni"]).stages(b"A+%41", False)) == [b"A+%41", b"a A"]
