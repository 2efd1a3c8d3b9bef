"""SecRule, SecAction, SecMarker and chains."""

from __future__ import annotations

import pytest

from policy.seclang.ast import Marker, OperatorCall, Position, Rule, Target
from policy.seclang.faults import SecLangInvalid
from policy.seclang.load import Source, load


def problems(text: str) -> list[tuple[int, str]]:
    with pytest.raises(SecLangInvalid) as raised:
        load([Source("f", text)])
    assert all(problem.mend for problem in raised.value.problems)
    return [(problem.position.line, problem.message) for problem in raised.value.problems]


def test_a_rule_is_what_it_says() -> None:
    text = "\nSecRule ARGS|!ARGS:x \\\n  \"!@rx a\" \\\n  \"id:'5',phase:request,t:trim,deny,msg:'Found'\""
    (rule,) = load([Source("f", text)]).rules
    assert rule == Rule(
        position=Position("f", 2), id=5, phase=2, targets=(Target("ARGS"), Target("ARGS", "x", exclude=True)),
        operator=OperatorCall("rx", "a", negated=True), transformations=("trim",), actions=rule.actions,
    )  # fmt: skip
    assert [str(action) for action in rule.actions] == ["deny", "msg:Found"]


def test_an_operator_needs_no_quotation_marks() -> None:
    text = 'SecRule ARGS @streq x "id:1,phase:1"\nSecRule ARGS ^x "id:2,phase:1"\nSecRule ARGS !@within a id:3,phase:1'
    assert [str(rule.operator) for rule in load([Source("f", text)]).rules] == ["@streq x", "@rx ^x", "!@within a"]


def test_an_action_always_matches() -> None:
    (rule,) = load([Source("f", "SecAction id:1,phase:1,pass")]).rules
    assert (rule.targets, rule.operator) == ((), None)


def test_a_chain_is_one_rule() -> None:
    text = 'SecRule ARGS "a" "id:1,phase:3,chain"\n SecRule TX:a "b" "block,chain"\n  SecAction "setvar:tx.b"\n'
    text += 'SecRule ARGS "c" "id:2,phase:1"'
    found = load([Source("f", text)])
    (chain,) = found.phases[3]
    assert isinstance(chain, Rule)
    assert [link.position.line for link in chain.links] == [1, 2, 3]
    assert [(link.id, link.phase, link.chain) for link in chain.chain] == [(0, 3, ())] * 2
    assert len(found.rules) == 2


def test_a_link_needs_no_actions() -> None:
    (rule,) = load([Source("f", 'SecRule ARGS "a" "id:1,phase:1,chain"\nSecRule ARGS "b"\nSecMarker X')]).rules
    assert rule.chain[0].actions == ()


def test_a_marker_stands_in_every_phase_in_order() -> None:
    text = 'SecAction "id:1,phase:2"\nSecMarker "END"\nSecAction "id:2,phase:2"'
    phases = load([Source("f", text)]).phases
    marker = Marker("END", Position("f", 2))
    assert [phases[phase] for phase in (1, 3, 4, 5)] == [(marker,)] * 4
    assert [entry if isinstance(entry, Marker) else entry.id for entry in phases[2]] == [1, marker, 2]


PROBLEMS = [
    ('SecRule ARGS "a"', [(1, "the rule has no id")]),
    ('SecAction "phase:1"', [(1, "the rule has no id")]),
    ('SecRule ARGS', [(1, "SecRule takes targets, an operator and actions, not 1 arguments")]),
    ('SecRule ARGS @rx a b "id:1"', [(1, "SecRule takes targets, an operator and actions, not 5 arguments")]),
    ('SecRule ARGS "@rx" a "id:1"', [(1, "SecRule takes targets, an operator and actions, not 4 arguments")]),
    ('SecAction "id:1" "id:2"', [(1, "SecAction takes one list of actions")]),
    ("SecMarker A B", [(1, "one name is expected")]),
    ('SecMarker ""', [(1, "one name is expected")]),
    ('SecRule FOO "a" "id:1"', [(1, "there is no variable FOO")]),
    ('SecRule ARGS \\\n "@foo a" \\\n "id:1"', [(2, "there is no operator @foo")]),
    ('SecRule ARGS \\\n "a" \\\n "id:1,foo"', [(3, "there is no action foo")]),
    ('SecRule ARGS "a" \\\n "id:1,\\\n\\\n  phase:2,\\\n  t:none,t:foo,\\\n  log"', [(5, "there is no transformation foo")]),
    ('SecRule ARGS "a" "id:1,\n\\\n  phase:2,\n\n log pass,\n  log"', [(5, "no action can be read at 'log pass,\\n  log'")]),
    ('SecAction "id:1,phase:1"\nSecAction "id:1,phase:2"', [(2, "rule 1 stands at f:1 already")]),
    ('SecAction "id:1,phase:1,chain"', [(1, "the file ends inside the chain of rule 1")]),
    ('SecAction "id:1,phase:1,chain"\nSecMarker X\nSecAction "id:2,phase:1"', [(2, "SecMarker stands inside the chain of rule 1")]),
    ('SecAction "id:1,phase:1,chain"\nSecAction "id:2"', [(2, "id stands in a later rule of a chain")]),
    ('SecAction "id:1,phase:1,chain"\nSecAction "phase:2"', [(2, "phase stands in a later rule of a chain")]),
    ('SecAction "id:1,phase:1,chain"\nSecAction "deny"', [(2, "deny stands in a later rule of a chain")]),
    ('SecAction "id:1,phase:1,chain"\nSecAction "skipAfter:X"', [(2, "skipafter stands in a later rule of a chain")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), PROBLEMS)
def test_what_is_no_rule_is_refused_at_its_line(text: str, wanted: list[tuple[int, str]]) -> None:
    assert problems(text) == wanted


def test_the_problems_are_all_there() -> None:
    assert len({text for text, _ in PROBLEMS}) == 20


def test_what_follows_a_broken_rule_of_a_chain_is_not_blamed() -> None:
    text = """\
SecRule FOO "a" "id:1,phase:1,chain"
  SecRule BAR "b" "chain"
  SecRule ARGS "c" "setvar:tx.a"
SecRule ARGS "d" "id:2,phase:1"
SecRule BAZ "e" "id:3,phase:1"
SecRule ARGS "f" "phase:1"
"""
    assert problems(text) == [
        (1, "there is no variable FOO"), (2, "there is no variable BAR"), (5, "there is no variable BAZ"), (6, "the rule has no id"),
    ]  # fmt: skip


def test_a_broken_link_ends_its_chain() -> None:
    text = 'SecAction "id:1,phase:1,chain"\nSecRule FOO "a" "chain"\nSecRule ARGS "b"\nSecMarker X\nSecRule ARGS "c" "id:2,phase:1"'
    assert problems(text) == [(2, "there is no variable FOO")]


def test_what_never_matches_is_noted() -> None:
    text = 'SecRule REMOTE_ADDR "@rbl example.org" "id:1,phase:1"\nSecRule REMOTE_ADDR "@geoLookup" "id:2,phase:1"'
    assert [str(note) for note in load([Source("f", text)]).notes] == [
        "f:1: @rbl never matches: the rules stage asks no name server",
        "f:2: @geoLookup never matches: there is no data base of places",
    ]
