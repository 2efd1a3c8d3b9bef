"""Every row of docs/spec/http.md sections 1 to 5, fed whole, byte by byte, in sevens, and with more data behind it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from relay.base.reasons import Reason
from tests.unit.http.cases import CASES, Case
from tests.unit.http.feeds import Outcome, converse, pieces

SPEC = Path(__file__).parents[3] / "docs" / "spec" / "http.md"
FRAMING_CASES = 600  # at least; the table must not shrink unnoticed
IDS = [f"{case.row}-{number}" for number, case in enumerate(CASES)]


def check(case: Case, outcome: Outcome) -> None:
    if isinstance(case.expect, Reason):
        assert outcome.end == case.expect.value
        assert not any(request.complete for request in outcome.requests)
        return
    assert outcome.end == "CLOSED"
    passed = tuple(
        (f"{head.method} {head.path}" + ("" if head.query is None else f"?{head.query}"), body)
        for head, body, complete in outcome.requests
        if complete
    )
    assert passed == case.expect


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_case_fed_whole(case: Case) -> None:
    check(case, converse([case.raw]))


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_case_fed_byte_by_byte_and_in_sevens(case: Case) -> None:
    whole = converse([case.raw])
    assert converse(pieces(case.raw, 1)) == whole
    assert converse(pieces(case.raw, 7)) == whole


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_what_follows_a_refusal_changes_nothing(case: Case) -> None:
    follow_up = b"GET /follow HTTP/1.1\r\nHost: a.jp\r\n\r\n"
    if not isinstance(case.expect, Reason):
        outcome = converse([case.raw + follow_up])
        if all(request.head.keep_alive for request in outcome.requests):
            assert [request.head.path for request in outcome.requests][-1] == "/follow"
        return
    if case.expect in (Reason.PEER_CLOSED, Reason.BODY_INCOMPLETE):
        return  # with more data they are another input
    assert converse([case.raw + follow_up]).end == case.expect.value
    assert converse([case.raw, follow_up]).end == case.expect.value


@pytest.mark.parametrize("case", [case for case in CASES if isinstance(case.expect, Reason)])
def test_a_refused_request_gets_at_most_one_answer_and_the_connection_ends(case: Case) -> None:
    answers = converse([case.raw]).answers
    assert answers.count(b"HTTP/1.1 400 ") == (case.expect is not Reason.PEER_CLOSED)
    if case.expect is not Reason.PEER_CLOSED:
        assert answers.lower().count(b"connection: close\r\n") == 1


def test_the_table_in_the_spec_and_the_cases_have_the_same_rows() -> None:
    framing = SPEC.read_text().partition("## 6.")[0]
    rows = set(re.findall(r"^\| ([A-Z][0-9]+) \|", framing, re.MULTILINE))
    counted = Counter(case.row for case in CASES)
    assert rows == counted.keys()
    assert counted.total() >= FRAMING_CASES
