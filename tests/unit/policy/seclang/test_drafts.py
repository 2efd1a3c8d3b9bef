"""SecDefaultAction and how a rule comes out of what was written."""

from __future__ import annotations

import pytest

from policy.seclang.action_list import parse_actions
from policy.seclang.ast import ActionCall, Position, Rule
from policy.seclang.drafts import DEFAULT_PHASE, defaults_of, merged
from policy.seclang.faults import SecLangInvalid, WordError
from policy.seclang.load import Source, load


def rule(text: str) -> Rule:
    (found,) = load([Source("f", text)]).rules
    return found


def shown(found: Rule) -> list[str]:
    return [str(action) for action in found.actions]


@pytest.mark.parametrize(
    ("actions", "wanted"),
    [
        ("t:lowercase,t:trim", ["urldecode", "lowercase", "trim"]),
        ("t:none", []),
        ("t:NONE,t:trim", ["trim"]),
        ("t:trim,t:none,t:lowercase", ["lowercase"]),
        ("log", ["urldecode"]),
    ],
)
def test_default_transformations_come_first_unless_the_rule_says_none(actions: str, wanted: list[str]) -> None:
    text = f'SecDefaultAction "phase:2,pass,t:urlDecode"\nSecRule ARGS "@rx a" "id:1,phase:2,{actions}"'
    assert list(rule(text).transformations) == wanted


@pytest.mark.parametrize(
    ("default", "actions", "wanted", "block"),
    [
        ("pass,log", "deny", ["log", "deny"], "pass"),
        ("deny,status:402,log", "block", ["status:402", "log", "block"], "deny"),
        ("deny,status:402,log", "pass", ["status:402", "log", "pass"], "deny"),
        ("deny,status:402", "status:405", ["status:405"], "deny"),
        ("pass,tag:a", "tag:b", ["tag:a", "tag:b"], "pass"),
        ("pass,log,auditlog", "nolog", ["log", "auditlog", "nolog"], "pass"),
        ("redirect:https://a/,log", "block", ["log", "block"], "redirect:https://a/"),
        ("pass,setvar:tx.a=1", "setvar:tx.b=2", ["setvar:tx.a=1", "setvar:tx.b=2"], "pass"),
    ],
)
def test_default_actions_give_way_to_the_rules_own(default: str, actions: str, wanted: list[str], block: str) -> None:
    found = rule(f'SecDefaultAction "phase:2,{default}"\nSecAction "id:1,phase:2,{actions}"')
    assert shown(found) == wanted
    assert str(found.default_action) == block


def test_a_default_is_for_its_phase_and_for_rules_before_it_too() -> None:
    text = 'SecAction "id:1,phase:1"\nSecAction "id:2,phase:2"\nSecDefaultAction "phase:2,deny,tag:a"'
    first, second = load([Source("f", text)]).rules
    assert (shown(first), str(first.default_action)) == ([], "pass")
    assert (shown(second), str(second.default_action)) == (["tag:a"], "deny")


def test_a_link_takes_the_default_transformations_and_no_actions() -> None:
    text = 'SecDefaultAction "phase:2,pass,log,t:trim"\nSecAction "id:1,phase:2,chain"\nSecRule ARGS "a" "setvar:tx.a"'
    (link,) = rule(text).chain
    assert (link.id, link.phase, link.transformations, shown(link)) == (0, 2, ("trim",), ["setvar:tx.a"])


def test_a_phase_that_is_not_named_is_modsecuritys() -> None:
    found = load([Source("f", 'SecDefaultAction "deny,tag:a"\nSecAction "id:1"')])
    assert shown(found.phases[DEFAULT_PHASE][0]) == ["tag:a"]  # type: ignore[arg-type]  # a Rule
    assert [str(note) for note in found.notes] == ["f:2: rule 1 names no phase and runs in phase 1"]


@pytest.mark.parametrize(
    ("actions", "wanted"),
    [
        ("deny,pass", ["pass"]),
        ("pass,deny", ["deny"]),
        ("deny,block", ["deny"]),
        ("block,deny", ["deny"]),
        ("block", ["block"]),
        ("block,block", ["block"]),
        ("msg:a,msg:b", ["msg:b"]),
        ("tag:a,tag:a", ["tag:a", "tag:a"]),
        ("nolog,log,nolog", ["nolog", "log", "nolog"]),
        ("status:400,deny,status:401", ["deny", "status:401"]),
    ],
)
def test_of_actions_that_say_the_same_the_last_one_counts(actions: str, wanted: list[str]) -> None:
    assert [str(action) for action in merged((), parse_actions(actions))] == wanted


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        ("phase:2,log", "without a disruptive action"),
        ("phase:2,block", "without a disruptive action"),
        ("phase:2,pass,block", "block cannot be a default"),
        ("phase:2,pass,id:1", "id cannot be a default"),
        ("phase:2,pass,chain", "chain cannot be a default"),
        ("phase:2,pass,skipAfter:A", "skipafter cannot be a default"),
        ("phase:2,pass,t:none", "t:none cannot be a default"),
    ],
)
def test_what_cannot_be_a_default_is_refused(actions: str, message: str) -> None:
    with pytest.raises(WordError) as raised:
        defaults_of(Position("f", 1), parse_actions(actions))
    assert message in raised.value.message
    assert raised.value.mend


def test_a_phase_has_one_default() -> None:
    with pytest.raises(SecLangInvalid, match="f:2: phase 2 has its SecDefaultAction at f:1"):
        load([Source("f", 'SecDefaultAction "phase:2,pass"\nSecDefaultAction "phase:2,deny"')])


def test_two_lists_are_none() -> None:
    with pytest.raises(SecLangInvalid, match="one list of actions is expected"):
        load([Source("f", "SecDefaultAction phase:2 pass")])


def test_the_id_and_the_chain_are_no_actions_of_the_rule() -> None:
    found = rule('SecAction "id:7,phase:2,chain,log"\nSecAction "nolog"')
    assert (found.id, found.phase, shown(found), len(found.links)) == (7, 2, ["log"], 2)
    assert found.argument("msg") is None
    assert ActionCall("log") in found.actions
