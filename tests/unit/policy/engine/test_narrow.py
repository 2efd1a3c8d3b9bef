"""Rules about headers and flags: the same answers whether remembered or not, and nothing personal remembered."""

from __future__ import annotations

import pytest

from policy.engine.limits import MEMORABLE_BYTES_MAX, VALUES_MAX
from policy.engine.narrow import NarrowRules, narrow_links
from policy.engine.records import Records
from policy.engine.state import State
from policy.seclang.ast import EngineMode
from policy.variables.facts import RequestFacts
from policy.variables.transaction import Transaction
from tests.unit.policy.engine.building import compiled

KINDS = [
    ('REQUEST_METHOD "!@within GET POST"', True), ('REQUEST_HEADERS:User-Agent "@rx a"', True),
    ('&REQUEST_HEADERS:X-Any "@eq 0"', True), ('REQUEST_HEADERS:Range|REQUEST_HEADERS:Request-Range "@rx a"', True),
    ('REQUEST_HEADERS:Cookie "@rx a"', False), ('REQUEST_HEADERS:Authorization "@rx a"', False), ('ARGS:a "@rx a"', False),
    ('REQUEST_HEADERS "@rx a"', False), ('REQUEST_HEADERS:/a/ "@rx a"', False), ('REMOTE_ADDR "@ipMatch 127.0.0.1"', False),
    ('REQUEST_URI "@rx a"', False), ('TX:a "@rx a"', False), ('REQUEST_METHOD|ARGS "@rx a"', False),
    ('REQUEST_METHOD "@streq %{tx.a}"', False), ('&ARGS "@gt 10"', True), ('&REQUEST_COOKIES:a "@eq 0"', True), ('&TX:a "@eq 0"', False),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "narrow"), KINDS)
def test_what_is_narrow(rule: str, narrow: bool) -> None:
    (one,) = compiled(f'SecRule {rule} "id:1,phase:1"')
    assert bool(narrow_links(one)) is narrow


def test_every_kind_was_looked_at() -> None:
    assert len(KINDS) == 17


def state(agent: bytes) -> State:
    facts = RequestFacts(method=b"GET", uri=b"/", headers=((b"user-agent", agent), (b"Accept", b"*/*")))
    return State(Transaction(facts), {}, Records(), EngineMode.ON)


RULES = compiled(
    'SecRule REQUEST_HEADERS:User-Agent "@rx ^a" "id:1,phase:1"\nSecRule REQUEST_HEADERS:User-Agent "!@rx b$" "id:2,phase:1,t:lowercase"\n'
    'SecRule ARGS "@rx ." "id:3,phase:1"\nSecRule &REQUEST_HEADERS:Accept "@eq 0" "id:4,phase:1"\n'
    'SecRule REQUEST_HEADERS:User-Agent "@rx ^B$" "id:5,phase:1,t:lowercase,t:uppercase,multiMatch"'
)


def test_the_answers_are_those_of_the_rules() -> None:
    narrow = NarrowRules(RULES, characters=False)
    assert narrow.rules == {0, 1, 3, 4}
    for _ in range(2):
        assert [narrow.candidates(state(agent)) for agent in (b"ab", b"aB", b"c", b"b")] == [[0], [0], [1], [4]]


def test_what_is_remembered_is_bounded() -> None:
    narrow = NarrowRules(RULES, characters=False)
    for number in range(VALUES_MAX + 5):
        narrow.candidates(state(b"%d" % number))
    known = narrow._sources[0][2]
    assert len(known) == VALUES_MAX
    narrow = NarrowRules(RULES, characters=False)
    for length in (MEMORABLE_BYTES_MAX, MEMORABLE_BYTES_MAX + 1):
        narrow.candidates(state(b"x" * length))
    assert [len(value) for value in narrow._sources[0][2]] == [MEMORABLE_BYTES_MAX]


CHAINS = compiled(
    'SecRule REQUEST_METHOD "@streq GET" "id:1,phase:1,chain"\nSecRule REQUEST_HEADERS:User-Agent "@streq x" "t:none"\n'
    'SecRule REQUEST_METHOD "@streq GET" "id:2,phase:1,chain,setvar:tx.seen=1"\nSecRule REQUEST_HEADERS:User-Agent "@streq x" "t:none"\n'
    'SecRule REQUEST_METHOD "@streq GET" "id:3,phase:1,chain"\nSecRule ARGS "@rx ." "chain"\nSecRule REQUEST_PROTOCOL "@streq x" "t:none"'
)


def test_a_chain_is_a_candidate_when_all_its_narrow_links_match() -> None:
    """The second rule leaves something behind before it fails, and the third needs a link that can never match."""
    narrow = NarrowRules(CHAINS, characters=False)
    for _ in range(2):
        assert [sorted(narrow.candidates(state(agent))) for agent in (b"x", b"y")] == [[0, 1], [1]]


LATER = compiled(
    'SecRule REMOTE_ADDR "@ipMatch 127.0.0.1" "id:1,phase:1,chain"\nSecRule REQUEST_HEADERS:User-Agent "@streq x" "t:none"\n'
    'SecRule REMOTE_ADDR "@rx ." "id:2,phase:1,chain,capture"\nSecRule REQUEST_HEADERS:User-Agent "@streq x" "t:none"\n'
    'SecAction "id:3,phase:1,chain,setvar:tx.a=1"\nSecRule REQUEST_HEADERS:User-Agent "@streq x" "t:none"\n'
    'SecRule &ARGS "@eq 0" "id:4,phase:1"\nSecRule REMOTE_ADDR "@rx ." "id:5,phase:1"'
)


def test_a_later_link_will_do_where_those_before_it_leave_nothing_behind() -> None:
    narrow = NarrowRules(LATER, characters=False)
    assert narrow.rules == {0, 3}
    for _ in range(2):
        assert [sorted(narrow.candidates(state(agent))) for agent in (b"x", b"y")] == [[0, 3], [3]]
    assert NarrowRules(LATER, {0}, characters=False).rules == {3}


DEAR = compiled('SecRule REQUEST_HEADERS:User-Agent "@rx a[^x]*(?:d|e)" "id:1,phase:1"')


def test_what_it_asks_is_counted_and_what_is_given_up_may_match_and_is_not_remembered() -> None:
    narrow = NarrowRules(DEAR, characters=False)
    agent = b"a" * MEMORABLE_BYTES_MAX
    poor, rich = state(agent), state(agent)
    poor.effort.left = 2_000
    assert narrow.candidates(poor) == [0]
    assert poor.effort.given_up
    before = rich.effort.left
    assert narrow.candidates(rich) == []
    assert rich.effort.left < before - 100_000  # every "a" goes through all that follow
    left = rich.effort.left
    assert narrow.candidates(rich) == []
    assert rich.effort.left == left
