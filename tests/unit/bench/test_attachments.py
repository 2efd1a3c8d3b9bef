"""The application with files: what is measured is what a scanner takes and makes anew, and a log that says less is no proof."""

from __future__ import annotations

import json
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path
from typing import Any, cast

import pytest

from bench import __main__ as bench
from bench import attachments
from bench.application_files import MB, TOTAL_BYTES, application_files
from bench.attachments import Taken
from bench.cores import BenchRefused
from bench.sekisho import LabFile
from content.disarm import Active, treat

KINDS = frozenset(("pdf", "jpeg", "docx"))
README = " ".join((Path(bench.__file__).parent / "README.md").read_text("utf-8").split())


@pytest.mark.slow
def test_the_files_are_as_large_as_said_and_pass_either_way() -> None:
    files = application_files()
    assert abs(sum(len(file.data) for file in files) - TOTAL_BYTES) <= TOTAL_BYTES // 20
    assert [round(len(file.data) / MB) for file in files] == [4, 4, 2]
    for file in files:
        for active in (Active.REFUSE, Active.DISARM):
            treated = treat(file.name, file.media_type, file.data, KINDS, active)
            assert (treated.faults, bool(treated.tool)) == ((), active is Active.DISARM)
    assert files == application_files()
    form = attachments._form(files)
    message = message_from_bytes(
        b"Content-Type: multipart/form-data; boundary=" + attachments._BOUNDARY.encode() + b"\r\n\r\n" + form
    )
    parts = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
    assert parts[1:] == [file.data for file in files]


def test_the_readme_has_the_numbers() -> None:
    assert f"{attachments.APPLICATIONS} applications a round" in README
    assert f"with {attachments.APPLICATIONS * attachments.ROUNDS} of them p99" in README
    assert f"one for every {attachments.PLANTED_EVERY}," in README


class Log:
    """As many records as there should be, but for what is changed."""

    def __init__(self, directory: Path) -> None:
        self.transfers = directory / "transfers.jsonl"
        self.records: list[dict[str, Any]] = []
        for way in attachments.WAYS:
            route, disarmed = f"bench-files-{way}", [{}] * 3 if way == "disarm" else []
            for _ in range(2):
                self.records.append({"kind": "intent", "route": route, "files": 3, "disarmed": disarmed})
                self.records.append({"kind": "outcome", "result": "delivered"})
            self.records.append({"kind": "refusal", "route": route, "findings": [{"detail": "infected"}]})
        self.records.append({"kind": "operation"})

    def verify_log(self) -> None:
        pass

    def check(self) -> None:
        self.transfers.write_text("".join(json.dumps(record) + "\n" for record in self.records))
        attachments._check_log(cast(LabFile, self), {way: Taken(sent=2, planted=1) for way in attachments.WAYS})


def test_a_log_that_says_what_was_sent_is_proof(tmp_path: Path) -> None:
    Log(tmp_path).check()


@pytest.mark.parametrize(
    "change",
    [
        lambda records: records.pop(0),
        lambda records: records[0].update(files=2),
        lambda records: records[0].update(disarmed=[{}, {}]),
        lambda records: records[0].update(disarmed=[]),
        lambda records: records[1].update(result="gate_unavailable"),
        lambda records: records[4].update(findings=[{"detail": "damaged"}]),
        lambda records: records.append(dict(records[4])),
    ],
)
def test_one_that_says_anything_else_is_none(tmp_path: Path, change: Callable[[list[dict[str, Any]]], object]) -> None:
    log = Log(tmp_path)
    change(log.records)
    with pytest.raises(BenchRefused):
        log.check()


def test_a_way_is_told_by_who_used_its_time() -> None:
    taken = Taken(sent=6, planted=1)
    taken.latencies += [0.1, 0.2, 0.3, 0.4]
    taken.cpu.update({"front": 0.2, "clamd": 0.1})
    taken.cpu.update({"front": 0.2})
    assert taken.cpu_ms == {"front": pytest.approx(100.0), "clamd": pytest.approx(25.0)}
    said = cast(dict[str, Any], attachments.as_json({"disarm": taken}))["disarm"]
    assert (said["applications"], said["cpu_ms_in_all"], said["p50_s"], said["p99_s"]) == (4, 125.0, 0.2, 0.4)
