"""The versions of a route follow one another day by day: overlaps, gaps and wrong order are named, with file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from policy.load import read_routes
from policy.problems import Problem

Write = Callable[..., Path]
SINCE = "effective_from = 2026-04-01"


@pytest.fixture
def version(procedure: str) -> Callable[..., str]:
    def make(number: int, first: str, last: str = "", **route: str) -> str:
        until = f"\neffective_until = {last}" if last else ""
        text = procedure.replace("version = 1", f"version = {number}").replace(
            SINCE, f"effective_from = {first}{until}"
        )
        for key, value in route.items():
            text = text.replace("[route]\n", f"[route]\n{key} = {value}\n")
        return text

    return make


def problems(directory: Path) -> list[Problem]:
    return read_routes([directory])[1]


def test_versions_without_a_day_between_them_are_in_order(write: Write, version: Callable[..., str]) -> None:
    files = (version(1, "2026-04-01", "2026-09-30"), version(2, "2026-10-01", "2027-03-31"), version(3, "2027-04-01"))
    assert problems(write(*files)) == []
    assert problems(write(*reversed(files))) == []


@pytest.mark.parametrize(
    ("first", "days"),
    [("2026-10-02", "on 2026-10-01,"), ("2026-10-03", "from 2026-10-01 to 2026-10-02,")],
)
def test_a_gap_is_named_by_its_days(write: Write, version: Callable[..., str], first: str, days: str) -> None:
    (problem,) = problems(write(version(1, "2026-04-01", "2026-09-30"), version(2, first)))
    assert days in problem.message and "no version of sample is in force" in problem.message
    assert problem.path.endswith("01.toml") and problem.line == 8
    assert problem.mend == "write effective_from = 2026-10-01 here"


def test_an_overlap_of_a_day_is_named_also_where_the_path_has_changed(
    write: Write, version: Callable[..., str]
) -> None:
    moved = version(2, "2026-09-30").replace("/procedures/sample", "/procedures/moved")
    (problem,) = problems(write(version(1, "2026-04-01", "2026-09-30"), moved))
    assert "version 2 of sample takes effect while version 1 is in force" in problem.message
    assert problem.mend == "write effective_until = 2026-09-29 there"


def test_an_overlap_at_one_path_is_said_once(write: Write, version: Callable[..., str]) -> None:
    (problem,) = problems(write(version(1, "2026-04-01", "2026-09-30"), version(2, "2026-09-30")))
    assert "is taken already" in problem.message


def test_a_version_without_an_end_leaves_no_room_for_the_next(write: Write, version: Callable[..., str]) -> None:
    (problem,) = problems(write(version(1, "2026-04-01"), version(2, "2026-10-01")))
    assert "is taken already" in problem.message


def test_a_lower_number_does_not_take_effect_later(write: Write, version: Callable[..., str]) -> None:
    (problem,) = problems(write(version(2, "2026-04-01", "2026-09-30"), version(1, "2026-10-01")))
    assert "version 1 of sample takes effect after version 2" in problem.message


def test_each_tenant_has_versions_of_its_own(write: Write, version: Callable[..., str]) -> None:
    """One tenant goes over in October, the other in the next April; and a gap of one of them is seen."""
    one = (version(1, "2026-04-01", "2026-09-30", tenants='["a"]'), version(2, "2026-10-01", tenants='["a"]'))
    other = (version(3, "2026-04-01", "2027-03-31", tenants='["b"]'), version(4, "2027-04-01", tenants='["b"]'))
    assert problems(write(*one, *other)) == []
    late = version(4, "2027-04-02", tenants='["b"]')
    (problem,) = problems(write(*one, other[0], late))
    assert "on 2027-04-01," in problem.message
