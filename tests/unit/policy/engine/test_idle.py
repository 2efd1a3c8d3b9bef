"""Rules about TX that are not asked would not have matched: the same rules fire, and TX ends the same."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from policy.engine.evaluate import Run
from policy.engine.idle import IdleRules
from policy.engine.program import Program, compile_rules
from policy.variables.facts import RequestFacts
from policy.variables.transaction import Transaction
from tests.unit.policy.engine.building import read

SETUP = 'SecRuleEngine On\nSecRequestBodyAccess On\nSecAction "id:1,phase:1,nolog,pass,setvar:tx.level=1,setvar:tx.word=a"\n'
RULES = SETUP + "\n".join((
    'SecRule ARGS "@rx one" "id:10,phase:2,pass,setvar:tx.seen=1"',
    'SecRule TX:seen "@eq 1" "id:11,phase:2,pass,setvar:tx.more=1"',
    'SecRule TX:more "@eq 1" "id:12,phase:2,pass,chain"\nSecRule ARGS "@rx two" "t:none"',
    'SecRule TX:level|TX:seen "@ge 2" "id:13,phase:2,pass"',
    'SecRule ARGS "@rx (three)" "id:15,phase:2,pass,capture,setvar:tx.any_%{tx.0}=%{tx.0}"',
    'SecRule TX:any_three "@streq three" "id:16,phase:2,pass,t:lowercase"',
    'SecRule TX:0 "@streq three" "id:17,phase:2,pass"',
    'SecRule ARGS "@rx four" "id:18,phase:2,pass,setvar:!tx.level,setvar:tx.WORD=b"',
    'SecRule TX:level "@eq 0" "id:19,phase:2,pass"',
    'SecRule TX:word "@streq b" "id:20,phase:2,pass,skipAfter:END"',
    'SecRule TX:word "@streq a" "id:21,phase:2,pass,setvar:tx.level=+1"',
    'SecRule TX:level "!@eq 1" "id:14,phase:2,pass"',
    'SecMarker END',
    'SecRule TX:level "@ge 2" "id:22,phase:5,pass"',
    'SecRule TX:word "@streq b" "id:23,phase:5,pass"',
))  # fmt: skip


def with_all_asked(program: Program) -> Program:
    nothing = IdleRules((), {}, characters=True)
    return replace(
        program,
        phases={
            number: replace(phase, idle=nothing, unsifted=tuple(sorted({*phase.unsifted, *phase.idle.rules})))
            for number, phase in program.phases.items()
        },
    )


PROGRAM = compile_rules(read(RULES))


def judged(program: Program, words: tuple[str, ...]) -> Run:
    uri = "/?" + "&".join(f"{number}={word}" for number, word in enumerate(words))
    run = Run(program, Transaction(RequestFacts(method=b"GET", uri=uri.encode()), program.options))
    for phase in (1, 2, 5):
        assert run.phase(phase) is None
    return run


def test_asking_all_of_them_changes_nothing() -> None:
    asked = with_all_asked(PROGRAM)
    fired: set[int] = set()
    for words in product(("one", "two", "three", "four", ""), repeat=3):
        less, more = judged(PROGRAM, words), judged(asked, words)
        assert less.fired == more.fired
        assert (less.tx, list(less.tx)) == (more.tx, list(more.tx))
        fired |= {one.id for one in less.fired}
    assert fired == {10, 11, 12, 14, 15, 16, 17, 18, 20, 21, 22, 23}


def test_which_rules_are_idle() -> None:
    idle = {PROGRAM.phases[number].rules[place].id for number in (2, 5) for place in PROGRAM.phases[number].idle.rules}
    assert idle == {11, 12, 13, 14, 16, 17, 19, 20, 22, 23}
    assert not idle & {PROGRAM.phases[2].rules[place].id for place in PROGRAM.phases[2].unsifted}


@pytest.mark.parametrize(
    "rule",
    [
        'TX:a "@rx ."', '&TX:x "@ge 1"', 'TX:/x/ "@rx ."', 'TX "@streq x"', 'TX:x|REQUEST_METHOD "@streq x"', 'TX:x "@streq %{tx.y}"',
        'TX:a "!@rx (a)" "id:9,phase:2,capture"',
    ],
)  # fmt: skip
def test_others_are_not(rule: str) -> None:
    writes = 'SecRule ARGS "@rx b" "id:2,phase:2,setvar:tx.x=1,setvar:tx.y=1,setvar:tx.a=1"'
    text = f'SecAction "id:1,phase:1,nolog,setvar:tx.a=a"\n{writes}\nSecRule {rule}'
    phase = compile_rules(read(text if "id:9" in rule else text + ' "id:9,phase:2"')).phases[2]
    assert not phase.idle.rules
