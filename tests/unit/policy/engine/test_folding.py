"""Which rules stay in a program, and what TX holds before the first of them."""

from __future__ import annotations

import pytest

from policy.engine.folding import fold, marker_places
from tests.unit.policy.engine.building import read

SET = 'SecAction "id:1,phase:1,nolog,pass,setvar:tx.level=2,setvar:tx.score=0"\n'
LATE = 'SecRule ARGS "@rx ." "id:5,phase:1,nolog,pass%s"\n'
CASES = {
    "settings are settled": (SET, [], {b"level": b"2", b"score": b"0"}),
    "defaults are settled": (
        SET + 'SecRule &TX:level "@eq 0" "id:2,phase:1,nolog,setvar:tx.level=1"\n'
        'SecRule &TX:other "@eq 0" "id:3,phase:1,nolog,setvar:tx.other=%{tx.level}"',
        [], {b"level": b"2", b"score": b"0", b"other": b"2"},
    ),
    "what a jump leaves out goes": (
        SET + 'SecRule TX:level "@ge 2" "id:2,phase:1,nolog,pass,skipAfter:M"\nSecAction "id:3,phase:1,deny"\nSecMarker M\n'
        'SecAction "id:4,phase:1,msg:m"',
        [4], {b"level": b"2", b"score": b"0"},
    ),
    "a jump that is not taken goes": (
        SET + 'SecRule TX:level "@lt 2" "id:2,phase:1,nolog,skipAfter:M"\nSecAction "id:3,phase:1,msg:m"\nSecMarker M',
        [3], {b"level": b"2", b"score": b"0"},
    ),
    "levels hold in later phases": (
        SET + 'SecRule TX:level "@lt 3" "id:2,phase:2,nolog,skipAfter:M"\nSecAction "id:3,phase:2,deny"\nSecMarker M',
        [], {b"level": b"2", b"score": b"0"},
    ),
    "what a request decides stays": (LATE % "", [5], {}),
    "what a request may have written is not settled": (
        LATE % ",setvar:tx.level=3" + SET, [5, 1], {},
    ),
    "what a request's rule has read is not written earlier": (
        'SecRule ARGS "@rx ." "id:5,phase:1,logdata:%{tx.level}"\n' + SET, [5, 1], {},
    ),
    "behind a rule that may interrupt nothing is carried out": (LATE.replace("pass", "deny") % "" + SET, [5, 1], {}),
    "behind a rule that may jump nothing is carried out": (LATE % ",skipAfter:M" + SET + "SecMarker M", [5, 1], {}),
    "a rule that may be taken out stays": (LATE % ",ctl:ruleRemoveById=1" + SET, [5, 1], {}),
    "a captured group is not certain": (
        LATE % ",capture" + 'SecRule TX:1 "@streq a" "id:6,phase:1,nolog,deny"', [5, 6], {},
    ),
    "a name that a macro completes is not certain": (
        LATE % ",setvar:tx.p_%{MATCHED_VAR}=1" + 'SecRule TX:p_x "@eq 1" "id:6,phase:1,deny"\nSecRule TX:q "@eq 1" "id:7,phase:1,deny"',
        [5, 6], {},
    ),
    "what is listed stays": (SET + 'SecRule TX:level "@eq 2" "id:2,phase:1,msg:m"', [2], {b"level": b"2", b"score": b"0"}),
    "a chain that cannot end goes": (
        SET + 'SecRule ARGS "@rx ." "id:2,phase:1,deny,chain"\nSecRule TX:level "@eq 1" "t:none"',
        [], {b"level": b"2", b"score": b"0"},
    ),
    "a chain that counts before it fails stays": (
        SET + 'SecRule ARGS "@rx ." "id:2,phase:1,deny,chain,setvar:tx.n=+1"\nSecRule TX:level "@eq 1" "t:none"',
        [2], {b"level": b"2", b"score": b"0"},
    ),
    "a jump out of what may be jumped over stays": (
        LATE % ",skipAfter:M" + 'SecAction "id:6,phase:1,nolog,skipAfter:N"\nSecAction "id:7,phase:1,msg:m"\nSecMarker M\n'
        'SecAction "id:8,phase:1,msg:m"\nSecMarker N',
        [5, 6, 8], {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("about", CASES)
def test_what_stays(about: str) -> None:
    text, kept, tx = CASES[about]
    folded = fold(read(text).phases, None)
    assert not folded.problems
    assert [one.rule.id for number in sorted(folded.phases) for one in folded.phases[number]] == kept
    assert folded.tx == tx


def test_every_case_was_folded() -> None:
    assert len(CASES) == 17


def test_a_certain_macro_becomes_text() -> None:
    folded = fold(read(SET + 'SecRule ARGS "@within %{tx.level} %{tx.none}" "id:2,phase:1"').phases, None)
    (kept,) = folded.phases[1]
    assert kept.rule.operator is not None and kept.rule.operator.argument == "2 "
    assert kept.compiled.links[0].operator is not None


def test_a_macro_that_the_rule_itself_writes_does_not() -> None:
    text = (
        SET + 'SecRule ARGS "@rx ." "id:2,phase:1,setvar:tx.level=9,chain"\nSecRule ARGS "@streq %{tx.level}" "t:none"'
    )
    (kept,) = fold(read(text).phases, None).phases[1]
    assert kept.rule.chain[0].operator is not None and kept.rule.chain[0].operator.argument == "%{tx.level}"


def test_mistakes_in_rules_that_are_left_out_are_reported() -> None:
    text = SET + 'SecAction "id:2,phase:1,nolog,skipAfter:M"\nSecRule ARGS "@rx (" "id:3,phase:1"\nSecMarker M\n'
    text += 'SecRule ARGS "@pmFromFile nowhere.data" "id:4,phase:2"'
    problems = fold(read(text).phases, None).problems
    assert [problem.position.line for problem in problems] == [3, 5]


def test_markers_stand_between_rules() -> None:
    entries = read("SecMarker A\n" + SET + 'SecMarker B\nSecMarker A\nSecAction "id:2,phase:1"').phases[1]
    assert marker_places(entries) == ({"A": (0, 1), "B": (1,)}, 2)
