"""The OpenAPI document: valid by a validator of others, its examples admitted, and its schemas of one mind with the verdict."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource

from policy.fields.dates import FIRST_YEAR, LAST_YEAR
from policy.openapi import MEDIA_TYPES, document
from policy.pipeline import Policy
from policy.samples import Sample, as_document, sample_path, samples
from policy.schema import Form
from policy.verdict import Admitted
from relay.base.ids import TransferId
from relay.base.reasons import Reason
from relay.front.answers import own_answer
from relay.settings.openapi_command import refusals
from tests.forms import TYPES, Submitted, encoded, submit_bytes
from tests.log_samples import transfer
from tests.unit.policy.conftest import NOW_MS, TENANT

DAY = date(2026, 11, 23)
Object = dict[str, Any]
TYPED = {name: kind for kind, name in MEDIA_TYPES.items()}


@pytest.fixture(scope="module")
def made(policy: Policy) -> Object:
    return document(policy.routes, ["www.example.jp"], TENANT, DAY, refusals())


@pytest.fixture(scope="module")
def checked(made: Object) -> Registry[Any]:
    return Registry().with_resource(
        "urn:made", Resource.from_contents({"$schema": "https://json-schema.org/draft/2020-12/schema", **made})
    )


def validator(checked: Registry[Any], name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"urn:made#/components/schemas/{name}"}, registry=checked)


def operations(made: Object) -> list[tuple[str, str, Object]]:
    return [
        (path, method, operation) for path, methods in made["paths"].items() for method, operation in methods.items()
    ]


def test_it_is_valid(made: Object) -> None:
    assert list(OpenAPIV31SpecValidator(made).iter_errors()) == []
    assert made["openapi"].startswith("3.1.")
    assert made["servers"] == [{"url": "https://www.example.jp"}]


def test_it_has_every_route_and_what_each_takes(made: Object, policy: Policy) -> None:
    found = {operation["operationId"]: (path, method) for path, method, operation in operations(made)}
    assert found == {route.id: (route.path, route.method.lower()) for route in policy.routes}
    for route in policy.routes:
        operation = made["paths"][route.path][route.method.lower()]
        content = operation.get("requestBody", {}).get("content", {})
        assert {TYPED[name] for name in content} == route.body_kinds
        assert {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"} == set(
            route.query.fields
        )
        assert {str(status) for status in refusals()} < set(operation["responses"])


def test_its_examples_are_admitted_in_each_encoding(made: Object, checked: Registry[Any], policy: Policy) -> None:
    tried = 0
    for path, method, operation in operations(made):
        for parameter in operation["parameters"]:
            path = path.replace(f"{{{parameter['name']}}}", str(parameter.get("example")))
        for name, media in operation.get("requestBody", {}).get("content", {}).items():
            example = media["example"]
            assert example
            validator(checked, operation["operationId"]).validate(example)
            body = json.dumps(example).encode() if TYPED[name] == "json" else encoded(TYPED[name], as_form(example))
            verdict = verdict_of(policy, path, method, TYPED[name], body)
            assert isinstance(verdict, Admitted), (path, name, verdict)
            tried += 1
    assert tried >= 90


def as_form(example: Object) -> tuple[tuple[str, str], ...]:
    lists = {name: value if isinstance(value, list) else [value] for name, value in example.items()}
    return tuple(
        (name, item if isinstance(item, str) else json.dumps(item)) for name, items in lists.items() for item in items
    )


def verdict_of(policy: Policy, path: str, method: str, kind: str, body: bytes) -> object:
    return submit_bytes(policy, path, TYPES[kind], body, NOW_MS, method.upper()).verdict


def typed(form: Form, fields: Submitted) -> Object:
    """As the schema has them: integers, and arrays where a field may be repeated."""
    several = [name for name, field in form.fields.items() if field.repeat > 1]
    integers = [name for name, field in form.fields.items() if field.field_class.integer]
    values = {name: value if isinstance(value, list) else [value] for name, value in as_document(fields).items()}
    made: Object = {
        name: [int(str(item)) if name in integers else item for item in items] for name, items in values.items()
    }
    return {name: items if name in several else items[0] for name, items in made.items()}


def forms(policy: Policy) -> list[tuple[Form, Sample]]:
    by_id = {route.id: route.form for route in policy.routes}
    return [(by_id[sample.route_id], sample) for sample in samples() if sample.fields]


def test_what_the_samples_send_fits_its_schema(checked: Registry[Any], policy: Policy) -> None:
    for form, sample in forms(policy):
        validator(checked, sample.route_id).validate(typed(form, sample.fields))


ODD = (
    "見本\u202e",
    "\x07",
    "見本😀",
    "\ue000",
    "！？",
    "x" * 30_000,
    "99999999999999999999",
    "<b>",
    " 見本",
    "0000000001",
)


def test_what_a_schema_takes_is_admitted(checked: Registry[Any], policy: Policy) -> None:
    """Each field with each odd value: where the schema takes the form, so does the verdict."""
    asked = taken = 0
    for form, sample in forms(policy):
        judge = validator(checked, sample.route_id)
        for name, field in form.fields.items():
            others = tuple(pair for pair in sample.fields if pair[0] != name)
            for odd in (value for value in ODD if not field.field_class.integer):
                asked += 1
                if judge.is_valid({**typed(form, others), name: [odd] if field.repeat > 1 else odd}):
                    taken += 1
                    body = encoded("json", (*others, (name, odd)))
                    verdict = verdict_of(policy, sample_path(sample.route_id), "post", "json", body)
                    assert isinstance(verdict, Admitted), (sample.route_id, name, odd)
    assert asked > 2_000
    assert taken > 100


def test_refusals_fit_the_schema_of_problems(checked: Registry[Any], policy: Policy) -> None:
    judge = validator(checked, "Problem")
    problem = own_answer(Reason.RULES_MATCHED, TransferId(transfer(1)), b"application/json")
    judge.validate(json.loads(problem.body))
    for route in policy.routes:
        if route.body_kinds == frozenset(TYPES) and "{" not in route.path:
            body = encoded("json", (*((name, "！？") for name in route.form.fields), ("x", "1")))
            denied = submit_bytes(policy, route.path, TYPES["json"], body).verdict
            told = policy.told(denied, NOW_MS)  # type: ignore[arg-type]  # it is
            judge.validate(
                json.loads(
                    own_answer(Reason.FIELD_INVALID, TransferId(transfer(1)), b"application/json", (), told).body
                )
            )


def test_patterns_have_no_word_that_only_python_knows(made: Object) -> None:
    patterns = re.findall(r'"pattern": "((?:[^"\\]|\\.)*)"', json.dumps(made, ensure_ascii=False))
    assert len(patterns) >= 15
    for pattern in patterns:
        written = json.loads(f'"{pattern}"')
        assert written.startswith("^") and written.endswith("$")
        assert not re.search(r"\\[AZ]|\(\?P|\)[*+]\+|\][*+]\+", written)


def test_a_day_and_a_tenant_choose(policy: Policy) -> None:
    early = document(policy.routes, [], "", date(1999, 1, 1), {})
    assert {operation["operationId"] for _, _, operation in operations(early)} == {
        route.id for route in policy.routes if route.procedure is None
    }
    assert "servers" not in early


def test_years_are_those_of_dates(made: Object) -> None:
    pattern = re.compile(made["components"]["schemas"]["class.date"]["pattern"])
    taken = [year for year in range(10_000) if pattern.search(f"{year:04}-01-01")]
    assert taken == list(range(FIRST_YEAR, LAST_YEAR + 1))
