"""`[[check]]` tables: what loads, and what is told of each that does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from policy.check_table import KINDS, MAX_CHECKS
from policy.cross_field import DayBound, Equal, InOrder, NeededIf, OneOf
from policy.faults import Fault
from policy.load import read_routes

Write = Callable[..., Path]

FIELDS = "".join(
    f'[[field]]\nname = "{name}"\nlabel_ja = "項"\nlabel_en = "Item"\n{more}\n'
    for name, more in (
        ("start", 'class = "date"'),
        ("end", 'class = "date"\nearliest = 2026-04-01\nlatest = 2027-03-31'),
        ("days", 'class = "date"\nrepeat = 2'),
        ("born", 'class = "birth_date"'),
        ("always", 'class = "email"\nrequired = true'),
        ("again", 'class = "email"'),
    )
)


def read(write: Write, procedure: str, checks: str) -> tuple[list[object], list[str]]:
    routes, problems = read_routes([write(procedure + FIELDS + checks)])
    made = [check for route in routes for check in route.form.checks]
    return list(made), [problem.message for problem in problems]


TAKEN = [
    (
        'kind = "needed-if"\nfields = ["start"]\nwhen = "kind"\nis = ["変更"]',
        NeededIf(("start",), "kind", frozenset({"変更"})),
    ),
    ('kind = "needed-if"\nfields = ["start", "end"]\nwhen = "kind"', NeededIf(("start", "end"), "kind")),
    ('kind = "at-least-one"\nfields = ["start", "end"]', OneOf(("start", "end"), only=False)),
    ('kind = "exactly-one"\nfields = ["start", "end"]', OneOf(("start", "end"), only=True)),
    ('kind = "in-order"\nfields = ["born", "start", "end"]', InOrder(("born", "start", "end"), strict=False)),
    ('kind = "in-order"\nfields = ["start", "end"]\nstrict = true', InOrder(("start", "end"), strict=True)),
    ('kind = "equal"\nfields = ["always", "again"]', Equal(("always", "again"))),
]
REFUSED = [
    ('kind = "perhaps"\nfields = ["start", "end"]', 'kind is "perhaps"'),
    ('fields = ["start", "end"]', 'has no "kind"'),
    ('kind = "equal"\nfields = ["always"]', "2 or more fields"),
    ('kind = "needed-if"\nfields = []\nwhen = "kind"', "1 or more fields"),
    ('kind = "equal"\nfields = ["always", "always"]', "twice"),
    ('kind = "equal"\nfields = ["always", "other"]', 'no field "other"'),
    ('kind = "equal"', "2 or more fields"),
    ('kind = "needed-if"\nfields = ["start"]', 'has no "when"'),
    ('kind = "needed-if"\nfields = ["start"]\nwhen = "other"', 'no field "other"'),
    ('kind = "needed-if"\nfields = ["start"]\nwhen = "start"', "because it is there"),
    ('kind = "needed-if"\nfields = ["start"]\nwhen = "kind"\nis = ["廃止"]', "no choice"),
    ('kind = "needed-if"\nfields = ["always"]\nwhen = "kind"', "required whatever"),
    ('kind = "exactly-one"\nfields = ["always", "again"]', "required whatever"),
    ('kind = "in-order"\nfields = ["start", "again"]', "no single day"),
    ('kind = "in-order"\nfields = ["start", "days"]', "no single day"),
    ('kind = "equal"\nfields = ["always", "again"]\nstrict = true', 'unknown key "strict"'),
]


def test_every_kind_is_tried() -> None:
    for kind in KINDS:
        assert any(f'"{kind}"' in text for text, _ in TAKEN)


@pytest.mark.parametrize(("text", "check"), TAKEN)
def test_taken(write: Write, procedure: str, text: str, check: object) -> None:
    checks, problems = read(write, procedure, f"[[check]]\n{text}\n")
    assert problems == []
    assert checks == [check, DayBound("born", Fault.IN_FUTURE)]


@pytest.mark.parametrize(("text", "told"), REFUSED)
def test_refused(write: Write, procedure: str, text: str, told: str) -> None:
    checks, problems = read(write, procedure, f"[[check]]\n{text}\n")
    assert checks == []
    assert len(problems) == 1 and told in problems[0]


@pytest.mark.parametrize("more", [0, 1])
def test_bound_of_checks(write: Write, procedure: str, more: int) -> None:
    text = '[[check]]\nkind = "equal"\nfields = ["always", "again"]\n' * (MAX_CHECKS + more)
    _, problems = read(write, procedure, text)
    assert len(problems) == more
