"""Requests that schemathesis makes from the OpenAPI document, fitting it and not, have only answers that the document declares."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.live.labs import PATIENCE_S, Lab, sekisho

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("default")]  # what schemathesis warns of is its own
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 3  # of each operation, one way and the other
# What a schema cannot say: policy/openapi.py
IN_WORDS = {
    "check_digit", "in_future", "in_past", "json_type", "more_than_one", "needed_here", "none_of_these", "not_equal", "out_of_order",
    "too_early", "too_late",
}  # fmt: skip
ACCEPTS = ("application/problem+json", "text/html", "*/*")


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    done = sekisho("policy", "openapi")
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def asked(lab: Lab, described: dict[str, Any], fitting: bool) -> dict[int, int]:
    """Statuses of the answers, and how often each came."""
    schema = schemathesis.openapi.from_dict(described)
    mode = schemathesis.GenerationMode.POSITIVE if fitting else schemathesis.GenerationMode.NEGATIVE
    statuses: dict[int, int] = {}
    with requests.Session() as session:
        for found in schema.get_all_operations():
            operation = found.ok()
            declared = described["paths"][operation.path][operation.method]
            if not fitting and not declared["parameters"] and "requestBody" not in declared:
                continue  # every request fits

            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                derandomize=True,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(
                case=operation.as_strategy(generation_mode=mode),
                accept=st.sampled_from(ACCEPTS[:1] if fitting else ACCEPTS),
            )
            def ask(case: schemathesis.Case, accept: str) -> None:
                answer = case.call(
                    base_url=f"https://localhost:{lab.front_port}",
                    session=session,
                    verify=lab.about["ca_file"],
                    timeout=PATIENCE_S,
                    headers={"Accept": accept},
                )
                statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
                case.validate_response(answer, checks=CHECKS)
                assert answer.headers["sekisho-transfer"]
                if fitting and answer.status_code != 200:
                    assert {error["fault"] for error in answer.json()["errors"]} <= IN_WORDS

            ask()
    return statuses


def test_requests_that_fit_it(lab: Lab, described: dict[str, Any]) -> None:
    statuses = asked(lab, described, fitting=True)
    assert statuses[200] > sum(statuses.values()) // 3


def test_requests_that_do_not(lab: Lab, described: dict[str, Any]) -> None:
    statuses = asked(lab, described, fitting=False)
    assert sum(count for status, count in statuses.items() if 400 <= status < 500) > sum(statuses.values()) // 2
