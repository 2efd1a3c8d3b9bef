"""SIGTERM to the lab ends each of its processes in good order, exit code 0, and leaves a log that verifies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.live.labs import running_lab

pytestmark = pytest.mark.live


def test_every_process_ends_with_exit_code_0(tmp_path: Path) -> None:
    with running_lab(tmp_path / "lab", workers=2, gates=2) as lab:
        assert lab.get().status == 200
        roles = set(lab.about["pids"])
        assert lab.stop() == 0
        assert roles == {"supervisor", "application", "gate", "ledger", "egress", "exporter", "front"}
        lines = [json.loads(line) for line in lab.printed().splitlines() if line.startswith("{")]
        ended = {line["peer_role"]: line["exit_code"] for line in lines if line["event"] == "child_ended"}
        names = ["application", "egress", "exporter", "front-0", "front-1", "gate-0", "gate-1", "ledger"]
        assert ended == dict.fromkeys(names, 0)
        assert set(lab.refresh()["pids"]) <= {"supervisor"}
        lab.verify_log()


def test_no_process_outlives_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    with running_lab(tmp_path / "lab") as lab:
        assert lab.get().status == 200
        lab.kill_supervisor()
        lab.verify_log()
