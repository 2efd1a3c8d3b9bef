"""SecRuleRemove* and SecRuleUpdate*: which rules they meet, and what becomes of them."""

from __future__ import annotations

import pytest

from policy.seclang.ast import Rule, RuleSet
from policy.seclang.faults import SecLangInvalid
from policy.seclang.load import Source, load

RULES = """
SecRule ARGS|TX:a "@rx a" "id:10,phase:2,deny,t:trim,msg:'First one',tag:x,tag:y,severity:2"
SecRule ARGS "@rx b" "id:20,phase:2,pass,msg:'Second',tag:y"
SecRule ARGS "@rx c" "id:30,phase:2,pass,tag:z,chain"
    SecRule ARGS "@rx d" "tag:link,msg:'Link',t:lowercase"
"""


def loaded(update: str, *, before: bool) -> RuleSet:
    texts = [Source("rules", RULES), Source("update", update)]
    return load(texts[::-1] if before else texts)


def ids(found: RuleSet) -> list[int]:
    return [rule.id for rule in found.rules]


def targets(rule: Rule) -> str:
    return "|".join(str(target) for target in rule.targets)


REMOVALS = [
    ("SecRuleRemoveById 10", [20, 30]),
    ("SecRuleRemoveById 10 30", [20]),
    ("SecRuleRemoveById 10,30", [20]),
    ('SecRuleRemoveById "10 15-40"', []),
    ("SecRuleRemoveById 11-30", [10]),
    ("SecRuleRemoveByTag y", [30]),
    ('SecRuleRemoveByTag "z"', [10, 20]),
    ("SecRuleRemoveByMsg Second", [10, 30]),
    ('SecRuleRemoveByMsg "First one"', [20, 30]),
]


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize(("update", "left"), REMOVALS)
def test_rules_are_removed_wherever_the_directive_stands(update: str, left: list[int], before: bool) -> None:
    found = loaded(update, before=before)
    assert ids(found) == left
    assert found.notes == ()


NOTHING = [
    "SecRuleRemoveById 11-19",
    "SecRuleRemoveByTag link",
    "SecRuleRemoveByTag ^y",
    "SecRuleRemoveByMsg First",
    'SecRuleUpdateTargetById 99 "!ARGS"',
    'SecRuleUpdateTargetById 10:1 "!ARGS"',
    'SecRuleUpdateTargetByTag X "!ARGS"',
    'SecRuleUpdateTargetByMsg one "!ARGS"',
    'SecRuleUpdateActionById 99 "pass"',
]


@pytest.mark.parametrize("update", NOTHING)
def test_a_directive_that_meets_no_rule_is_noted(update: str) -> None:
    found = loaded(update, before=False)
    assert ids(found) == [10, 20, 30]
    (note,) = found.notes
    assert str(note).startswith(f"update:1: {update.split()[0]} ")
    assert note.message.endswith("meets no rule")


IDLE = [  # an exclusion of rule 10, whose targets are ARGS and TX:a, and whether something is taken out
    ("!ARGS", True), ("!args:x", True), ("!ARGS:/x/", True), ("!TX:b", True),
    ("!TX", False), ("!ARGS_NAMES", False), ("!XML", False), ("!XML:/*", False),
]  # fmt: skip


@pytest.mark.parametrize(("target", "takes"), IDLE)
def test_an_exclusion_that_takes_nothing_out_is_noted(target: str, takes: bool) -> None:
    notes = loaded(f'SecRuleUpdateTargetById 10 "{target}"', before=False).notes
    assert [note.message for note in notes] == ([] if takes else [
        f"SecRuleUpdateTargetById 10 with {target} takes nothing out: none of the rules looks at it as it is written"
    ])  # fmt: skip


def test_an_xpath_target_is_taken_out_as_it_is_written() -> None:
    rule = 'SecRule XML:/* "a" "id:1,phase:2"\n'
    for target, noted in (("XML:/*", 0), ("XML", 1), ("XML://@*", 1)):
        assert len(load([Source("f", f'{rule}SecRuleUpdateTargetById 1 "!{target}"')]).notes) == noted


def test_every_exclusion_was_tried() -> None:
    assert len(IDLE) == 8


TARGETS = [
    ('SecRuleUpdateTargetById 10 "!ARGS:x"', 10, 0, "ARGS|TX:a|!ARGS:x"),
    ("SecRuleUpdateTargetById 10 !ARGS:x", 10, 0, "ARGS|TX:a|!ARGS:x"),
    ('SecRuleUpdateTargetById "10" "!ARGS:x,!ARGS:/y/"', 10, 0, "ARGS|TX:a|!ARGS:x|!ARGS:/y/"),
    ('SecRuleUpdateTargetById 10 "REQUEST_URI|!ARGS:x"', 10, 0, "REQUEST_URI|ARGS|TX:a|!ARGS:x"),
    ('SecRuleUpdateTargetById 1-15 "&TX:b"', 10, 0, "&TX:b|ARGS|TX:a"),
    ('SecRuleUpdateTargetById 10 "REQUEST_URI" "TX:a"', 10, 0, "REQUEST_URI|ARGS"),
    ('SecRuleUpdateTargetById 10 "REQUEST_URI" "TX:b"', 10, 0, "ARGS|TX:a"),
    ('SecRuleUpdateTargetById 30 "!ARGS:x"', 30, 0, "ARGS|!ARGS:x"),
    ('SecRuleUpdateTargetById 30 "!ARGS:x"', 30, 1, "ARGS"),
    ('SecRuleUpdateTargetById 30:1 "!ARGS:x"', 30, 1, "ARGS|!ARGS:x"),
    ('SecRuleUpdateTargetById 30:1 "!ARGS:x"', 30, 0, "ARGS"),
    ('SecRuleUpdateTargetByTag y "!ARGS:x"', 20, 0, "ARGS|!ARGS:x"),
    ('SecRuleUpdateTargetByTag link "!ARGS:x"', 30, 1, "ARGS|!ARGS:x"),
    ('SecRuleUpdateTargetByTag link "!ARGS:x"', 30, 0, "ARGS"),
    ('SecRuleUpdateTargetByMsg "First one" "!ARGS:x"', 10, 0, "ARGS|TX:a|!ARGS:x"),
    ('SecRuleUpdateTargetByMsg Link "!ARGS:x"', 30, 1, "ARGS|!ARGS:x"),
    ('SecRuleUpdateTargetById 10 "TX:1"\nSecRuleUpdateTargetByTag x "TX:2"\nSecRuleUpdateTargetByMsg "First one" "TX:3"',
     10, 0, "TX:2|TX:3|TX:1|ARGS|TX:a"),
]  # fmt: skip


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize(("update", "number", "link", "wanted"), TARGETS)
def test_targets_are_added_and_taken_away(update: str, number: int, link: int, wanted: str, before: bool) -> None:
    (rule,) = [rule for rule in loaded(update, before=before).rules if rule.id == number]
    assert targets(rule.links[link]) == wanted


ACTIONS = [
    ("pass", ["msg:First one", "tag:x", "tag:y", "severity:2", "pass"]),
    ("msg:'New'", ["deny", "tag:x", "tag:y", "severity:2", "msg:New"]),
    ("block", ["msg:First one", "tag:x", "tag:y", "severity:2", "block"]),
    ("tag:new,nolog", ["deny", "msg:First one", "tag:x", "tag:y", "severity:2", "tag:new", "nolog"]),
    ("status:409,drop", ["msg:First one", "tag:x", "tag:y", "severity:2", "status:409", "drop"]),
]


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize(("actions", "wanted"), ACTIONS)
def test_actions_are_replaced_or_added(actions: str, wanted: list[str], before: bool) -> None:
    rule = loaded(f'SecRuleUpdateActionById 10 "{actions}"', before=before).rules[0]
    assert [str(action) for action in rule.actions] == wanted


def test_transformations_of_a_rule_or_link_are_changed() -> None:
    first, _, third = loaded(
        'SecRuleUpdateActionById 10 "t:none,t:length"\nSecRuleUpdateActionById 30:1 "t:trim"', before=True
    ).rules
    assert first.transformations == ("length",)
    assert third.chain[0].transformations == ("lowercase", "trim")


PROBLEMS = [
    ("SecRuleRemoveById a", "neither a rule id nor a range"),
    ("SecRuleRemoveById 3-2", "ends before it begins"),
    ("SecRuleRemoveByTag a b", "one tag is expected, not 2"),
    ('SecRuleRemoveByMsg ""', "one msg is expected"),
    ("SecRuleUpdateTargetById 1", "rules and targets are expected"),
    ("SecRuleUpdateTargetById 1 2 3 4", "rules and targets are expected"),
    ('SecRuleUpdateTargetById 1 "FOO"', "there is no variable FOO"),
    ('SecRuleUpdateTargetById 1:99999 "ARGS"', "neither a rule id"),
    ("SecRuleUpdateActionById 1", "a rule and actions are expected"),
    ('SecRuleUpdateActionById 1 ""', "no action is given"),
    ('SecRuleUpdateActionById 1 "id:2"', "id of a rule cannot be changed"),
    ('SecRuleUpdateActionById 1 "phase:2"', "phase of a rule cannot be changed"),
    ('SecRuleUpdateActionById 1 "chain"', "chain of a rule cannot be changed"),
]


@pytest.mark.parametrize(("update", "message"), PROBLEMS)
def test_what_says_nothing_of_rules_is_refused(update: str, message: str) -> None:
    with pytest.raises(SecLangInvalid) as raised:
        loaded(update, before=False)
    (problem,) = raised.value.problems
    assert message in problem.message
    assert problem.mend


def test_the_cases_are_all_there() -> None:
    assert [len(cases) for cases in (REMOVALS, NOTHING, TARGETS, ACTIONS, PROBLEMS)] == [9, 9, 17, 5, 13]
