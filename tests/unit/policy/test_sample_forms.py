"""What the samples fill in: of every form of the catalogue something, and of nobody who exists."""

import re

import pytest

from policy.pipeline import Policy
from policy.sample_forms import CARE_PLAN_NOTICE, DOG_DEATH_NOTICE, FURTHER, RESIDENT_RECORD_COPY, Fields
from policy.samples import samples

FORMS = {
    "care-plan-notice": CARE_PLAN_NOTICE,
    "resident-record-copy": RESIDENT_RECORD_COPY,
    "dog-death-notice": DOG_DEATH_NOTICE,
    **FURTHER,
}


def test_every_form_of_the_catalogue_is_filled_in(policy: Policy) -> None:
    assert set(FORMS) == {route.id for route in policy.routes if route.body_kinds}
    assert len(FORMS) == 31


def test_every_field_of_a_procedure_alone_is_filled_in(policy: Policy) -> None:
    for route in policy.routes:
        if route.procedure is not None and route.body_kinds:
            own = set(route.form.fields) - route.procedure.common_fields
            assert own <= {name for name, _ in FORMS[route.id]}, route.id


@pytest.mark.parametrize("fields", FORMS.values(), ids=FORMS)
def test_nobody_and_no_place_of_a_sample_exists(fields: Fields) -> None:
    for name, value in fields:
        if name.endswith(("_name", "_kana", "_holder", "person")):
            assert re.search(r"見本|記入|ミホン|ﾐﾎﾝ", value), name
        elif name.endswith("email"):
            assert value.endswith("@example.jp")
        elif name.endswith("phone"):
            assert value.startswith("000-0000-")
        elif name.endswith("postal_code"):
            assert value == "000-0000"


def test_the_form_of_the_bench(policy: Policy) -> None:
    form = next(sample for sample in samples() if sample.name == "form-urlencoded")
    assert form.body is not None
    assert len(CARE_PLAN_NOTICE) == 23
    assert 2_800 <= len(form.body) <= 3_200
    declared = next(route for route in policy.routes if route.id == "care-plan-notice").form.fields
    assert set(declared) - {name for name, _ in CARE_PLAN_NOTICE} == {"password"}
