"""Which rules are looked for, in what their chains make of which variables."""

from __future__ import annotations

import pytest

from policy.engine.scanplan import is_sifted, make_plan
from tests.unit.policy.engine.building import compiled

RULES = [
    ('ARGS "@rx a"', True), ('ARGS|TX:a "@rx a"', False), ('ARGS "!@rx a"', False), ('&ARGS "@eq 1"', False),
    ('ARGS:a "@rx a"', False), ('ARGS:a|ARGS_NAMES "@rx a"', True), ('REQUEST_HEADERS:Host "@rx a"', False),
    ('REQUEST_METHOD "@rx a"', False), ('REQUEST_BODY "@rx a"', True), ('RESPONSE_BODY "@pm a b"', True),
    ('REQUEST_URI "@rx %00"', True), ('REQUEST_URI "@rx %"', False), ('XML:/* "@rx a"', True), ('ARGS "@rx %{tx.a}"', False),
    ('MATCHED_VARS "@rx a"', False), ('REQUEST_COOKIES|!REQUEST_COOKIES:/x/ "@rx a"', True),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "sifted"), RULES)
def test_what_is_looked_for(rule: str, sifted: bool) -> None:
    (one,) = compiled(f'SecRule {rule} "id:1,phase:2"')
    assert is_sifted(one) is sifted


def test_every_kind_was_looked_at() -> None:
    assert len(RULES) == 16


CHAINS = [
    ("@rx a", "t:lowercase", True, [()]),
    ("@rx A", "t:lowercase", False, [("lowercase",)]),
    ("@rx [^A-Z]", "t:lowercase", False, [("lowercase",)]),
    ("@rx (?-i:a)", "t:lowercase", False, [("lowercase",)]),
    (r"@rx \x41", "t:lowercase", False, [("lowercase",)]),
    (r"@rx \W\D\S[\x5c]", "t:lowercase", True, [()]),
    ("@rx a", "t:urlDecodeUni,t:lowercase,t:removeNulls", True, [("urldecodeuni", "removenulls")]),
    ("@rx a", "t:lowercase,t:urlDecode", True, [("lowercase", "urldecode")]),
    ("@rx a", "t:cmdLine", True, [("cmdline-",)]),
    ("@rx a", "t:cmdLine,t:jsDecode", True, [("cmdline", "jsdecode")]),
    ("@pm a", "t:lowercase", True, [()]),
    ("@rx a", "t:trim,t:lowercase,multiMatch", True, [(), ("trim",), ("trim",)]),
    ("@rx a", "t:trim", False, [("trim",)]),
]


@pytest.mark.parametrize(("operator", "actions", "caseless", "chains"), CHAINS)
def test_steps_that_only_change_case_are_left_to_the_needle(
    operator: str, actions: str, caseless: bool, chains: list[tuple[str, ...]]
) -> None:
    plan = make_plan(compiled(f'SecRule ARGS "{operator}" "id:1,phase:2,t:none,{actions}"'), characters=True)
    (wanted,) = plan.wanted
    assert wanted.needle.caseless is (caseless or operator.startswith("@pm"))
    assert [tuple(step.name for step in plan.chains[number]) for number in wanted.chains] == chains


def test_every_chain_was_planned() -> None:
    assert len(CHAINS) == 13


def test_bulky_variables_are_a_group_of_their_own() -> None:
    rules = 'SecRule ARGS "@rx a" "id:%d,phase:2,t:%s"\n'
    names = ("urlDecode", "jsDecode", "cssDecode", "hexDecode", "trim")
    text = "".join(rules % (number, name) for number, name in enumerate(names, 1))
    plan = make_plan(compiled(text + 'SecRule ARGS|REQUEST_BODY "@rx b" "id:9,phase:2,t:trim"'), characters=False)
    assert [sorted(source.name for source in group.sources) for group in plan.groups] == [["ARGS"], ["REQUEST_BODY"]]
    assert [len(group.chains) for group in plan.groups] == [5, 1]
    text += 'SecRule REQUEST_HEADERS|REQUEST_BODY "@rx b" "id:9,phase:2,t:trim"'
    plan = make_plan(compiled(text), characters=False)
    named = [sorted(source.name for source in group.sources) for group in plan.groups]
    assert named == [["ARGS"], ["REQUEST_HEADERS"], ["REQUEST_BODY"]]
