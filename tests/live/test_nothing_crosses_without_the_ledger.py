"""With the ledger hanging, gone, or its disk full, nothing crosses, the client gets 503; service comes back with the ledger (P2, P3)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.labs import Answer, Lab, fill_disk, running_lab, until
from tests.live.municipality import Municipality

pytestmark = pytest.mark.live

CONFIG = "[limits]\nipc_timeout_ms = 300\n"
JSON = {"Accept": "application/json"}


def _refused(lab: Lab, municipality: Municipality) -> Answer:
    """One request that is told to come again, with the application left alone."""
    before = len(municipality.received)
    answer = lab.get(headers=JSON)
    assert answer.status == 503
    assert json.loads(answer.body)["type"] == "urn:sekisho:reason:ledger_unavailable"
    assert "申請は受け付けられていません" in json.loads(answer.body)["title"]
    assert answer.headers["retry-after"]
    assert len(municipality.received) == before
    return answer


def _whole_story(lab: Lab, municipality: Municipality, refused: Answer) -> None:
    """After the ledger is back: served again, the refused transfer was never sent, the log is in order."""
    served = lab.wait_served()
    assert municipality.transfers[-1] == served.transfer
    assert refused.transfer not in municipality.transfers
    assert lab.records(kind="outcome", transfer=refused.transfer) == []
    until(lambda: lab.management("/readyz")[0] == 200, "ready again")
    lab.verify_log()


def test_a_ledger_that_hangs(tmp_path: Path) -> None:
    with Municipality() as municipality, running_lab(tmp_path / "lab", app=municipality.url, config=CONFIG) as lab:
        assert lab.get().status == 200
        pid = lab.kill("ledger", how=signal.SIGSTOP)
        try:
            refused = _refused(lab, municipality)
        finally:
            os.kill(pid, signal.SIGCONT)
        _whole_story(lab, municipality, refused)


def test_a_ledger_that_is_gone(tmp_path: Path) -> None:
    with Municipality() as municipality, running_lab(tmp_path / "lab", app=municipality.url, config=CONFIG) as lab:
        assert lab.get().status == 200
        log, aside = lab.directory / "log", lab.directory / "aside"
        log.rename(aside)
        log.write_text("in the way of the ledger's start")
        lab.kill("ledger")
        refused = _refused(lab, municipality)
        status, body = lab.management("/readyz")
        why = json.loads(body)["dependencies"]
        assert status == 503
        assert not why["ledger"]["ok"]
        log.unlink()
        aside.rename(log)
        _whole_story(lab, municipality, refused)


@contextmanager
def _small_disk(directory: Path) -> Iterator[Path]:
    directory.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=10m", "sekisho-test", str(directory)], check=True)
    try:
        yield directory
    finally:
        subprocess.run(["umount", str(directory)], check=True)


def test_a_full_disk(tmp_path: Path) -> None:
    with _small_disk(tmp_path / "disk") as disk, Municipality() as municipality:
        config = f'{CONFIG}[ledger]\ndirectory = "{disk}/log"\n'
        with running_lab(tmp_path / "lab", app=municipality.url, config=config) as lab:
            assert lab.get().status == 200
            fill_disk(disk / "filler")
            until(lambda: (answer := lab.try_get()) and answer.status == 503, "the journal needs the disk")
            refused = _refused(lab, municipality)
            until(lambda: lab.management("/readyz")[0] == 503, "not ready")
            delivered = set(municipality.transfers)
            (disk / "filler").unlink()
            _whole_story(lab, municipality, refused)
            logged = {record["transfer"] for record in lab.records(kind="intent")}
            assert delivered <= logged
            assert lab.stop() == 0
            lab.verify_log()
