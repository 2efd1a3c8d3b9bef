"""`sekisho policy shadow`: the would-refuse report, from a log, as a table, as CSV and as JSON."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from msgspec import structs

from relay import cli
from relay.ledger.store import LogStore
from relay.tree.note import Signer
from relay.tree.record import Record, Shadow, ShadowFinding, encode_record
from tests.log_samples import JOURNAL_BYTES, ORIGIN, START_MS, intent, outcome, refusal

Printed = pytest.CaptureFixture[str]
TOO_LONG = ShadowFinding("field_invalid", "memo", "too_long")
MISSING = ShadowFinding("field_missing", "kana", "missing")


def judged(number: int, result: str, *found: ShadowFinding, version: int = 2, route: str = "memo") -> Record:
    shadow = Shadow(version, result, found)  # type: ignore[arg-type]  # one of the closed set
    return structs.replace(intent(number), shadow=shadow, route=route)


RECORDS: tuple[Record, ...] = (
    intent(1), outcome(1, 0), refusal(2),
    judged(3, "would_admit"), judged(4, "would_refuse", TOO_LONG, TOO_LONG, MISSING), judged(5, "would_refuse", TOO_LONG),
    judged(6, "failed"), judged(7, "exhausted"), judged(8, "would_admit", version=3),
    judged(9, "would_refuse", MISSING, route="other"),
)  # fmt: skip


@pytest.fixture
def log(tmp_path: Path) -> Path:
    directory = tmp_path / "log"
    directory.mkdir()
    store = LogStore.open(directory, ORIGIN, Signer.generate(ORIGIN), START_MS, journal_bytes=JOURNAL_BYTES)
    store.append([encode_record(record) for record in RECORDS])
    store.close()
    return directory


def printed(capsys: Printed, log: Path, *more: str) -> str:
    assert cli.main(["policy", "shadow", "--log", str(log), *more]) == 0
    return capsys.readouterr().out


def test_each_request_counts_once_for_each_field_and_code(log: Path, capsys: Printed) -> None:
    memo, third, other = json.loads(printed(capsys, log, "--format", "json"))
    assert memo == {
        "route": "memo",
        "version": 2,
        "judged": 5,
        "results": {"would_admit": 1, "would_refuse": 2, "failed": 1, "exhausted": 1},
        "faults": [
            {"field": "memo", "code": "field_invalid", "detail": "too_long", "count": 2},
            {"field": "kana", "code": "field_missing", "detail": "missing", "count": 1},
        ],
    }
    assert (third["version"], third["judged"], third["faults"]) == (3, 1, [])
    assert (other["route"], other["judged"]) == ("other", 1)


def test_as_csv_that_a_spreadsheet_opens(log: Path, capsys: Printed) -> None:
    text = printed(capsys, log, "--format", "csv", "--route", "memo")
    assert text.startswith("\ufeff経路,次の版,判定件数,欄の符号,理由,詳細,件数")
    rows = list(csv.reader(text.removeprefix("\ufeff").splitlines()))[1:]
    assert rows[0] == ["memo", "2", "5", "", "would_admit", "", "1"]
    assert ["memo", "2", "5", "memo", "field_invalid", "too_long", "2"] in rows
    assert {len(row) for row in rows} == {7}


def test_as_a_table_in_both_languages(log: Path, capsys: Printed) -> None:
    table = printed(capsys, log)
    assert "memo  v2  判定件数 5  (受け付ける 1, 拒否する 2, 判定に失敗 1, 判定の上限超過 1)" in table
    assert "Judged 5  (would admit 1, would refuse 2, failed 1, over the bound 1)" in printed(
        capsys, log, "--lang", "en"
    )


def test_by_tenant_and_time(log: Path, capsys: Printed) -> None:
    assert json.loads(printed(capsys, log, "--format", "json", "--tenant", "nobody")) == []
    assert "記録はありません" in printed(capsys, log, "--until", "2020-01-01")
    assert json.loads(printed(capsys, log, "--format", "json", "--since", "2100-01-01")) == []


def test_a_log_that_is_not_there_or_not_readable_is_told(tmp_path: Path, capsys: Printed) -> None:
    assert cli.main(["policy", "shadow", "--log", str(tmp_path / "none")]) == 1
    assert "checkpoint is missing" in capsys.readouterr().err
    assert cli.main(["policy", "shadow", "--config", str(tmp_path / "none.toml")]) == 78
    assert "none.toml" in capsys.readouterr().err
