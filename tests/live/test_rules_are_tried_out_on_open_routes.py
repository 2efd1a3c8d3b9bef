"""A suite of rule tests through the lab: whatever is sent, the records of its transfer carry the ids of the rules that fired."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.live.labs import Lab, running_lab, sekisho, until
from tests.live.municipality import Municipality, Received, answer

pytestmark = pytest.mark.live

RULES = r"""
SecRule REQUEST_METHOD "!@within GET HEAD POST" "id:911100,phase:1,pass,msg:'Method'"
SecRule REQUEST_HEADERS:Content-Length "!@rx ^\d+$" "id:920160,phase:1,deny,msg:'Length'"
SecRule &REQUEST_HEADERS:Host "@eq 0" "id:920280,phase:1,deny,msg:'No Host'"
SecRule REQUEST_PROTOCOL "!@within HTTP/1.0 HTTP/1.1" "id:920430,phase:1,deny,msg:'Version'"
SecRule ARGS "@rx (?i)union\s+select" "id:942190,phase:2,deny,msg:'Union'"
SecRule RESPONSE_BODY "@contains Traceback" "id:950100,phase:4,deny,msg:'Stack trace'"
SecRule RESPONSE_STATUS "@rx ^\d" "id:980100,phase:5,pass,log,noauditlog,msg:'Last'"
"""
FORM = b"POST /any HTTP/1.1\r\nHost: other.example\r\nContent-Type: application/x-www-form-urlencoded\r\n"
ATTACK = b"x=union+select"
# request, status, kind of each record with the ids in it
CASES: dict[str, tuple[bytes, int, list[tuple[str, list[int]]]]] = {
    "an attack": (
        FORM + b"Content-Length: 14\r\n\r\n" + ATTACK, 200,
        [("intent", [942190]), ("outcome", []), ("remark", [980100])],
    ),
    "an answer that gives something away": (
        b"GET /leak HTTP/1.1\r\nHost: localhost\r\n\r\n", 200,
        [("intent", []), ("outcome", []), ("remark", [950100, 980100])],
    ),
    "a method of its own": (
        b"BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n", 200,
        [("intent", [911100]), ("outcome", []), ("remark", [980100])],
    ),
    "no Host": (b"GET / HTTP/1.1\r\n\r\n", 400, [("refusal", [920280])]),
    "an unknown version": (b"GET /?x=union+select HTTP/4.0\r\nHost: a\r\n\r\n", 505, [("refusal", [920430, 942190])]),
    "a length that is none": (FORM + b"Content-Length: x\r\n\r\n", 400, [("refusal", [920160])]),
    "two lengths": (
        FORM + b"Content-Length: 14\r\nContent-Length: 14\r\n\r\n" + ATTACK, 400, [("refusal", [942190])],
    ),
    "a chunk that is none": (
        FORM + b"Transfer-Encoding: chunked\r\n\r\n7\r\n" + ATTACK + b"\r\n", 400, [("refusal", [942190])],
    ),
}  # fmt: skip


def behave(sock: socket.socket, received: Received) -> bool:
    is_leak = received.line.startswith(b"GET /leak")
    sock.sendall(answer(body=b"Traceback (most recent call last)\n" if is_leak else b"fine\n"))
    return True


@pytest.fixture(scope="module")
def open_lab(tmp_path_factory: pytest.TempPathFactory, shared_municipality: Municipality) -> Iterator[Lab]:
    directory = tmp_path_factory.mktemp("open")
    (directory / "rules.conf").write_text(RULES, "utf-8")
    config = f"""
[policy]
rule_set = "tried"
[[rule_set]]
name = "tried"
mode = "detect"
rules = ["{directory}/rules.conf"]
"""
    shared_municipality.behaviour = behave
    with running_lab(directory / "lab", app=shared_municipality.url, config=config, open_routes=True) as running:
        yield running
        running.verify_log()


def fired(record: dict[str, Any]) -> list[int]:
    return [finding["rule"]["id"] for finding in record.get("findings", [])]


@pytest.mark.parametrize("name", CASES)
def test_the_records_are_there_with_the_answer(open_lab: Lab, name: str) -> None:
    request, status, wanted = CASES[name]
    with open_lab.client() as client:
        client.send(request)
        came = client.answer()
    assert came.status == status
    found = open_lab.records(transfer=came.transfer)
    assert [(record["kind"], fired(record)) for record in found] == wanted
    assert "union" not in json.dumps(found)


def test_they_are_shown_and_explained(open_lab: Lab) -> None:
    came = open_lab.get("/leak?x=union+select")
    log, config = open_lab.about["log_dir"], str(open_lab.about["config"])
    shown = sekisho("log", "show", log, came.transfer)
    assert "remark" in shown.stdout and "950100" in shown.stdout, shown.stdout
    assert came.transfer in sekisho("log", "search", log, "--kind", "remark").stdout
    explained = json.loads(sekisho("policy", "explain", came.transfer, "--config", config, "--json").stdout)
    assert [finding["rule"]["id"] for finding in explained["findings"]] == [942190, 950100, 980100]


def test_they_count_as_what_would_have_been_refused(open_lab: Lab) -> None:
    name = "sekisho_rules_would_refuse_total"
    before = open_lab.metric(name)
    open_lab.get("/leak")
    open_lab.get("/fine")
    until(lambda: open_lab.metric(name) == before + 1, "one of the two is counted")


def test_every_case_is_counted() -> None:
    assert len(CASES) == 8
