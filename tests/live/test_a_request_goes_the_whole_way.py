"""A client's request reaches the municipal application and its answer comes back, with intent and outcome in the log."""

from __future__ import annotations

import json
import subprocess

import pytest

from policy.samples import samples
from relay.tree.record import parse_time
from tests.live.labs import PATIENCE_S, Lab

pytestmark = pytest.mark.live


def test_a_status_query_is_answered_by_the_application(lab: Lab) -> None:
    answer = lab.get("/status/2026-0415-000001")
    assert answer.status == 200
    assert json.loads(answer.body) == {
        "到達番号": "2026-0415-000001", "状況": "審査中", "transfer": answer.transfer
    }  # fmt: skip


@pytest.mark.parametrize("name", [sample.name for sample in samples()])
def test_every_sample_is_accepted_and_logged_under_its_transfer_id(lab: Lab, name: str) -> None:
    answer = lab.sample(name)
    assert answer.status == 200
    intent = lab.record(kind="intent", transfer=answer.transfer)
    outcome = lab.record(kind="outcome", transfer=answer.transfer)
    assert outcome["result"] == "delivered"
    assert outcome["intent"] == intent["index"] < outcome["index"]
    assert parse_time(intent["time"]) <= parse_time(outcome["time"])
    assert intent["envelope_digest"] in outcome["receipt"]


@pytest.mark.parametrize("name", [sample.name for sample in samples() if sample.body is not None])
def test_the_application_gets_every_field_of_a_form(lab: Lab, name: str) -> None:
    sample = next(sample for sample in samples() if sample.name == name)
    answer = json.loads(lab.sample(name).body)
    assert answer["結果"] == "受け付けました"
    assert answer["項目数"] == len({field for field, _ in sample.fields})


def test_head_has_the_headers_of_get_and_no_body(lab: Lab) -> None:
    with lab.client() as client:
        path = b" /status/2026-0415-000001 HTTP/1.1\r\nHost: localhost\r\n\r\n"
        client.send(b"HEAD" + path)
        head = client.answer("HEAD")
        client.send(b"GET" + path)
        get = client.answer()
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(get.body))


def test_the_log_verifies(lab: Lab) -> None:
    lab.get()
    lab.verify_log()


@pytest.mark.parametrize("name", ["status", "status-query", "form-urlencoded", "form-multipart", "form-json"])
def test_curl_gets_through_with_what_lab_json_tells(lab: Lab, name: str) -> None:
    about = lab.about
    sample = next(sample for sample in about["samples"] if sample["name"] == name)
    command = ["curl", "--silent", "--show-error", "--fail", "--cacert", about["ca_file"]]
    if sample["body_file"]:
        command += ["--data-binary", f"@{sample['body_file']}", "--header", f"Content-Type: {sample['content_type']}"]
    command += ["--write-out", "%header{sekisho-transfer}", about["front_url"] + sample["path"]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert (done.returncode, done.stderr) == (0, "")
    body, transfer = done.stdout.rsplit("\n", 1)
    assert json.loads(body)["transfer"] == transfer
    assert lab.record(kind="outcome", transfer=transfer)["result"] == "delivered"
