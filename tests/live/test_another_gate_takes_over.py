"""When a gate fails the next one serves; when all fail the citizen is told so; nothing is delivered twice (docs/spec/link.md)."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path

import pytest

from tests.live.labs import PATIENCE_S, Lab, head_of, running_lab, until
from tests.live.municipality import Municipality, Received, accept

pytestmark = pytest.mark.live

JSON = {"Accept": "application/json"}
CONFIG = "[limits]\ngate_probe_interval_ms = 200\nconnect_timeout_ms = 500\n"


def _cut_off(lab: Lab, number: int) -> Path:
    """Kill gate `number` (from 1) and keep it from coming back; returns what `_restore` needs."""
    state = lab.directory / f"gate-{number}-state"
    state.rename(lab.directory / f"gate-{number}-aside")
    state.write_text("in the way of the gate's start")
    killed = lab.kill("gate", 0)  # of those that run, the first
    until(lambda: not Path(f"/proc/{killed}").exists(), "the gate is gone, and its connections with it")
    until(lambda: killed not in (lab.refresh()["pids"].get("gate") or []), "lab.json says so")
    return state


def _restore(state: Path) -> None:
    state.unlink()
    state.with_name(state.name.replace("-state", "-aside")).rename(state)


def test_requests_go_through_the_second_gate_and_503_when_both_are_down(tmp_path: Path) -> None:
    with (
        Municipality() as municipality,
        running_lab(tmp_path / "lab", app=municipality.url, gates=2, config=CONFIG) as lab,
    ):
        first = lab.get()
        assert lab.record(kind="outcome", transfer=first.transfer)["gate"] == "gate-1"

        one = _cut_off(lab, 1)
        second = lab.get()
        assert second.status == 200
        assert lab.record(kind="outcome", transfer=second.transfer)["gate"] == "gate-2"

        two = _cut_off(lab, 2)
        third = lab.get(headers=JSON)
        assert third.status == 503
        problem = json.loads(third.body)
        assert problem["type"] == "urn:sekisho:reason:gate_unavailable"
        assert "申請は受け付けられていません" in problem["title"]
        assert lab.record(kind="outcome", transfer=third.transfer)["result"] == "gate_unavailable"

        _restore(two)
        fourth = lab.wait_served()
        assert lab.record(kind="outcome", transfer=fourth.transfer)["gate"] == "gate-2"
        _restore(one)
        until(lambda: lab.management("/readyz")[0] == 200, "both gates are back")
        fifth = lab.get()
        assert lab.record(kind="outcome", transfer=fifth.transfer)["gate"] == "gate-1"

        assert municipality.transfers == [first.transfer, second.transfer, fourth.transfer, fifth.transfer]
        lab.verify_log()


def test_an_exchange_cut_midway_is_told_as_such_and_not_repeated(tmp_path: Path) -> None:
    may_answer = threading.Event()

    def slow(sock: socket.socket, received: Received) -> bool:
        assert may_answer.wait(PATIENCE_S)
        return accept(sock, received)

    with (
        Municipality(slow) as municipality,
        running_lab(tmp_path / "lab", app=municipality.url, gates=2, config=CONFIG) as lab,
    ):
        with lab.client() as client:
            client.send(head_of("GET", "/status/2026-0415-000001", JSON))
            until(lambda: municipality.received, "the request is at the application")
            lab.kill("gate", 0)
            answer = client.answer()
        may_answer.set()
        assert answer.status == 502
        problem = json.loads(answer.body)
        assert problem["type"] == "urn:sekisho:reason:gate_link_invalid"
        assert "届いている場合があります" in problem["title"]
        assert "may have arrived" in problem["title_en"]
        assert "受け付けられていません" not in problem["title"]
        assert lab.record(kind="outcome", transfer=answer.transfer)["result"] == "gate_link_invalid"
        assert municipality.transfers == [answer.transfer]
        served = lab.wait_served()
        assert municipality.transfers.count(answer.transfer) == 1
        assert municipality.transfers.count(served.transfer) == 1


def test_an_egress_lost_midway_is_told_as_such(tmp_path: Path) -> None:
    may_answer = threading.Event()

    def slow(sock: socket.socket, received: Received) -> bool:
        assert may_answer.wait(PATIENCE_S)
        return accept(sock, received)

    with Municipality(slow) as municipality, running_lab(tmp_path / "lab", app=municipality.url) as lab:
        with lab.client() as client:
            client.send(head_of("GET", "/status/2026-0415-000001", JSON))
            until(lambda: municipality.received, "the request is at the application")
            lab.kill("egress")
            answer = client.answer()
        may_answer.set()
        assert answer.status == 502
        problem = json.loads(answer.body)
        assert problem["type"] == "urn:sekisho:reason:egress_lost"
        assert "届いている場合があります" in problem["title"]
        assert lab.record(kind="intent", transfer=answer.transfer)
        assert municipality.transfers == [answer.transfer]
        lab.wait_served()
