"""Rule sets as an operator declares them: settings between set-up and rules, exclusions, and what is wrong with both."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from policy.engine.evaluate import Run
from policy.problems import PolicyInvalid
from policy.rule_set import RuleSet, RuleSetFiles, load_rule_set
from policy.seclang.ast import EngineMode
from policy.variables.facts import RequestFacts
from policy.variables.transaction import Transaction
from tests.unit.policy.rule_sets import RULES, exclusion, rule_set, write_rules


def tx_of(rules: RuleSet) -> dict[bytes, bytes]:
    run = Run(rules.program, Transaction(RequestFacts(method=b"GET", uri=b"/")))
    run.phase(1)
    return dict(run.tx)


def test_settings_stand_behind_the_setup_and_ahead_of_the_rules(tmp_path: Path) -> None:
    setup = write_rules(
        tmp_path, 'SecAction "id:900,phase:1,pass,nolog,setvar:tx.paranoia_level=1,setvar:tx.own=7"', "setup.conf"
    )
    rules = write_rules(
        tmp_path,
        'SecRule &TX:inbound_anomaly_score_threshold "@eq 0" "id:901,phase:1,pass,nolog,setvar:tx.inbound_anomaly_score_threshold=99"\n'
        'SecRule TX:paranoia_level "@eq 3" "id:902,phase:1,pass,nolog,setvar:tx.seen=yes"',
    )
    files = RuleSetFiles(
        name="x", setup=(str(setup),), rules=(str(rules),), paranoia_level=3, inbound_threshold=7, outbound_threshold=6
    )
    tx = tx_of(load_rule_set(files))
    wanted = {
        b"own": b"7",
        b"seen": b"yes",
        b"paranoia_level": b"3",
        b"executing_paranoia_level": b"3",
        b"blocking_paranoia_level": b"3",
        b"detection_paranoia_level": b"3",
        b"inbound_anomaly_score_threshold": b"7",
        b"outbound_anomaly_score_threshold": b"6",
    }
    assert {name: tx.get(name) for name in wanted} == wanted


def test_without_settings_the_files_decide(tmp_path: Path) -> None:
    rules = write_rules(tmp_path, 'SecAction "id:900,phase:1,pass,nolog,setvar:tx.paranoia_level=2"')
    assert tx_of(load_rule_set(RuleSetFiles(name="x", rules=(str(rules),))))[b"paranoia_level"] == b"2"


def test_bodies_are_read_and_rules_run_unless_the_files_say_otherwise(tmp_path: Path) -> None:
    settings = rule_set(tmp_path).program.settings
    assert (settings.rule_engine, settings.request_body_access) == (EngineMode.ON, True)
    assert rule_set(tmp_path, "SecRequestBodyAccess Off").program.settings.request_body_access is False


def test_the_mode_wins_over_the_files(tmp_path: Path) -> None:
    rules = rule_set(tmp_path, "SecRuleEngine On\n" + RULES, mode="detect")
    assert rules.program.settings.rule_engine is EngineMode.DETECTION_ONLY
    rules = rule_set(tmp_path, "SecRuleEngine DetectionOnly\n" + RULES)
    assert rules.program.settings.rule_engine is EngineMode.ON


def test_globs_are_read_in_the_order_of_names(tmp_path: Path) -> None:
    for name, value in (("20.conf", "late"), ("10.conf", "early")):
        write_rules(tmp_path, f'SecAction "id:{name[:2]},phase:1,pass,nolog,setvar:tx.last={value}"', name)
    assert tx_of(load_rule_set(RuleSetFiles(name="x", rules=(f"{tmp_path}/*.conf",))))[b"last"] == b"late"


def test_messages_are_those_that_were_written(tmp_path: Path) -> None:
    assert rule_set(tmp_path).messages[101] == "Probe %{MATCHED_VAR}"


@pytest.mark.parametrize(
    ("day", "route", "count"),
    [("2030-03-31", "a", 2), ("2030-04-01", "a", 1), ("2030-03-31", "b", 1), ("2031-01-01", "b", 0)],
)
def test_exclusions_hold_for_their_route_and_until_their_day(tmp_path: Path, day: str, route: str, count: int) -> None:
    rules = rule_set(
        tmp_path,
        exclusions=(
            exclusion(102, "ARGS:memo", "a"),
            exclusion(103, route="a", expires="2030-12-31"),
            exclusion(104, route="b"),
        ),
    )
    assert len(rules.effects(route, date.fromisoformat(day).toordinal())) == count


def test_every_problem_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    path = write_rules(tmp_path, 'SecRule ARGS "@rx (" "id:1,phase:2,deny"\nSecNonsense On\n')
    with pytest.raises(PolicyInvalid) as caught:
        load_rule_set(RuleSetFiles(name="x", rules=(str(path),)))
    assert {(problem.path, problem.line) for problem in caught.value.problems} >= {(str(path), 2)}
    assert all(problem.mend for problem in caught.value.problems)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PolicyInvalid, match="no such file"):
        load_rule_set(RuleSetFiles(name="x", rules=(f"{tmp_path}/none/*.conf",)))


def test_an_exclusion_of_an_unknown_target(tmp_path: Path) -> None:
    with pytest.raises(PolicyInvalid, match="exclusion of rule 102"):
        rule_set(tmp_path, exclusions=(exclusion(102, "NONSENSE:x"),))


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    path = write_rules(tmp_path)
    rules = load_rule_set(RuleSetFiles(name="x", rules=(str(path),)), cache=tmp_path / "none")
    assert rules.messages[102] == "Union"
