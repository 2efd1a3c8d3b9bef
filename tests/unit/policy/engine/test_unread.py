"""Assignments that nobody reads are not carried out; everything else of the last phase is."""

from __future__ import annotations

import pytest

from policy.engine.folding import fold
from policy.engine.unread import unread
from tests.unit.policy.engine.building import read

HEAD = 'SecRule ARGS "@rx a" "id:1,phase:2,setvar:tx.a=+1"\n'
CASES = [
    ('SecAction "id:2,phase:5,nolog,pass,setvar:tx.b=%{tx.a}"', {0}),
    ('SecAction "id:2,phase:5,nolog,pass,setvar:tx.b=%{tx.a},setvar:tx.b=+%{tx.a}"', {0}),
    ('SecAction "id:2,phase:5,pass,setvar:tx.b=%{tx.a},msg:\'x\'"', set()),
    ('SecAction "id:2,phase:5,nolog,pass,severity:2,setvar:tx.b=%{tx.a}"', set()),
    ('SecAction "id:2,phase:5,nolog,pass,setvar:tx.%{tx.a}=1"', set()),
    ('SecAction "id:2,phase:5,nolog,pass,setvar:ip.b=%{tx.a}"', set()),
    ('SecAction "id:2,phase:5,nolog,pass,setvar:tx.b=%{tx.a},expirevar:ip.b=1"', set()),
    ('SecAction "id:2,phase:5,nolog,pass,initcol:ip=%{remote_addr},setvar:tx.b=%{tx.a}"', set()),
    ('SecAction "id:2,phase:5,nolog,pass,setvar:tx.b=%{tx.a},skip:1"', set()),
    ('SecRule TX:a "@eq 1" "id:2,phase:5,nolog,pass,setvar:tx.b=1"', set()),
    ('SecAction "id:2,phase:5,nolog,pass,setvar:tx.b=%{tx.a}"\nSecRule TX:b "@eq 1" "id:3,phase:5"', set()),
    ('SecRule TX:a "@eq 1" "id:3,phase:5"\nSecAction "id:2,phase:5,nolog,pass,setvar:tx.b=%{tx.a}"', {1}),
    ('SecAction "id:2,phase:5,nolog,pass,setvar:tx.b=%{tx.a}"\nSecRule TX:a "@eq 1" "id:3,phase:5,msg:\'%{tx.b}\'"', set()),
    ('SecAction "id:2,phase:5,nolog,pass,setvar:tx.b=%{tx.a}"\nSecRule &TX:/b/ "@eq 1" "id:3,phase:5"', set()),
    ('SecAction "id:2,phase:5,nolog,pass,setvar:tx.b=%{tx.a}"\nSecRule ARGS "@rx b" "id:3,phase:5"', {0}),
    ('SecAction "id:2,phase:5,nolog,pass,setvar:tx.b=%{tx.a}"\nSecRule MATCHED_VAR "@rx b" "id:3,phase:5"', {0}),
    ('SecAction "id:2,phase:5,nolog,pass,setvar:tx.b=%{tx.a}"\nSecAction "id:3,phase:5,nolog,pass,setvar:tx.c=%{tx.b}"', {0, 1}),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "places"), CASES)
def test_what_nobody_reads(rules: str, places: set[int]) -> None:
    folded = fold(read(HEAD + rules).phases, None)
    assert unread(5, folded.phases[5]) == places


def test_every_case_was_tried() -> None:
    assert len(CASES) == 17


def test_only_the_last_phase_is_looked_at() -> None:
    folded = fold(read(HEAD + 'SecAction "id:2,phase:4,nolog,pass,setvar:tx.b=%{tx.a}"').phases, None)
    assert unread(4, folded.phases[4]) == frozenset()
