"""A rule on its own: what is listed, where it matched, and what stops it."""

from __future__ import annotations

import pytest

from policy.effort import MATCH_CHARGE
from policy.engine.limits import FIRED_MAX
from policy.engine.records import LimitReached, Records
from policy.engine.rule import changes
from policy.engine.state import State
from policy.operators.match import Match
from policy.operators.pcre import QUICK_CHARGE
from policy.seclang.ast import EngineMode
from policy.variables.facts import RequestFacts
from policy.variables.transaction import Transaction
from tests.unit.policy.engine.beside import run as run_rules
from tests.unit.policy.engine.building import compiled
from tests.unit.policy.engine.test_targets import state


def test_where_the_last_link_matched_last() -> None:
    run = state()
    (rule,) = compiled(
        'SecRule ARGS "@rx ." "id:1,phase:1,chain"\nSecRule REQUEST_HEADERS|REQUEST_URI "@rx b=" "t:lowercase"'
    )
    assert rule.evaluate(run)
    (fired,) = run.fired
    assert (fired.target, fired.start, fired.end, fired.exhausted, fired.interrupts) == (
        b"REQUEST_URI",
        6,
        8,
        False,
        False,
    )
    assert (fired.file, fired.line) == ("rules", 1)


def test_only_the_named_values_are_looked_at() -> None:
    run = state()
    (rule,) = compiled('SecRule ARGS "@rx ." "id:1,phase:1,setvar:tx.n=+1"')
    assert rule.evaluate(run, {b"2"})
    assert run.tx[b"n"] == b"1"
    assert not rule.evaluate(run, set())


def test_a_limit_that_was_met_is_a_match_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault: the pattern engine gives up."""
    run = state()
    (rule,) = compiled('SecRule ARGS:b "@streq x" "id:1,phase:1"')
    monkeypatch.setattr("policy.operators.strings.Streq.match", lambda *_: Match(0, 1, (), exhausted=True))
    assert rule.evaluate(run)
    assert run.fired[0].exhausted
    assert run.get("MSC_PCRE_LIMITS_EXCEEDED")[0].value == b"1"


@pytest.mark.parametrize(
    "text",
    [
        'SecRule ARGS:b "@rx [x]" "id:1,phase:1"',
        'SecRule ARGS:b "!@rx [^x]" "id:1,phase:1"',
        'SecRule ARGS:b "@rx [x]" "id:1,phase:1,capture,chain"\nSecRule TX:1 "@streq x"',
    ],
)
def test_where_a_limit_was_met_no_rule_says_that_it_does_not_match(text: str) -> None:
    run = state()
    (rule,) = compiled(text)
    assert not rule.evaluate(run)
    run.effort.left = -1
    assert rule.evaluate(run)


@pytest.mark.parametrize("action", ["allow", "skip:1", "skipAfter:END", "ctl:ruleRemoveById=9", "ctl:ruleEngine=Off"])
def test_where_a_limit_was_met_nothing_is_let_off(action: str) -> None:
    run = state()
    (rule,) = compiled(f'SecRule ARGS:b "@rx [x]" "id:1,phase:1,pass,{action}"')
    assert not rule.evaluate(run)
    run.effort.left = -1
    assert not rule.evaluate(run)
    assert run.transaction.exceeded == "PCRE_STEPS"  # which ends the exchange (test_evaluate)


def test_a_ctl_without_effect_lets_nothing_off() -> None:
    run = state()
    (rule,) = compiled('SecRule ARGS:b "@rx [x]" "id:1,phase:1,pass,ctl:auditLogParts=+E"')
    run.effort.left = -1
    assert rule.evaluate(run)
    assert not run.transaction.exceeded


def test_a_limit_that_was_met_is_a_match_under_a_negated_operator_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault: the pattern engine gives up."""
    run = state()
    (rule,) = compiled('SecRule ARGS:b "!@streq x" "id:1,phase:1"')
    monkeypatch.setattr("policy.operators.strings.Streq.match", lambda *_: Match(0, 1, (), exhausted=True))
    assert rule.evaluate(run)
    assert [(one.id, one.exhausted) for one in run.fired] == [(1, True)]
    assert rule.links[0].matches_value(b"1", characters=False)


def test_what_fires_is_bounded() -> None:
    run = state()
    (rule,) = compiled('SecAction "id:1,phase:1,msg:m"')
    for _ in range(FIRED_MAX):
        assert rule.evaluate(run)
    with pytest.raises(LimitReached, match="FIRED_MAX"):
        rule.evaluate(run)


def test_multimatch_lists_each_match() -> None:
    done = run_rules('SecRule ARGS "@rx ." "id:1,phase:1,multiMatch,t:uppercase,msg:\'%{MATCHED_VAR}\'"')
    assert [fired.message for fired in done.fired] == [b"abc", b"ABC", b"1"]


def test_matched_variables_are_those_of_the_rule_itself() -> None:
    run = state()
    first, second = compiled(
        'SecRule ARGS "@rx ." "id:1,phase:1"\nSecRule ARGS:b "@rx ." "id:2,phase:1,chain"\nSecRule &MATCHED_VARS "@eq 1"'
    )
    assert first.evaluate(run)
    assert second.evaluate(run)


def test_a_message_that_asks_for_itself_ends() -> None:
    done = run_rules("SecRule ARGS \"@rx .\" \"id:1,phase:1,msg:'<%{RULE.msg}>',logdata:'%{RULE.id} %{RULE.logdata}'\"")
    assert (done.fired[0].message, done.fired[0].logdata) == (b"<<>>", b"1  ")


def test_stages_are_the_value_and_each_change() -> None:
    assert list(changes([bytes.lower, bytes.strip, bytes.upper], b"A ")) == [b"A ", b"a ", b"a", b"A"]
    assert list(changes([], b"A")) == [b"A"]


def _effort_left(values: int, left: int) -> tuple[bytes, int]:
    """How often the rule counted, and the steps that are left behind it."""
    arguments = b"&".join([b"a=x%d" % number for number in range(values)])
    run = State(Transaction(RequestFacts(method=b"GET", uri=b"/?" + arguments)), {}, Records(), EngineMode.ON)
    (rule,) = compiled('SecRule ARGS "@rx x." "id:1,phase:1,setvar:tx.n=+1"')
    run.effort.left = left
    assert rule.evaluate(run)
    return run.tx[b"n"], run.effort.left


def test_each_try_and_each_match_is_paid_for() -> None:
    each = QUICK_CHARGE + len(b"x0") + MATCH_CHARGE
    assert _effort_left(10, 10 * each) == (b"10", 0)
    assert _effort_left(10, 9 * each) == (b"10", -each)


def test_when_nothing_is_tried_any_more_one_match_speaks_for_all_values() -> None:
    assert _effort_left(10, -1) == (b"1", -1 - MATCH_CHARGE)
    assert _effort_left(1_000, 0) == (b"1", -QUICK_CHARGE - len(b"x0") - MATCH_CHARGE)
