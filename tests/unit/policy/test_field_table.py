"""Bounds of a field's declaration, each at n and n+1."""

from collections.abc import Callable
from pathlib import Path

import pytest

from policy.field_table import MAX_CHOICES, MAX_FIELD_CHARS, MAX_REPEAT
from policy.load import read_routes

FIELD = '[[field]]\nname = "{name}"\nlabel_ja = "項"\nlabel_en = "Item"\n{more}\n'
BOUNDS = [
    ("max_chars", 'class = "text"\nmax_chars = {}', MAX_FIELD_CHARS),
    ("max_chars", 'class = "postal_code"\nmax_chars = {}', 8),
    ("repeat", 'class = "date"\nrepeat = {}', MAX_REPEAT),
    ("maximum", 'class = "number"\nmaximum = {}', 10**18 - 1),
]


@pytest.mark.parametrize(("key", "more", "bound"), BOUNDS)
def test_bounds_of_integers(write: Callable[..., Path], procedure: str, key: str, more: str, bound: int) -> None:
    for value in (bound, bound + 1):
        _, problems = read_routes([write(procedure + FIELD.format(name="more", more=more.format(value)))])
        assert [problem.message for problem in problems if key not in problem.message] == []
        assert len(problems) == value - bound


@pytest.mark.parametrize("more", [0, 1])
def test_bound_of_choices(write: Callable[..., Path], procedure: str, more: int) -> None:
    choices = ", ".join(f'"c{number}"' for number in range(MAX_CHOICES + more))
    _, problems = read_routes(
        [write(procedure + FIELD.format(name="more", more=f'class = "choice"\nchoices = [{choices}]'))]
    )
    assert len(problems) == more


@pytest.mark.parametrize(
    ("name", "count"), [("a", 0), ("a" * 64, 0), ("a" * 65, 1), ("a.b_c-d", 0), ("1a", 1), ("a b", 1), ("a\\n", 1)]
)
def test_names_of_fields(write: Callable[..., Path], procedure: str, name: str, count: int) -> None:
    _, problems = read_routes([write(procedure + FIELD.format(name=name, more='class = "date"'))])
    assert len(problems) == count


def test_a_field_keeps_what_it_declares(write: Callable[..., Path], procedure: str) -> None:
    more = 'item = "氏名"\nclass = "kana"\nmax_chars = 9\nmin_chars = 2\nrepertoire = "jis-x-0213"\nhalfwidth_kana = "refuse"'
    routes, problems = read_routes([write(procedure + FIELD.format(name="more", more=more))])
    assert problems == []
    kept = routes[0].form.fields["more"].declaration
    assert (kept.item, kept.field_class, kept.max_chars, kept.min_chars) == ("氏名", "kana", 9, 2)
    assert (kept.repertoire, kept.halfwidth_kana, kept.required, kept.repeat) == ("jis-x-0213", "refuse", False, 1)


def told(write: Callable[..., Path], procedure: str, more: str) -> list[str]:
    _, problems = read_routes([write(procedure + FIELD.format(name="more", more=more))])
    return [problem.message for problem in problems]


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ('class = "date"\nearliest = 2026-04-02\nlatest = 2026-04-02', None),
        ('class = "date"\nearliest = 2026-04-02\nlatest = 2026-04-01', "latest is before earliest"),
        ('class = "date"\nearliest = 2026-04-02\nlatest = "today"', None),
        ('class = "date"\nlatest = "tomorrow"', "latest must be"),
        ('class = "date"\nlatest = 2026-04-01T00:00:00', "latest must be"),
        ('class = "number"\nlatest = 2026-04-01', "says nothing about the class number"),
        ('class = "amount"\nminimum = 0\nmaximum = 10', None),
        ('class = "date"\nmaximum = 10', "says nothing about the class date"),
        ('class = "text"\nmax_chars = 9\nrepertoire = "jis-x-0201"', None),
        ('class = "kana"\nmax_chars = 9\nrepertoire = "jis-x-0201"', "jis-x-0201 has no such"),
        ('class = "text"\nmax_chars = 9\nrepertoire = "jis-x-0201"\nhalfwidth_kana = "refuse"', "stays half-width"),
        ('class = "hiragana"', "max_chars"),
        ('class = "account_holder"\nmax_chars = 31', "max_chars is 31"),
    ],
)
def test_keys_that_fit_a_class(write: Callable[..., Path], procedure: str, more: str, problem: str | None) -> None:
    found = told(write, procedure, more)
    assert len(found) == (problem is not None)
    assert problem is None or problem in found[0]


@pytest.mark.parametrize(
    ("more", "latest"),
    [("", "today"), ("latest = 2026-03-31", "2026-03-31"), ('earliest = "today"\nlatest = 2199-12-31', "2199-12-31")],
)
def test_a_birth_date_is_not_in_the_future_unless_the_field_says_so(
    write: Callable[..., Path], procedure: str, more: str, latest: str
) -> None:
    routes, problems = read_routes([write(procedure + FIELD.format(name="more", more=f'class = "birth_date"\n{more}'))])
    assert problems == []
    assert routes[0].form.fields["more"].declaration.latest == latest
