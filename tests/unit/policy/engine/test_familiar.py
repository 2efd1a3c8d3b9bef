"""What the sieve remembers: the same rules fire whether a value is new or known, and nothing of a person is kept."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.effort import Effort
from policy.engine.decision import Fired
from policy.engine.evaluate import Run
from policy.engine.familiar import Familiar, FamiliarRx, all_familiar, familiar_of
from policy.engine.limits import FAMILIAR_MAX, MEMORABLE_BYTES_MAX
from policy.engine.program import Program, compile_rules
from policy.operators.match import Match
from policy.operators.rx import Rx
from policy.variables.facts import RequestFacts
from policy.variables.submitted import SubmittedTransaction
from policy.variables.transaction import Transaction
from tests.unit.policy.engine.building import compiled, read

TARGETS = [
    ("REQUEST_HEADERS", True), ("REQUEST_HEADERS:User-Agent", True), ("REQUEST_HEADERS:Sec-Fetch-Mode", True),
    ("REQUEST_HEADERS_NAMES", True), ("REQUEST_METHOD", True), ("ARGS_NAMES", True), ("REQUEST_HEADERS:Cookie", False),
    ("REQUEST_HEADERS:Authorization", False), ("REQUEST_HEADERS:Referer", False), ("REQUEST_HEADERS:Content-Length", False),
    ("REQUEST_HEADERS:/a/", False), ("&REQUEST_HEADERS", False), ("ARGS", False), ("ARGS:a", False), ("ARGS_NAMES:a", False),
    ("ARGS_GET_NAMES", False), ("REQUEST_COOKIES", False), ("REQUEST_COOKIES_NAMES", False), ("REQUEST_URI", False),
    ("REQUEST_FILENAME", False), ("REQUEST_LINE", False), ("REQUEST_BODY", False), ("REMOTE_ADDR", False), ("QUERY_STRING", False),
]  # fmt: skip


@pytest.mark.parametrize(("target", "familiar"), TARGETS)
def test_what_may_be_remembered(target: str, familiar: bool) -> None:
    (rule,) = compiled(f'SecRule {target} "@rx a" "id:1,phase:1"')
    assert (familiar_of(rule.links[0].sources[0].target) is not None) is familiar


def test_every_target_was_asked_about() -> None:
    assert len(TARGETS) == 24


@pytest.mark.parametrize(
    ("targets", "familiar"),
    [
        ("REQUEST_HEADERS:Content-Type", True), ("REQUEST_METHOD|REQBODY_PROCESSOR", True), ("REQUEST_HEADERS_NAMES", True),
        ("REQUEST_HEADERS", False), ("ARGS_NAMES", False), ("REQUEST_METHOD|ARGS", False), ("REQUEST_LINE", False),
    ],
)  # fmt: skip
def test_which_patterns_remember(targets: str, familiar: bool) -> None:
    (rule,) = compiled(f'SecRule {targets} "@rx a+b" "id:1,phase:1"')
    assert all_familiar([source.target for source in rule.links[0].sources]) is familiar
    assert isinstance(rule.links[0].operator, FamiliarRx) is familiar


PROGRAM = compile_rules(
    read(
        "SecRuleEngine DetectionOnly\nSecRequestBodyAccess On\n"
        'SecRule REQUEST_HEADERS|ARGS|ARGS_NAMES|REQUEST_COOKIES "@rx evil+" "id:1,phase:2"\n'
        'SecRule ARGS_NAMES|REQUEST_HEADERS_NAMES "@rx (?i)x-bad" "id:2,phase:2,t:lowercase"\n'
        'SecRule REQUEST_HEADERS:User-Agent|ARGS "@detectSQLi" "id:3,phase:2"\n'
        'SecRule ARGS "@rx ^curl" "id:4,phase:2"\nSecRule REQUEST_URI|REQUEST_LINE "@rx number" "id:5,phase:2"\n'
        'SecRule REQUEST_HEADERS:Accept "@rx ^evi" "id:6,phase:2"'
    )
)


def fired(program: Program, agent: bytes, fields: Sequence[tuple[bytes, bytes]], *, declared: bool = True) -> list[int]:
    headers = (
        (b"user-agent", agent),
        (b"cookie", b"session=secret1"),
        (b"accept", agent),
        (b"authorization", b"secret2"),
    )
    facts = RequestFacts(
        method=b"POST", uri=b"/secret3?name4=secret4" if not declared else b"/secret3", headers=headers
    )
    transaction = SubmittedTransaction(facts, program.options)
    transaction.submit(list(fields), b"secret5=secret6")
    return [one.id for one in _run(program, transaction)]


def _run(program: Program, transaction: Transaction) -> list[Fired]:
    run = Run(program, transaction)
    for phase in (1, 2):
        assert run.phase(phase) is None
    return run.fired


def test_what_is_known_fires_as_what_is_new() -> None:
    for _ in range(3):
        assert fired(PROGRAM, b"evill", [(b"a", b"b")]) == [1, 6]
        assert fired(PROGRAM, b"Mozilla", [(b"a", b"b")]) == []
        assert fired(PROGRAM, b"Mozilla", [(b"a", b"evil")]) == [1]
        assert fired(PROGRAM, b"Mozilla", [(b"X-Bad", b"b")]) == [2]
        assert fired(PROGRAM, b"' or 1=1 --", [(b"a", b"b")]) == [3]
        assert fired(PROGRAM, b"curl", [(b"a", b"curl")]) == [4]
        assert fired(PROGRAM, b"curl", [(b"a", b"b")]) == []


def known(program: Program) -> set[bytes]:
    memories = [
        memory for group in program.phases[2].sieve._groups for _, _, memory in group._reads if memory is not None
    ]
    return {value for memory in memories for value in memory.known}


def test_nothing_of_a_person_is_kept() -> None:
    fired(PROGRAM, b"Lynx", [(b"field", b"secret7")])
    fired(PROGRAM, b"Lynx", [(b"name8", b"secret8")], declared=False)
    kept = known(PROGRAM)
    assert kept >= {b"Lynx", b"user-agent", b"field"}
    assert not any(b"secret" in value or b"name" in value for value in kept)


def test_names_that_a_peer_made_up_are_not_kept() -> None:
    program = compile_rules(
        read('SecRequestBodyAccess On\nSecRuleEngine On\nSecRule ARGS_NAMES "@rx evil" "id:1,phase:2"')
    )
    for uri in (b"/?mine=1", b"/"):
        facts = RequestFacts(method=b"GET", uri=uri)
        _run(program, Transaction(facts, program.options))
    assert known(program) == set()


def test_memory_is_bounded_and_begins_anew() -> None:
    memory = Familiar()
    for number in range(FAMILIAR_MAX):
        memory.learn(b"%d" % number, ())
    assert len(memory.known) == FAMILIAR_MAX
    memory.learn(b"one more", (1,))
    assert memory.known == {b"one more": (1,)}
    memory = Familiar()
    for size in (0, MEMORABLE_BYTES_MAX, MEMORABLE_BYTES_MAX + 1):
        memory.learn(b"x" * size, ())
    assert [len(value) for value in memory.known] == [MEMORABLE_BYTES_MAX]


REMEMBERING, PLAIN = FamiliarRx(rb"(a|b)+c|\xe3"), Rx(rb"(a|b)+c|\xe3")


@given(
    value=st.lists(st.sampled_from([b"a", b"b", b"c", "あ".encode(), b"\xe3"]), max_size=4).map(b"".join),
    text=st.booleans(),
)
def test_a_pattern_says_the_same_again(value: bytes, text: bool) -> None:
    for _ in range(2):
        assert REMEMBERING.match(value, text) == PLAIN.match(value, text)


def test_what_a_pattern_remembers_is_bounded() -> None:
    pattern = FamiliarRx(b"a+b")
    spent = Effort(-1)
    assert pattern.match_within(b"aab", False, spent) == Match(0, 3, (), exhausted=True)
    assert pattern.match_within(b"aab", False, None) == Match(0, 3, (b"aab",))
    assert pattern.match_within(b"aab", False, spent) == Match(0, 3, (b"aab",))
    for number in range(FAMILIAR_MAX):
        pattern.match(b"%d" % number, False)
    assert len(pattern._known[0]) == 1
    for size in (MEMORABLE_BYTES_MAX, MEMORABLE_BYTES_MAX + 1):
        pattern.match(b"x" * size, True)
    assert [len(value) for value in pattern._known[1]] == [MEMORABLE_BYTES_MAX]
