"""The workbench: verdict, score and what matched, of bytes and of a request on its route."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from policy.load import load_policy
from policy.pipeline import Judgement
from policy.request import RequestHead
from policy.rule_book import RuleChoice
from policy.rule_set import RuleSet
from policy.trial import RouteTrial, Score, Trial, of_the_engine, try_bytes
from policy.verdict import Code, PolicyMisuse
from tests.unit.policy.rule_sets import RULES, exclusion, rule_set
from tests.unit.policy.test_inspection import PROCEDURE, post

Make = Callable[..., RequestHead]
Write = Callable[..., Path]
DAY = 739_000
SCORING = r"""
SecAction "id:900,phase:1,pass,nolog,setvar:tx.inbound_anomaly_score_threshold=5,setvar:tx.outbound_anomaly_score_threshold=4"
SecRule ARGS "@contains bad" "id:901,phase:2,pass,t:lowercase,msg:'Bad',setvar:tx.anomaly_score=+3"
SecRule TX:anomaly_score "@ge %{tx.inbound_anomaly_score_threshold}" "id:949,phase:2,deny,status:403,msg:'Sum'"
SecRule RESPONSE_BODY "@contains leak" "id:959,phase:4,deny,status:502,setvar:tx.outbound_anomaly_score=+4"
"""


def request(query: str = "", line_end: str = "\n") -> bytes:
    return line_end.join([f"GET /a?{query} HTTP/1.1", "Host: a.example", "", ""]).encode()


def ids(trial: Trial) -> list[int]:
    return [hit.fired.id for hit in trial.hits]


def pieces(trial: Trial) -> dict[int, bytes]:
    return {hit.fired.id: hit.piece for hit in trial.hits}


def test_bytes_with_what_matched_in_them(tmp_path: Path) -> None:
    trial = try_bytes(rule_set(tmp_path), request("q=1+UNION%20%20select+2"), None, "open", DAY)
    assert (trial.is_refused, ids(trial), trial.scores) == (True, [102], {})
    assert trial.decision is not None
    assert (trial.decision.status, trial.decision.rule) == (403, 102)
    hit = trial.hits[0]
    assert (hit.value, hit.piece, hit.fired.target) == (b"1 UNION  select 2", b"UNION  select", b"ARGS:q")
    assert not trial.stopped_before_rules


@pytest.mark.parametrize(("times", "points", "is_refused"), [(1, 3, False), (2, 6, True)])
def test_the_score(tmp_path: Path, times: int, points: int, is_refused: bool) -> None:
    query = "&".join(f"x{number}=BAD" for number in range(times))
    trial = try_bytes(rule_set(tmp_path, SCORING), request(query), None, "open", DAY)
    assert trial.scores == {"inbound": Score(points, 5)}
    assert trial.is_refused is is_refused
    assert pieces(trial)[901] == b"bad"  # as its transformations left it
    assert (949 in pieces(trial)) is is_refused
    assert pieces(trial).get(949, b"6") == b"6"


def test_a_response_is_judged_behind_an_admitted_request(tmp_path: Path) -> None:
    rules = rule_set(tmp_path, SCORING)
    response = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\na leak"
    trial = try_bytes(rules, request(), response, "open", DAY)
    assert trial.decision is not None
    assert (trial.decision.phase, trial.decision.status, ids(trial)) == (4, 502, [959])
    assert trial.scores["outbound"] == Score(4, 4)
    refused = try_bytes(rules, request("a=bad&b=bad"), response, "open", DAY)
    assert 959 not in ids(refused)


def test_modes(tmp_path: Path) -> None:
    detected = try_bytes(rule_set(tmp_path, mode="detect"), request("q=union+select"), None, "open", DAY)
    assert (detected.is_refused, detected.would_refuse, ids(detected)) == (False, True, [102])
    off = try_bytes(rule_set(tmp_path, mode="off"), request("q=union+select"), None, "open", DAY)
    assert (off.is_refused, off.would_refuse, ids(off)) == (False, False, [])


def test_exclusions_of_the_route_are_in_effect(tmp_path: Path) -> None:
    rules = rule_set(tmp_path, exclusions=(exclusion(102, "ARGS:q", "memo"),))
    asked = request("q=union+select")
    assert [try_bytes(rules, asked, None, route, DAY).is_refused for route in ("memo", "other")] == [False, True]
    last = exclusion(102).expires.toordinal()
    assert [try_bytes(rules, asked, None, "memo", day).is_refused for day in (last, last + 1)] == [False, True]


def test_any_bytes_are_a_request(tmp_path: Path) -> None:
    rules = rule_set(tmp_path)
    for raw in (b"", b"\x00\xff", b"GET", b"POST / HTTP/1.1\n\n\xff" * 3, request(line_end="\r\n")):
        assert isinstance(try_bytes(rules, raw, raw, "open", DAY), Trial)


def test_what_has_no_target_has_no_piece(tmp_path: Path) -> None:
    rules = rule_set(tmp_path, "SecAction \"id:1,phase:1,deny,msg:'All'\"")
    trial = try_bytes(rules, request(), None, "open", DAY)
    assert [(hit.fired.target, hit.piece) for hit in trial.hits] == [(b"", b"")]


def test_a_bound_of_the_engine_is_told_apart(tmp_path: Path) -> None:
    rules = rule_set(tmp_path, "SecRequestBodyLimit 8\n" + RULES)
    trial = try_bytes(rules, b"POST / HTTP/1.1\n\n123456789", None, "open", DAY)
    assert trial.decision is not None
    assert of_the_engine(trial.decision)
    ruled = try_bytes(rules, request("q=union+select"), None, "open", DAY).decision
    assert ruled is not None
    assert not of_the_engine(ruled)


def on_route(write: Write, rules: RuleSet | None, request_head: RequestHead) -> Judgement:
    choice = RuleChoice({} if rules is None else {rules.name: rules}, rules and rules.name)
    judgement = load_policy([write(PROCEDURE)], {"example": ()}, open_routes=False, rules=choice).find(request_head)
    assert isinstance(judgement, Judgement)
    return judgement


def test_a_route_judges_as_the_front_does(write: Write, tmp_path: Path, head: Make) -> None:
    trial = RouteTrial(on_route(write, rule_set(tmp_path), post(head)), "enforce")
    assert trial.goes_on
    trial.judgement.field("memo", "ｕｎｉｏｎ union select")
    done = trial.finish(None)
    assert (done.is_refused, ids(done), done.findings[0].code) == (True, [102], Code.RULES_MATCHED)
    assert done.findings[0].target == "ARGS:memo"
    assert done.hits[0].piece == b"union select"
    assert not done.stopped_before_rules


def test_a_head_that_rules_refuse_ends_it(write: Write, tmp_path: Path, head: Make) -> None:
    trial = RouteTrial(on_route(write, rule_set(tmp_path), post(head, headers=((b"x-probe", b"one"),))), "enforce")
    assert not trial.goes_on
    done = trial.finish(None)
    assert (ids(done), pieces(done)) == ([101], {101: b"one"})


def test_what_the_schema_refuses_stops_before_the_rules(write: Write, tmp_path: Path, head: Make) -> None:
    trial = RouteTrial(on_route(write, rule_set(tmp_path), post(head)), "enforce")
    trial.judgement.field("other", "union select")
    done = trial.finish(None)
    assert (done.stopped_before_rules, done.findings[0].code, ids(done)) == (True, Code.FIELD_UNDECLARED, [])


def test_a_route_without_rules(write: Write, head: Make) -> None:
    trial = RouteTrial(on_route(write, None, post(head)), "off")
    trial.judgement.field("memo", "union select")
    assert trial.finish(None) == Trial((), None, False, (), {}, "off")


def test_the_answer_on_a_route(write: Write, tmp_path: Path, head: Make) -> None:
    trial = RouteTrial(on_route(write, rule_set(tmp_path), post(head)), "enforce")
    trial.judgement.field("memo", "x")
    done = trial.finish(b"HTTP/1.1 500 Oops\r\nContent-Type: text/html\r\n\r\nTraceback (most recent call last)")
    assert (ids(done), done.findings[0].code) == ([105], Code.RESPONSE_REFUSED)


def test_the_head_is_judged_once_and_first(write: Write, tmp_path: Path, head: Make) -> None:
    judgement = on_route(write, rule_set(tmp_path), post(head))
    with pytest.raises(PolicyMisuse):
        judgement.finish()
    with pytest.raises(PolicyMisuse):
        judgement.field("memo", "x")
    assert judgement.judge_head() is None
    with pytest.raises(PolicyMisuse):
        judgement.judge_head()
