"""Examples are values that cross: for every class, and for every form of the catalogue."""

from __future__ import annotations

from datetime import date

import pytest

from policy.classes import CLASSES
from policy.examples import example_form, example_of
from policy.pipeline import Policy
from policy.schema import TODAY, Declaration, Field, Form, Submission

DAY = date(2026, 11, 23)


def field(name: str, **more: object) -> Field:
    of_class = CLASSES[name]
    values: dict[str, object] = {
        "name": "f",
        "field_class": name,
        "label_ja": "項目",
        "label_en": "Field",
        "max_chars": 0 if of_class.max_chars else 40,
        "choices": ("新規", "変更") if name == "choice" else (),
    } | more
    return Field(Declaration(**values))  # type: ignore[arg-type]  # checked by the dataclass's own signature


@pytest.mark.parametrize("name", CLASSES)
def test_each_class_has_an_example(name: str) -> None:
    tested = field(name)
    example = example_of(tested, DAY)
    assert example is not None
    assert tested.admit(example) == example


@pytest.mark.parametrize(
    "more",
    [
        {"name": "text", "max_chars": 1},
        {"name": "text", "min_chars": 40, "max_chars": 40},
        {"name": "kana", "max_chars": 2},
        {"name": "name", "min_chars": 7},
        {"name": "number", "minimum": 50, "maximum": 60},
        {"name": "number", "maximum": -3},
        {"name": "date", "earliest": "2030-01-01"},
        {"name": "date", "latest": "1999-12-31"},
        {"name": "text", "repertoire": "jis-x-0201"},
    ],
)
def test_bounds_are_kept(more: dict[str, object]) -> None:
    name = str(more.pop("name"))
    example = example_of(field(name, **more), DAY)
    assert example is not None


def test_days_that_are_bound_by_today() -> None:
    form = Form([field("date", latest=TODAY).declaration])
    assert set(example_form(form, DAY)) == {"f"}
    assert set(example_form(Form([field("date", earliest=TODAY).declaration]), DAY)) == {"f"}


def test_nothing_that_crosses_is_no_example() -> None:
    assert example_of(field("choice", choices=()), DAY) is None
    assert example_form(Form(), DAY) == {}


def test_each_form_of_the_catalogue_has_an_admitted_one(policy: Policy) -> None:
    for route in policy.routes:
        if route.body_kinds:
            example = example_form(route.form, DAY)
            submission = Submission(route.form, day=DAY.toordinal())
            assert {name: submission.field(name, value) for name, value in example.items()} == example
            submission.finish()
            assert submission.findings == []
            assert set(route.form.required) <= set(example)
