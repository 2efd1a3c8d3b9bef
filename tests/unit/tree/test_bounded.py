"""What a policy finds, and what of it a record may hold."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from msgspec.structs import replace

from relay.base.errors import Misuse
from relay.tree.bounded import bounded_findings, bounded_target
from relay.tree.record import FINDINGS_MAX, TAGS_MAX, TARGET_CHARS, Finding, RuleMatch, encode_record
from tests.log_samples import refusal


def test_a_name_that_no_record_may_hold_is_left_out() -> None:
    assert [bounded_target(name) for name in ("scan", "T" * TARGET_CHARS)] == ["scan", "T" * TARGET_CHARS]
    assert {bounded_target(name) for name in ("T" * (TARGET_CHARS + 1), "診断書", "a0123456789", "1", "")} == {""}


@dataclass(frozen=True)
class PolicyFinding:
    stage: str
    code: str
    target: str
    detail: str
    rule: None = None


def test_findings_are_bounded() -> None:
    bad = PolicyFinding("schema", "field_invalid", "山田 太郎", "090-1234-5678 is wrong")
    assert bounded_findings([bad]) == (Finding("schema", "field_invalid", "", ""),)
    good = PolicyFinding("schema", "field_invalid", "plan_start_date", "too_long")
    assert bounded_findings([good]) == (Finding("schema", "field_invalid", "plan_start_date", "too_long"),)
    assert len(bounded_findings([good] * FINDINGS_MAX)) == FINDINGS_MAX
    more = bounded_findings([good] * (FINDINGS_MAX + 1))
    assert len(more) == FINDINGS_MAX
    assert more[-1] == Finding("record", "findings_left_out", "", "2")
    encode_record(replace(refusal(1), findings=more))
    with pytest.raises(Misuse):
        encode_record(replace(refusal(1), findings=more + more[:1]))


def test_each_rule_is_named_before_any_is_named_twice() -> None:
    def found(*ids: int) -> list[Finding]:
        return [
            Finding("rules", "rules_matched", "", "", RuleMatch(one, 2, "", (), 2, place, place, False))
            for place, one in enumerate(ids)
        ]

    def kept(*ids: int) -> list[tuple[int, int]]:
        return [(one.rule.id, one.rule.start) for one in bounded_findings(found(*ids)) if one.rule is not None]

    as_they_came = (1, *[2] * 30, 3)
    assert kept(*as_they_came) == [(one, place) for place, one in enumerate(as_they_came)]
    crowded = (1, *[2] * 40, 3, 4)
    assert kept(*crowded) == [(1, 0), *[(2, place) for place in range(1, 29)], (3, 41), (4, 42)]
    assert bounded_findings(found(*crowded))[-1].detail == str(len(crowded) - FINDINGS_MAX + 1)
    assert kept(*range(40)) == [(one, one) for one in range(FINDINGS_MAX - 1)]


def test_what_a_rule_says_is_bounded_and_holds_no_long_number() -> None:
    @dataclass
    class Match:
        message: str
        tags: tuple[str, ...]
        id: int = 942100
        phase: int = 2
        severity: int = 2
        start: int = 1
        end: int = 5
        exhausted: bool = True

    @dataclass
    class Found:
        rule: Match
        stage: str = "rules"
        code: str = "rules_matched"
        target: str = "ARGS:memo"
        detail: str = ""

    match = Match('SQL "injection" 0901234567890 氏名 ' + "x" * 200, ("attack-sqli", "no spaces here", *["t"] * 20))
    (kept,) = bounded_findings([Found(match)])
    assert kept.rule is not None
    assert kept.rule.message == ("SQL ?injection? ? ? " + "x" * 200)[: len(kept.rule.message)]
    assert kept.rule.tags == ("attack-sqli", *["t"] * (TAGS_MAX - 1))
    assert (kept.rule.id, kept.rule.phase, kept.rule.start, kept.rule.end, kept.rule.exhausted) == (
        942100,
        2,
        1,
        5,
        True,
    )
    encode_record(replace(refusal(1), findings=(kept,)))
