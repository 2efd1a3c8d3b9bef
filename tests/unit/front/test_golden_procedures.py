"""Every procedure takes and refuses what its golden file says, to the last word, in the three encodings."""

from __future__ import annotations

import pytest

from policy.pipeline import Policy
from policy.route import Route
from policy.verdict import Admitted
from tests import golden_forms

ROUTES = golden_forms.forms(golden_forms.policy())
ACCEPTED, REFUSED = 1, 10  # at least, of each procedure


@pytest.fixture(scope="module")
def loaded() -> Policy:
    return golden_forms.policy()


def test_each_procedure_has_its_file_and_each_file_its_procedure() -> None:
    assert set(golden_forms.DIRECTORY.iterdir()) == {
        golden_forms.path_of(route) for route in ROUTES
    }  # else: make golden


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.id}-v{route.version}")
def test_a_procedure_is_judged_as_its_file_says(loaded: Policy, route: Route) -> None:
    text = golden_forms.path_of(route).read_text("utf-8")
    assert golden_forms.written(loaded, route) == text  # where this is meant: make golden, and read what it changes
    assert text.count(": admitted, ") >= ACCEPTED
    assert text.count(": refused, ") >= REFUSED


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.id}-v{route.version}")
def test_each_case_has_one_verdict_in_its_encodings(loaded: Policy, route: Route) -> None:
    for case in golden_forms.cases(route):
        found = golden_forms.outcomes(loaded, route, case)
        if (
            case.fields or case.name == "the sample"
        ):  # a form without a field has no multipart body (docs/spec/policy.md 6.1, row 4)
            assert len({outcome.told for outcome in found.values()}) == 1, case.name
        if case.name == "the sample":
            assert isinstance(found["urlencoded"].verdict, Admitted)
            assert len(found) == len(route.body_kinds)
