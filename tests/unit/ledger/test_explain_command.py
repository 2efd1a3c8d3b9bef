"""`sekisho policy explain`: from a reference to why, and to an exclusion that the configuration takes."""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from policy.narrowest import DAYS
from relay import cli
from relay.base.errors import ConfigInvalid
from relay.base.reasons import Reason, row
from relay.ledger.explain_command import transfer_as_quoted
from relay.ledger.store import LogStore
from relay.settings.load import load_host
from relay.tree.note import Signer
from relay.tree.record import Finding, Record, Refusal, RuleMatch, encode_record
from tests.log_samples import JOURNAL_BYTES, START_MS, intent, outcome, refusal, remark, transfer
from tests.ruled import configuration

Printed = pytest.CaptureFixture[str]


def match(number: int, message: str, *tags: str, phase: int = 2, span: tuple[int, int] = (3, 15)) -> RuleMatch:
    return RuleMatch(number, phase, message, tags, 2, *span, False)


UNION = Finding("rules", "rules_matched", "ARGS:memo", "", match(102, "Union", "attack-sqli"))
TOTAL = Finding("rules", "rules_matched", "TX:anomaly_score", "", match(949, "Inbound Anomaly Score Exceeded"))
LEAK = Finding(
    "rules", "response_refused", "RESPONSE_BODY", "", match(105, "Stack trace", "attack-disclosure", phase=4)
)
COOKIE = Finding("rules", "rules_matched", "REQUEST_COOKIES", "", match(777, "Gone", "attack-xss"))


def refused(number: int, reason: Reason, findings: tuple[Finding, ...], route: str = "memo") -> Refusal:
    sample = refusal(number)
    entry = row(reason)
    return Refusal(
        time=sample.time, transfer=sample.transfer, role="front", reason=reason, stage=entry.stage, status=entry.status,
        tenant="city-a", route=route, source=sample.source, findings=findings, tls_version="", tls_group="", worker=0,
    )  # fmt: skip


RECORDS: Sequence[Record] = (
    refused(1, Reason.RULES_MATCHED, (UNION, UNION, TOTAL)),
    refused(2, Reason.FIELD_UNDECLARED, (Finding("schema", "field_undeclared", "", "undeclared"),)),
    refused(3, Reason.FIELD_INVALID, (Finding("schema", "field_invalid", "memo", "too_long"),)),
    refused(4, Reason.HEADER_INVALID, (), route=""),
    intent(5),
    outcome(5, 4),
    refused(5, Reason.RESPONSE_REFUSED, (LEAK,)),
    intent(6),
    outcome(6, 7),
    refused(7, Reason.RULES_MATCHED, (COOKIE,)),
    refused(8, Reason.RULES_MATCHED, (Finding("rules", "rules_matched", "", "rules_limit"),)),
    structs.replace(intent(9), tenant="city-a", route="memo", findings=(UNION,)),
    outcome(9, 11),
    structs.replace(remark(9, 11), tenant="city-a", route="memo", findings=(LEAK,)),
    refused(10, Reason.CHUNK_INVALID, (UNION,)),
)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = configuration(tmp_path_factory.mktemp("explain"))
    settings = load_host(path)
    signer = Signer.generate(settings.ledger.origin)
    directory = Path(settings.ledger.directory)
    directory.mkdir()
    store = LogStore.open(directory, settings.ledger.origin, signer, START_MS, journal_bytes=JOURNAL_BYTES)
    store.append([encode_record(record) for record in RECORDS])
    store.close()
    return path


def run(number: int, config: Path, *more: str) -> int:
    return cli.main(["policy", "explain", transfer(number), "--config", str(config), *more])


def explained(number: int, config: Path, capsys: Printed) -> dict[str, Any]:
    assert run(number, config, "--json") == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_refusal_by_rules(config: Path, capsys: Printed) -> None:
    assert run(1, config) == 0
    printed = capsys.readouterr().out
    assert "拒否 refused  403 rules_matched" in printed
    assert row(Reason.RULES_MATCHED).ja in printed
    assert "102  phase 2  ARGS:memo（備考 Notes）  [3:15]  Union" in printed
    assert "protects against: SQL injection" in printed
    assert "守るもの: SQL インジェクション" in printed
    assert "949 Inbound Anomaly Score Exceeded" in printed
    assert "合計するルール" in printed
    assert printed.count("[[rule_exclusion]]") == 1
    today = (datetime.now(UTC) + timedelta(hours=9)).date()
    pasted = tomllib.loads(printed[printed.index("[[rule_exclusion]]") :].partition("#")[0])["rule_exclusion"][0]
    expires = date.fromisoformat(pasted.pop("expires"))
    assert expires - today in (timedelta(days=DAYS), timedelta(days=DAYS - 1))  # the day may have turned meanwhile
    assert pasted == {"rule_set": "small", "rule": 102, "target": "ARGS:memo", "route": "memo", "reason": "…"}


def test_what_is_pasted_loads_once_the_reason_is_written(config: Path, tmp_path: Path, capsys: Printed) -> None:
    toml = explained(1, config, capsys)["exclusions"][0]["toml"]
    pasted = tmp_path / "sekisho.toml"
    pasted.write_text(config.read_text() + "\n" + toml)
    with pytest.raises(ConfigInvalid, match="reason"):
        load_host(pasted)
    pasted.write_text(config.read_text() + "\n" + toml.replace("…", "notes quote laws"))
    loaded = load_host(pasted).rule_exclusion
    assert [(one.rule, one.target, one.route) for one in loaded] == [(102, "ARGS:memo", "memo")]


def test_for_machines(config: Path, capsys: Printed) -> None:
    found = explained(1, config, capsys)
    assert (found["refused"], found["reason"], found["stage"], found["status"]) == (True, "rules_matched", "rules", 403)
    assert (found["tenant"], found["route"], found["rule_set"]) == ("city-a", "memo", "small")
    assert [one["kind"] for one in found["records"]] == ["refusal"]
    assert [one["rule"]["id"] for one in found["findings"]] == [102, 102, 949]
    union, total = found["exclusions"]
    assert (union["reach"], union["target"], union["route"]) == ("value", "ARGS:memo", "memo")
    assert union["place"].endswith("ruled/rules.conf:2")
    assert union["protects_en"].startswith("SQL injection")
    assert (total["reach"], total["toml"]) == ("none", "")


def test_refusals_of_other_stages(config: Path, capsys: Printed) -> None:
    for number, words in (
        (2, "schema: 手続に定めのない項目です"),
        (3, "schema: memo （備考 Notes） 長すぎます  too long [field_invalid]"),
        (4, "header_invalid（段階 stage: framing）"),
        (8, "larger or deeper than the rules stage reads"),
    ):
        assert run(number, config) == 0
        printed = capsys.readouterr().out
        assert words in printed
        assert "[[rule_exclusion]]" not in printed


def test_an_answer_that_rules_refused(config: Path, capsys: Printed) -> None:
    found = explained(5, config, capsys)
    assert [one["kind"] for one in found["records"]] == ["intent", "outcome", "refusal"]
    assert (found["reason"], found["route"]) == ("response_refused", "memo")
    assert (found["exclusions"][0]["reach"], found["exclusions"][0]["target"]) == ("variable", "RESPONSE_BODY")


def test_what_was_not_refused(config: Path, capsys: Printed) -> None:
    assert run(6, config) == 0
    assert "拒否していません  not refused" in capsys.readouterr().out


def test_what_rules_noticed_of_request_and_answer(config: Path, capsys: Printed) -> None:
    assert run(9, config) == 0
    printed = capsys.readouterr().out
    for words in ("not refused, but rules fired", "102", "105", "[[rule_exclusion]]"):
        assert words in printed
    assert run(9, config, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [finding["rule"]["id"] for finding in found["findings"]] == [102, 105]
    assert [record["kind"] for record in found["records"]] == ["intent", "outcome", "remark"]


def test_where_something_else_refused_no_exclusion_is_proposed(config: Path, capsys: Printed) -> None:
    assert run(10, config) == 0
    printed = capsys.readouterr().out
    assert "chunk_invalid" in printed and "102  phase 2" in printed and "no exclusion would help" in printed
    assert "[[rule_exclusion]]" not in printed


def test_a_rule_that_is_there_no_more(config: Path, capsys: Printed) -> None:
    one = explained(7, config, capsys)["exclusions"][0]
    assert (one["place"], one["reach"], one["target"]) == ("", "collection", "REQUEST_COOKIES")
    assert run(7, config) == 0
    printed = capsys.readouterr().out
    assert "not in the rule set as it is now" in printed
    assert "narrow target to REQUEST_COOKIES:name" in printed


def test_an_exclusion_that_has_run_out_is_named(config: Path, tmp_path: Path, capsys: Printed) -> None:
    toml = explained(1, config, capsys)["exclusions"][0]["toml"].replace("…", "notes quote laws")
    expired = "\n".join(
        line if not line.startswith("expires") else 'expires = "2026-03-31"' for line in toml.split("\n")
    )
    pasted = tmp_path / "sekisho.toml"
    pasted.write_text(config.read_text() + "\n" + expired)
    assert explained(1, pasted, capsys)["exclusions"][0]["expired"] == "2026-03-31"
    assert run(1, pasted) == 0
    assert "同じ除外が 2026-03-31 に期限切れ" in capsys.readouterr().out


def test_rules_that_cannot_be_read_are_a_note(config: Path, tmp_path: Path, capsys: Printed) -> None:
    moved = tmp_path / "sekisho.toml"
    moved.write_text(config.read_text().replace("ruled/rules.conf", "ruled/absent.conf"))
    found = explained(1, moved, capsys)
    assert "absent.conf" in found["notes"][0]
    assert [one["reach"] for one in found["exclusions"]] == ["value", "none"]


def test_what_cannot_be_explained(config: Path, tmp_path: Path, capsys: Printed) -> None:
    elsewhere = tmp_path / "sekisho.toml"
    elsewhere.write_text(config.read_text().replace("site/log", "site/absent"))
    cases = [
        (99, config, 1, "no record of transfer"),
        (1, elsewhere, 78, "there is no log directory"),
        (1, tmp_path / "absent.toml", 78, "does not exist"),
    ]
    assert len(cases) == 3
    for number, path, code, words in cases:
        assert run(number, path) == code
        printed = capsys.readouterr().err
        assert words in printed
        assert "mend: " in printed
        assert run(number, path, "--json") == code
        assert words in json.loads(capsys.readouterr().out)["problems"][0]["message"]


def test_a_reference_as_people_write_it_down() -> None:
    wanted = transfer(0xABC)
    wide = str.maketrans({character: chr(ord(character) + 0xFEE0) for character in "0123456789abcdef"})
    for quoted in (wanted, wanted.upper(), f" {wanted}\n", wanted.replace("-", "－"), wanted.replace("-", "ー"),
                   wanted.translate(wide), wanted[:14] + " " + wanted[14:]):  # fmt: skip
        assert transfer_as_quoted(quoted) == wanted
    for other in ("", "12", wanted[:-1], wanted + "0"):
        with pytest.raises(argparse.ArgumentTypeError):
            transfer_as_quoted(other)
