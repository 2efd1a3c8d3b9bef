"""The words of `sekisho log` for every kind of record."""

from __future__ import annotations

import json

import msgspec
import pytest

from relay.base.reasons import Reason, row
from relay.base.rfc3339 import format_time
from relay.ledger import log_words
from relay.tree.record import KIND_NAMES, Operation, Record, Review, State, kind_of
from tests.log_samples import START_MS, intent, outcome, refusal, remark, transfer

TIME = format_time(START_MS)
EVERY: list[Record] = [
    intent(1),
    outcome(1, 0),
    remark(1, 0),
    refusal(2),
    Operation(time=TIME, role="ledger", operation="start", subject="log", result="done", detail="version 0.1.0"),
    State(time=TIME, role="ledger", values={"size": 12}),
    Review(time=TIME, reviewer="auditor-1", first=0, last=99, result="ok", detail=""),
]


def test_a_line_for_every_kind() -> None:
    assert [kind_of(record) for record in EVERY] == list(KIND_NAMES)
    for index, record in enumerate(EVERY):
        line = log_words.line(index, record).plain
        assert line.split()[:3] == [str(index), record.time, kind_of(record)]
        assert "\n" not in line
    assert transfer(1) in log_words.line(0, EVERY[0]).plain
    assert "minato/juminhyo" in log_words.line(0, EVERY[0]).plain
    assert log_words.line(3, EVERY[3]).plain.endswith("field_undeclared")
    assert "auditor-1" in log_words.line(6, EVERY[6]).plain


def test_the_rows_of_a_record() -> None:
    assert (
        "finding",
        "rules rules_matched RESPONSE_BODY 951230 [6:38] mysql SQL Information Leakage",
    ) in log_words.rows(EVERY[2])
    rows = log_words.rows(EVERY[3])
    assert ("finding", "schema field_undeclared undeclared") in rows
    assert ("", row(Reason.FIELD_UNDECLARED).ja) in rows
    failed = msgspec.structs.replace(outcome(1, 0), result="gate_timeout", receipt="a\nb")
    rows = log_words.rows(failed)
    assert ("receipt", "a b") in rows
    assert ("", row(Reason.GATE_TIMEOUT).en) in rows
    assert ("values", "size=12") in log_words.rows(EVERY[5])
    for record in EVERY:
        assert all(value for _, value in log_words.rows(record))


def test_json_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    log_words.print_json({"index": 3, "record": EVERY[4]})
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    assert json.loads(printed)["record"]["kind"] == "operation"


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Found Path", "Found Path"),
        ("Score Exceeded (Total Score: %{TX.ANOMALY_SCORE})", "Score Exceeded"),
        ("Restricted (%{MATCHED_VAR}) here (a)", "Restricted here (a)"),
        ("Level scores: %{TX.PL1}, %{TX.PL2} (50%)", "Level scores: …, … (50%)"),
        ("cut: %{TX.NA", "cut: …"),
    ],
)
def test_a_message_is_shown_without_its_macros(message: str, shown: str) -> None:
    assert log_words.message_words(message) == shown
