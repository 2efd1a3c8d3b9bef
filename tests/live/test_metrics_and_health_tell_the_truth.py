"""The scrape is clean by Prometheus' own checker, and `/readyz` says what is missing and why."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.live.labs import PATIENCE_S, Lab, running_lab, until

pytestmark = pytest.mark.live


def test_promtool_finds_nothing_to_complain_of(lab: Lab) -> None:
    assert lab.get().status == 200
    status, text = lab.management("/metrics")
    assert status == 200
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, timeout=PATIENCE_S)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_what_was_admitted_and_refused_is_counted(lab: Lab) -> None:
    admitted = {"verdict": "admitted", "route": "status"}
    before = lab.metric("sekisho_requests_total", **admitted)
    refused = lab.metric("sekisho_refusals_total", reason="route_unknown")
    assert lab.get().status == 200
    assert lab.get("/nowhere").status == 404
    assert lab.metric("sekisho_requests_total", **admitted) == before + 1
    assert lab.metric("sekisho_refusals_total", reason="route_unknown") == refused + 1


def test_health_and_readiness_are_ok_while_all_runs(lab: Lab) -> None:
    assert lab.management("/healthz")[0] == 200
    status, body = lab.management("/readyz")
    assert (status, json.loads(body)["ready"]) == (200, True)


def test_readiness_is_lost_with_a_reason_while_the_gate_is_down_and_comes_back(tmp_path: Path) -> None:
    config = "[limits]\ngate_probe_interval_ms = 100\nconnect_timeout_ms = 200\n"
    with running_lab(tmp_path / "lab", gates=2, config=config) as lab:
        state = lab.directory / "gate-1-state"
        state.rename(lab.directory / "gate-1-elsewhere")
        state.write_text("in the way of the gate's start")
        old = lab.kill("gate", 0)
        body = until(lambda: (now := lab.management("/readyz"))[0] == 503 and now[1], "not ready")
        down = {name: why for name, why in json.loads(body)["dependencies"].items() if not why["ok"]}
        assert set(down) == {"egress/gate_gate-1"}
        assert down["egress/gate_gate-1"]["reason"].endswith("gate_unavailable")
        assert lab.management("/healthz")[0] == 200
        assert lab.get().status == 200  # the second gate serves
        state.unlink()
        (lab.directory / "gate-1-elsewhere").rename(state)
        until(lambda: lab.management("/readyz")[0] == 200, "ready again")
        assert not Path(f"/proc/{old}").exists()
