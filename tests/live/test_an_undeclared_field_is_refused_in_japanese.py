"""What the procedure does not declare is refused with words that tell what to mend, and with its reason in the log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.live.labs import Lab

pytestmark = pytest.mark.live

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def _with_undeclared(lab: Lab) -> bytes:
    sample = next(sample for sample in lab.about["samples"] if sample["name"] == "form-urlencoded")
    return Path(sample["body_file"]).read_bytes() + b"&is_admin=1"


def test_a_browser_gets_a_japanese_page_and_422(lab: Lab) -> None:
    headers = {**FORM, "Accept": "text/html"}
    answer = lab.request("POST", "/procedures/care-plan-notice", headers, _with_undeclared(lab))
    assert answer.status == 422
    assert "この手続では受け取れない項目が含まれています。" in answer.text
    assert answer.transfer in answer.text
    assert "is_admin" not in answer.text


def test_a_program_gets_a_problem_document(lab: Lab) -> None:
    headers = {**FORM, "Accept": "application/json"}
    answer = lab.request("POST", "/procedures/care-plan-notice", headers, _with_undeclared(lab))
    problem = json.loads(answer.body)
    assert (problem["status"], problem["type"]) == (422, "urn:sekisho:reason:field_undeclared")
    assert problem["transfer"] == answer.transfer


def test_the_log_has_the_reason_and_not_the_name(lab: Lab) -> None:
    answer = lab.request("POST", "/procedures/care-plan-notice", FORM, _with_undeclared(lab))
    refusal = lab.record(transfer=answer.transfer)
    assert (refusal["kind"], refusal["reason"], refusal["role"]) == ("refusal", "field_undeclared", "front")
    assert (refusal["route"], refusal["status"]) == ("care-plan-notice", 422)
    assert "is_admin" not in Path(lab.about["transfers_jsonl"]).read_text("utf-8")
