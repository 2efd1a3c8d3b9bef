"""Later links of chains on bodies: what they are asked, and that the answers are those of the patterns alone."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.effort import SCAN_CHARGE
from policy.engine.evaluate import Run
from policy.engine.later import later_links
from policy.engine.program import Program, Reading, compile_rules
from policy.variables.parse import parse_request, parse_response
from policy.variables.transaction import Transaction
from tests.unit.policy.engine.building import compiled, read

SET_UP = "SecRuleEngine On\nSecRequestBodyAccess On\nSecResponseBodyAccess On\nSecResponseBodyMimeType text/plain\n"
SET_UP += 'SecAction "id:9,phase:1,pass,nolog,ctl:forceRequestBodyVariable=On"\n'
HEAD = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n"
QUADRATIC = "x.*?y.*?z"


def chain_of(pattern: str, id_: int = 1, target: str = "REQUEST_BODY", phase: int = 2) -> str:
    first = f'SecRule REQUEST_METHOD "@streq POST" "id:{id_},phase:{phase},pass,chain"\n'
    return first + f'SecRule {target} "@rx {pattern}" "t:none"\n'


def program_of(rules: str, reading: Reading = "characters", *, told: bool = True) -> Program:
    """`told`: with what the scan says of later links."""
    program = compile_rules(read(SET_UP + rules), reading=reading)
    if not told:
        for phase in program.phases.values():
            for rule in phase.rules:
                for link in rule.links:
                    link.ahead = None
    return program


def run_of(program: Program, body: bytes) -> Run:
    return Run(program, Transaction(parse_request(HEAD % len(body) + body), program.options))


def fired(run: Run, phases: tuple[int, ...] = (1, 2)) -> list[int]:
    for number in phases:
        run.phase(number)
    return [one.id for one in run.fired]


def test_a_pattern_that_is_dear_on_a_long_body_is_not_tried_where_it_cannot_match() -> None:
    body = b"z" + b"xy" * 50_000
    alone, told = (run_of(program_of(chain_of(QUADRATIC), told=told), body) for told in (False, True))
    before = told.state.effort.left
    assert (fired(alone), [one.exhausted for one in alone.fired]) == ([1], [True])  # it used up what the request had
    assert fired(told) == []
    assert before - told.state.effort.left < 2 * len(body)


def test_where_it_matches_the_rule_fires() -> None:
    run = run_of(program_of(chain_of(QUADRATIC)), b"-" * 10_000 + b"xaybz")
    assert fired(run) == [1]
    assert [one.exhausted for one in run.fired] == [False]
    assert run.decision is None


def test_the_body_of_the_request_is_not_taken_for_that_of_the_answer() -> None:
    rules = chain_of("x.*y") + chain_of("x.*y", 2, "RESPONSE_BODY", 4)
    for sent, answered, expected in ((b"x-y", b"-", [1]), (b"-", b"x-y", [2]), (b"x-y", b"x-y", [1, 2])):
        run = run_of(program_of(rules), sent)
        fired(run)
        run.respond(parse_response(ANSWER % len(answered) + answered))
        assert fired(run, (3, 4)) == expected


def test_where_no_step_is_left_for_the_scan_the_rule_counts_as_matched() -> None:
    run = run_of(program_of(chain_of(QUADRATIC)), b"-")
    run.phase(1)
    run.state.effort.left, run.state.effort.kept = 0, SCAN_CHARGE - 1
    decision = run.phase(2)
    assert decision is not None
    assert decision.detail == "REQUEST_STEPS"
    assert [(one.id, one.exhausted) for one in run.fired] == [(1, True)]


def test_only_patterns_that_need_a_match_in_a_body_are_looked_for() -> None:
    links = [
        ("REQUEST_BODY", "@rx a", ""), ("RESPONSE_BODY", "@rx b", ""), ("XML:/*", "@rx c", ""), ("ARGS|REQUEST_BODY", "@rx d", ""),
        ("REQUEST_BODY", "!@rx e", ""), ("REQUEST_BODY", "@contains f", ""), ("ARGS", "@rx g", ""),
        ("REQUEST_BODY", "@rx h", "multiMatch"), ("REQUEST_BODY", "@rx %{tx.i}", ""),
    ]  # fmt: skip
    text = ""
    for number, (target, operator, action) in enumerate(links):
        text += f'SecRule REQUEST_BODY "@rx first" "id:{number + 1},phase:2,pass,chain"\n'
        text += f'SecRule {target} "{operator}" "t:none{action and ","}{action}"\n'
    found = [link.operator.pattern for link in later_links(compiled(text)) if hasattr(link.operator, "pattern")]
    assert found == [b"a", b"b", b"c", b"d"]


@pytest.mark.parametrize("reading", ["strict", "characters"])
@pytest.mark.parametrize(
    "pattern",
    ["x*", "^$", "(?:x|)$", "x.*y", "^x", "y$", r"\bx\b", "[^x]y", "(?i)XY", "(x)-\\\\1", "あ.{2}い", r"\xe3\x81"],
)
@given(
    body=st.lists(st.sampled_from([b"x", b"y", b"-", b"\n", "あ".encode(), "い".encode(), b"\xe3", b" "])).map(b"".join)
)
def test_what_is_told_changes_no_verdict(pattern: str, reading: Reading, body: bytes) -> None:
    told, alone = (run_of(_program(pattern, reading, told=told), body) for told in (True, False))
    assert fired(told) == fired(alone)


@cache
def _program(pattern: str, reading: Reading, *, told: bool) -> Program:
    return program_of(chain_of(pattern), reading, told=told)
