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
