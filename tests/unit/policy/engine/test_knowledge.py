"""What rules read and write of TX, and what stays certain."""

from __future__ import annotations

import pytest

from policy.engine.knowledge import Knowledge, Writes, all_certain, condition_reads, effect_reads, reads_of, writes_of
from tests.unit.policy.engine.building import read

CONDITIONS = [
    ('SecRule TX:A "@eq 1"', {b"a"}), ('SecRule &TX:A|TX:b "@eq %{tx.c}"', {b"a", b"b", b"c"}), ('SecRule ARGS "@eq 1"', None),
    ('SecRule TX:/a/ "@eq 1"', None), ('SecRule TX:a|!TX:a "@eq 1"', None), ('SecRule TX:a "@eq %{ARGS.a}"', None),
    ('SecRule TX:a "@eq %{MATCHED_VAR}"', None),
]  # fmt: skip
EFFECTS = [
    ("setvar:tx.a=1", set(), {b"a"}, set()), ("setvar:tx.a=+1", {b"a"}, {b"a"}, set()),
    ("setvar:tx.a=%{tx.b}", {b"b"}, {b"a"}, set()), ("setvar:tx.a_%{tx.b}=1", {b"b"}, set(), {b"a_"}),
    ("setvar:tx.a=%{MATCHED_VAR}", set(), {b"a"}, set()), ("setvar:tx.a=%{REMOTE_ADDR}", None, {b"a"}, set()),
    ("setvar:ip.a=1", None, set(), set()), ("setvar:tx.%{tx.b}=1", {b"b"}, set(), {b""}),
    ("capture", set(), {b"%d" % number for number in range(10)}, set()),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "names"), CONDITIONS)
def test_what_decides_a_condition(rule: str, names: set[bytes] | None) -> None:
    (one,) = read(f'{rule} "id:1,phase:1"').rules
    assert condition_reads(one) == names


@pytest.mark.parametrize(("action", "reads", "names", "prefixes"), EFFECTS)
def test_what_an_action_reads_and_writes(
    action: str, reads: set[bytes] | None, names: set[bytes], prefixes: set[bytes]
) -> None:
    (one,) = read(f'SecRule TX:z "@eq 1" "id:1,phase:1,{action}"').rules
    assert effect_reads(one) == reads
    assert writes_of(one) == Writes(frozenset(names), frozenset(prefixes))


def test_every_case_was_tried() -> None:
    assert (len(CONDITIONS), len(EFFECTS)) == (7, 9)


def test_everything_that_a_rule_looks_at() -> None:
    (one,) = read(
        'SecRule TX:a "@eq %{tx.b}" "id:1,phase:1,msg:\'%{tx.c}\',setvar:tx.d=+1,chain"\n'
        'SecRule ARGS|TX:e "@eq 1" "setvar:tx.f=%{tx.g},expirevar:ip.x=%{tx.h}"'
    ).rules
    assert reads_of(one) == {b"a", b"b", b"c", b"d", b"e", b"g", b"h"}
    for text in ('SecRule TX "@eq 1"', 'SecRule TX:/x/ "@eq 1"', 'SecRule ARGS "@eq %{TX}"'):
        (one,) = read(f'{text} "id:1,phase:1"').rules
        assert reads_of(one) is None


def test_what_is_certain_ends_with_a_write() -> None:
    knowledge = Knowledge()
    assert all_certain(knowledge, [b"a", b"p_x"]) and not all_certain(knowledge, None)
    knowledge.forget(Writes(frozenset({b"a"}), frozenset({b"p_"})))
    assert [knowledge.certain(name) for name in (b"a", b"p_x", b"p", b"b")] == [False, False, True, True]


def test_a_name_that_was_looked_at_is_observed() -> None:
    knowledge = Knowledge()
    knowledge.observe(frozenset({b"a"}))
    assert [knowledge.unobserved([name]) for name in (b"a", b"b")] == [False, True]
    knowledge.observe(None)
    assert not knowledge.unobserved([b"b"])
