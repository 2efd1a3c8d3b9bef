"""Every day of every era has one name that is read as that day, and no other day has a name in the era."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from policy.faults import Fault
from policy.fields.dates import FIRST_YEAR, LAST_YEAR
from tests.unit.policy.test_classes import field, verdict

ERAS = [
    ("明治", "M", 1867, date(1873, 1, 1), date(1912, 7, 30)),
    ("大正", "T", 1911, date(1912, 7, 30), date(1926, 12, 25)),
    ("昭和", "S", 1925, date(1926, 12, 25), date(1989, 1, 7)),
    ("平成", "H", 1988, date(1989, 1, 8), date(2019, 4, 30)),
    ("令和", "R", 2018, date(2019, 5, 1), date(2117, 12, 31)),  # two digits of the year
]
DAY = timedelta(days=1)


@pytest.mark.parametrize(("name", "letter", "before", "first", "last"), ERAS)
def test_every_day_of_an_era(name: str, letter: str, before: int, first: date, last: date) -> None:
    tested = field("date")
    day = first
    while day <= last:
        year = day.year - before
        assert verdict(tested, f"{letter}{year}.{day.month}.{day.day}") == day.isoformat()
        day += DAY * 7
    assert verdict(tested, f"{name}{last.year - before}年{last.month}月{last.day}日") == last.isoformat()


@pytest.mark.parametrize(("name", "letter", "before", "first", "last"), ERAS)
def test_the_days_beside_an_era(name: str, letter: str, before: int, first: date, last: date) -> None:
    for day in (first - DAY, last + DAY):
        made = verdict(field("date"), f"{name}{day.year - before}年{day.month}月{day.day}日")
        if letter == "M" and day < first:
            assert made is Fault.LUNISOLAR
        elif letter == "R" and day > last:
            assert made is Fault.NOT_DATE  # three digits
        else:
            assert made is Fault.NOT_IN_ERA


def test_two_days_have_two_names() -> None:
    tested = field("date")
    assert verdict(tested, "明治45年7月30日") == verdict(tested, "大正元年7月30日") == "1912-07-30"
    assert verdict(tested, "大正15年12月25日") == verdict(tested, "昭和元年12月25日") == "1926-12-25"


def test_bounds_of_years() -> None:
    tested = field("date")
    assert [verdict(tested, f"{year}-01-01") for year in (FIRST_YEAR - 1, FIRST_YEAR, LAST_YEAR, LAST_YEAR + 1)] == [
        Fault.NOT_DATE, "1868-01-01", "2199-01-01", Fault.NOT_DATE
    ]  # fmt: skip


def test_bounds_of_a_field() -> None:
    tested = field("date", earliest="2026-04-01", latest="2027-03-31")
    assert [verdict(tested, value) for value in ("2026-03-31", "令和8年4月1日", "R9.3.31", "2027/4/1")] == [
        Fault.TOO_EARLY, "2026-04-01", "2027-03-31", Fault.TOO_LATE
    ]  # fmt: skip
