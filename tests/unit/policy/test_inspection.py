"""The rules stage through the policy: what it sees, what it ends, what it says, and what it never says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from policy.faults import Fault
from policy.inspection import BODY_BYTES_MOST
from policy.load import load_policy
from policy.pipeline import Judgement, Policy
from policy.request import RequestHead
from policy.rule_book import RuleChoice
from policy.rule_set import Exclusion, Mode
from policy.verdict import Admitted, Code, Denied, PolicyMisuse
from tests.ruled import PROCEDURE
from tests.unit.policy.rule_sets import RULES, exclusion, rule_set

Make = Callable[..., RequestHead]
Write = Callable[..., Path]
Build = Callable[..., Policy]


@pytest.fixture
def build(write: Write, tmp_path: Path) -> Build:
    def make(
        text: str = RULES, mode: Mode = "enforce", exclusions: tuple[Exclusion, ...] = (), *, is_open: bool = False
    ) -> Policy:
        choice = RuleChoice({"small": rule_set(tmp_path, text, mode=mode, exclusions=exclusions)}, "small")
        return load_policy([write(PROCEDURE)], {"example": ()}, open_routes=is_open, rules=choice)

    return make


def post(head: Make, kind: str = "urlencoded", **more: object) -> RequestHead:
    return head("POST", "/memo", body_kind=kind, content_length=10, **more)


def judged(policy: Policy, request: RequestHead, memo: str, crossing: bytes = b"") -> Admitted | Denied:
    judgement = policy.open(request)
    if isinstance(judgement, Denied):
        return judgement
    if request.body_kind == "json":
        judgement.document({"memo": memo})
    else:
        judgement.field("memo", memo)
    judgement.crossing(crossing)
    return judgement.finish()


def ids(verdict: Admitted | Denied | None) -> list[int]:
    assert verdict is not None
    return [finding.rule.id for finding in verdict.findings if finding.rule is not None]


@pytest.mark.parametrize("kind", ["urlencoded", "multipart", "json"])
def test_the_same_form_has_the_same_verdict_in_every_encoding(build: Build, head: Make, kind: str) -> None:
    policy = build()
    assert isinstance(judged(policy, post(head, kind), "備考です"), Admitted)
    denied = judged(policy, post(head, kind), "x union select y")
    assert isinstance(denied, Denied)
    assert denied.code is Code.RULES_MATCHED
    (finding,) = denied.findings
    assert (finding.stage, finding.target, finding.detail) == ("rules", "ARGS:memo", "")
    assert finding.rule is not None
    assert (finding.rule.id, finding.rule.phase, finding.rule.message, finding.rule.tags) == (
        102,
        2,
        "Union",
        ("attack-sqli",),
    )
    assert (finding.rule.start, finding.rule.end, finding.rule.severity) == (2, 14, 2)


def test_where_in_a_sensitive_field_a_rule_matched_is_not_told(write: Write, tmp_path: Path, head: Make) -> None:
    procedure = PROCEDURE + '[[field]]\nname = "word"\nlabel_ja = "語"\nlabel_en = "Word"\nclass = "secret"\n'
    rules = 'SecRule ARGS "@contains attack" "id:107,phase:2,deny,msg:\'Attack\'"'
    choice = RuleChoice({"small": rule_set(tmp_path, rules)}, "small")
    policy = load_policy([write(procedure)], {"example": ()}, open_routes=False, rules=choice)
    judgement = policy.open(post(head))
    assert isinstance(judgement, Judgement)
    judgement.field("word", "long-attack-long")
    denied = judgement.finish()
    assert isinstance(denied, Denied)
    (finding,) = denied.findings
    assert finding.rule is not None
    assert (finding.target, finding.rule.id, finding.rule.start, finding.rule.end) == ("ARGS:word", 107, 0, 0)


def test_the_head_is_judged_before_the_body(build: Build, head: Make) -> None:
    denied = build().open(post(head, headers=((b"x-probe", b"one"),)))
    assert isinstance(denied, Denied)
    assert (ids(denied), denied.route_id) == ([101], "memo")


def test_no_finding_holds_a_value_or_a_name_that_the_peer_made_up(build: Build, head: Make) -> None:
    policy = build(is_open=True)
    request = head(
        "GET", "/", raw_query="marked-name=x", headers=((b"user-agent", b"marked"), (b"cookie", b"marked-too=marked"))
    )
    judgement = policy.open(request)
    assert isinstance(judgement, Judgement)
    denied = judgement.finish()
    assert isinstance(denied, Denied)
    assert ids(denied) == [106]
    assert "marked-" not in repr(denied.findings)
    denied = build().open(post(head, headers=((b"x-probe", b"one"),)))
    assert isinstance(denied, Denied)
    assert denied.findings[0].rule is not None
    assert denied.findings[0].rule.message == "Probe %{MATCHED_VAR}"
    assert denied.findings[0].target == "REQUEST_HEADERS"


def test_what_fired_without_refusing_is_with_the_admission(build: Build, head: Make) -> None:
    admitted = judged(build(), post(head), "a suspicious word")
    assert isinstance(admitted, Admitted)
    assert (ids(admitted), admitted.would_refuse) == ([103], False)


def test_detection_only_admits_and_says_what_it_would_have_done(build: Build, head: Make) -> None:
    admitted = judged(build(mode="detect"), post(head), "union select")
    assert isinstance(admitted, Admitted)
    assert (ids(admitted), admitted.would_refuse) == ([102], True)


def test_switched_off_nothing_is_looked_at_and_the_route_goes_on(build: Build, head: Make) -> None:
    admitted = judged(build(mode="off"), post(head, headers=((b"x-probe", b"one"),)), "union select")
    assert isinstance(admitted, Admitted)
    assert (admitted.findings, admitted.would_refuse) == ((), False)


def test_the_body_as_it_crosses_is_seen_as_a_whole(build: Build, head: Make) -> None:
    assert ids(judged(build(), post(head), "x", b"memo=%0A%0A%0A")) == [104]
    assert judged(build(), post(head, "multipart"), "x", b"memo=%0A%0A%0A").findings == ()


def test_an_exclusion_covers_its_rule_on_its_target_and_route(build: Build, head: Make) -> None:
    for excluded, is_admitted in (
        (exclusion(102, "ARGS:memo", "memo"), True),
        (exclusion(102), True),
        (exclusion(102, "ARGS:other"), False),
        (exclusion(102, route="another"), False),
        (exclusion(103), False),
        (exclusion(102, expires="2020-01-01"), False),
    ):
        verdict = judged(build(exclusions=(excluded,)), post(head), "union select")
        assert isinstance(verdict, Admitted) is is_admitted, excluded


def test_an_open_route_is_judged_by_its_bytes(build: Build, head: Make) -> None:
    policy = build(is_open=True)
    request = head(
        "POST", "/any", body_kind="urlencoded", headers=((b"content-type", b"application/x-www-form-urlencoded"),)
    )
    for body, fired in ((b"x=union+sel", []), (b"x=union+select", [102])):
        judgement = policy.open(request)
        assert isinstance(judgement, Judgement)
        assert judgement.raw(body[:5]) + judgement.raw(body[5:]) == body
        assert ids(judgement.finish()) == fired


def test_a_body_over_the_limit_is_refused_and_not_cut(build: Build, head: Make) -> None:
    policy = build("SecRequestBodyLimit 8\n" + RULES, is_open=True)
    request = head(
        "POST", "/any", body_kind="urlencoded", headers=((b"content-type", b"application/x-www-form-urlencoded"),)
    )
    for size, is_admitted in ((8, True), (9, False)):
        judgement = policy.open(request)
        assert isinstance(judgement, Judgement)
        judgement.raw(b"x=" + b"a" * 6)
        judgement.raw(b"a" * (size - 8))
        verdict = judgement.finish()
        assert isinstance(verdict, Admitted) is is_admitted
        if isinstance(verdict, Denied):
            assert (verdict.code, verdict.findings[0].detail) == (Code.RULES_MATCHED, Fault.RULES_LIMIT)


@pytest.mark.parametrize("first", [0, 4, BODY_BYTES_MOST - 1, BODY_BYTES_MOST])
def test_of_a_form_as_a_whole_rules_see_the_bytes_up_to_the_bound(build: Build, head: Make, first: int) -> None:
    policy = build()
    for end, fired in ((BODY_BYTES_MOST, [104]), (BODY_BYTES_MOST + 1, [])):
        body = b"memo=".ljust(end - 9, b"x") + b"%0A%0A%0A" + b"&more"
        judgement = policy.open(post(head))
        assert isinstance(judgement, Judgement)
        judgement.field("memo", "x")
        judgement.crossing(body[:first])
        judgement.crossing(body[first:])
        assert ids(judgement.finish()) == fired


def test_the_answer_is_judged_too(build: Build, head: Make) -> None:
    policy = build()
    judgement = policy.open(post(head))
    assert isinstance(judgement, Judgement)
    with pytest.raises(PolicyMisuse):
        judgement.response(200, (), b"")
    judgement.field("memo", "x")
    judgement.finish()
    assert judgement.response(200, ((b"content-type", b"text/html"),), b"fine") is None
    judgement = policy.open(post(head))
    assert isinstance(judgement, Judgement)
    judgement.field("memo", "x")
    judgement.finish()
    denied = judgement.response(500, ((b"content-type", b"text/html"),), b"Traceback (most recent call last)")
    assert ids(denied) == [105]


@pytest.mark.parametrize("over", [0, 1])
def test_an_answer_over_the_limit_of_the_rules_is_refused_and_not_let_through_unread(
    build: Build, head: Make, over: int
) -> None:
    limit = "SecResponseBodyAccess On\nSecResponseBodyMimeType text/plain\nSecResponseBodyLimit 8\n"
    for action, refused in (("Reject", bool(over)), ("ProcessPartial", False)):
        policy = build(f"{limit}SecResponseBodyLimitAction {action}\n" + RULES)
        judgement = policy.open(post(head))
        assert isinstance(judgement, Judgement)
        judgement.field("memo", "x")
        judgement.finish()
        body = b"x" * (8 + over)
        assert judgement.inspection is not None
        assert judgement.inspection.response_bytes("text/plain") == 9  # enough to tell
        denied = judgement.response(200, ((b"content-type", b"text/plain"),), body)
        assert (denied is not None) is refused
        if denied is not None:
            assert [finding.code for finding in denied.findings] == [Code.RESPONSE_REFUSED]


@pytest.mark.parametrize(("rules", "wanted"), [("On", 9), ("Off", 0)])
def test_what_is_read_of_an_answer_is_what_the_rules_asked_for_last(
    build: Build, head: Make, rules: str, wanted: int
) -> None:
    base = "SecResponseBodyAccess Off\nSecResponseBodyMimeType text/plain\n"
    ask = f'SecAction "id:1,phase:1,pass,nolog,ctl:responseBodyAccess={rules},ctl:responseBodyLimit=8"\n'
    judgement = build(base + ask).open(post(head))
    assert isinstance(judgement, Judgement)
    assert judgement.inspection is not None
    assert judgement.inspection.response_bytes("text/plain") == wanted


def test_what_the_schema_refused_is_not_given_to_the_rules(build: Build, head: Make) -> None:
    judgement = build().open(post(head))
    assert isinstance(judgement, Judgement)
    assert judgement.field("undeclared", "union select") is None
    denied = judgement.finish()
    assert isinstance(denied, Denied)
    assert {finding.stage for finding in denied.findings} == {"schema"}


def test_a_failure_inside_the_engine_denies(write: Write, tmp_path: Path, head: Make) -> None:
    """Fault: the program lacks what every program has."""
    rules = rule_set(tmp_path)
    broken = replace(rules, program=replace(rules.program, phases={}))
    policy = load_policy(
        [write(PROCEDURE)], {"example": ()}, open_routes=False, rules=RuleChoice({"small": broken}, "small")
    )
    denied = policy.open(post(head))
    assert isinstance(denied, Denied)
    assert (denied.code, denied.findings[0].detail) == (Code.INTERNAL_ERROR, Fault.RULES_FAILED)
