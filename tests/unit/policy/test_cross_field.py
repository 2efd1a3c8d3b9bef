"""What fields say together, through a submission: every field concerned, all at once, and never beside a finding of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from policy.cross_field import Check, Equal, InOrder, NeededIf, OneOf
from policy.faults import Fault
from policy.load import load_policy
from policy.pipeline import Judgement, Policy
from policy.request import RequestHead
from policy.schema import Declaration, Form, Submission
from policy.verdict import Code, Denied

TODAY = date(2026, 11, 23)
Found = list[tuple[str, Code, str]]


def found(fields: list[tuple[str, str]], *checks: Check, **options: object) -> Found:
    declared = [
        Declaration(name=name, field_class=kind, label_ja="", label_en="", max_chars=10, repeat=2, **options)  # type: ignore[arg-type]  # table
        for name, kind in (("a", "text"), ("b", "text"), ("c", "text"))
    ] + [Declaration(name=name, field_class="date", label_ja="", label_en="") for name in ("d", "e", "f")]
    submission = Submission(Form(declared, checks), day=TODAY.toordinal())
    for name, value in fields:
        submission.field(name, value)
    submission.finish()
    return [(finding.target, finding.code, finding.detail) for finding in submission.findings]


MISSING, INVALID = Code.FIELD_MISSING, Code.FIELD_INVALID
NEEDED = NeededIf(("b", "c"), "a", frozenset({"変更", "廃止"}))
CASES: list[tuple[Check, list[tuple[str, str]], Found]] = [
    (NEEDED, [("a", "新規")], []),
    (NEEDED, [], []),
    (NEEDED, [("a", "変更"), ("b", "x"), ("c", "y")], []),
    (NEEDED, [("a", "変更")], [("b", MISSING, Fault.NEEDED_HERE), ("c", MISSING, Fault.NEEDED_HERE)]),
    (NEEDED, [("c", ""), ("a", " 廃止 "), ("b", "x")], [("c", MISSING, Fault.NEEDED_HERE)]),
    (NEEDED, [("a", "新規"), ("a", "変更"), ("b", "x")], [("c", MISSING, Fault.NEEDED_HERE)]),
    (NEEDED, [("a", "変更"), ("b", "x"), ("c", "\x00")], [("c", INVALID, Fault.CONTROL)]),
    (NeededIf(("b",), "a"), [("a", "x")], [("b", MISSING, Fault.NEEDED_HERE)]),
    (NeededIf(("b",), "a"), [("a", "")], []),
    (OneOf(("a", "b"), only=False), [], [("a", MISSING, Fault.NONE_OF_THESE), ("b", MISSING, Fault.NONE_OF_THESE)]),
    (OneOf(("a", "b"), only=False), [("a", "")], [("a", MISSING, Fault.NONE_OF_THESE), ("b", MISSING, Fault.NONE_OF_THESE)]),
    (OneOf(("a", "b"), only=False), [("a", "x"), ("b", "y")], []),
    (OneOf(("a", "b", "c"), only=True), [("a", "x"), ("b", "")], []),
    (
        OneOf(("a", "b", "c"), only=True),
        [("a", "x"), ("c", "y")],
        [("a", INVALID, Fault.MORE_THAN_ONE), ("c", INVALID, Fault.MORE_THAN_ONE)],
    ),
    (InOrder(("d", "e"), strict=False), [("d", "2026-04-01"), ("e", "令和8年4月1日")], []),
    (
        InOrder(("d", "e"), strict=True),
        [("d", "2026-04-01"), ("e", "2026-04-01")],
        [("d", INVALID, Fault.OUT_OF_ORDER), ("e", INVALID, Fault.OUT_OF_ORDER)],
    ),
    (
        InOrder(("d", "e"), strict=False),
        [("e", "2026-04-01"), ("d", "2026-04-02")],
        [("d", INVALID, Fault.OUT_OF_ORDER), ("e", INVALID, Fault.OUT_OF_ORDER)],
    ),
    (
        InOrder(("d", "e", "f"), strict=False),
        [("d", "2026-04-02"), ("f", "2026-04-01")],
        [("d", INVALID, Fault.OUT_OF_ORDER), ("f", INVALID, Fault.OUT_OF_ORDER)],
    ),
    (InOrder(("d", "e"), strict=False), [("d", "2026-04-02"), ("e", "2026-02-30")], [("e", INVALID, Fault.NOT_DATE)]),
    (Equal(("a", "b")), [("a", "x"), ("b", " x ")], []),
    (Equal(("a", "b")), [], []),
    (Equal(("a", "b")), [("a", "x"), ("b", "X")], [("a", INVALID, Fault.NOT_EQUAL), ("b", INVALID, Fault.NOT_EQUAL)]),
    (Equal(("a", "b")), [("a", "x")], [("a", INVALID, Fault.NOT_EQUAL), ("b", MISSING, Fault.NOT_EQUAL)]),
    (Equal(("a", "b")), [("a", "x"), ("b", "\u202e")], [("b", INVALID, Fault.BIDI)]),
]  # fmt: skip


@pytest.mark.parametrize(("check", "fields", "outcome"), CASES)
def test_checks(check: Check, fields: list[tuple[str, str]], outcome: Found) -> None:
    assert found(fields, check) == outcome


def test_all_checks_of_a_form_are_reported_at_once() -> None:
    made = found([("a", "変更"), ("d", "2026-02-30")], NEEDED, OneOf(("b", "c"), only=False), Equal(("b", "a")))
    assert [(name, detail) for name, _, detail in made] == [
        ("d", Fault.NOT_DATE),
        ("b", Fault.NEEDED_HERE), ("c", Fault.NEEDED_HERE),
        ("b", Fault.NONE_OF_THESE), ("c", Fault.NONE_OF_THESE),
        ("b", Fault.NOT_EQUAL), ("a", Fault.NOT_EQUAL),
    ]  # fmt: skip


def bounded(value: str, day: date | None, **bounds: str) -> list[str]:
    form = Form([Declaration(name="d", field_class="birth_date", label_ja="", label_en="", **bounds)])  # type: ignore[arg-type]  # table
    submission = Submission(form, day=None if day is None else day.toordinal())
    submission.field("d", value)
    submission.finish()
    return [finding.detail for finding in submission.findings]


def test_the_day_of_the_request_bounds_a_field() -> None:
    assert [bounded(value, TODAY, latest="today") for value in ("2026-11-22", "2026-11-23", "令和8年11月24日", "")] == [
        [], [], [Fault.IN_FUTURE], []
    ]  # fmt: skip
    assert [bounded(value, TODAY, earliest="today") for value in ("2026-11-22", "2026-11-23", "2026-11-24")] == [
        [Fault.IN_PAST], [], []
    ]  # fmt: skip


@pytest.mark.parametrize("bounds", [{"latest": "today"}, {"earliest": "today"}])
def test_without_a_day_no_day_is_within(bounds: dict[str, str]) -> None:
    assert len(bounded("2026-11-23", None, **bounds)) == 1


CHECKED = """
[[field]]
name = "born"
label_ja = "生年月日"
label_en = "Date of birth"
class = "birth_date"

[[field]]
name = "address"
label_ja = "メール"
label_en = "Mail"
class = "email"

[[field]]
name = "again"
label_ja = "メール（確認）"
label_en = "Mail again"
class = "email"

[[check]]
kind = "needed-if"
fields = ["notes", "copies"]
when = "kind"
is = ["変更"]

[[check]]
kind = "equal"
fields = ["address", "again"]
"""
MIDNIGHT_MS = 1_795_359_600_000  # 2026-11-23 00:00:00 JST


def judged(policy: Policy, head: Callable[..., RequestHead], kind: str, ms: int, form: dict[str, str]) -> list[str]:
    judgement = policy.open(head("POST", "/procedures/sample", body_kind=kind, content_length=1, received_ms=ms))
    assert isinstance(judgement, Judgement)
    if kind == "json":
        judgement.document(dict(form) | ({"kind": [form["kind"]]} if "kind" in form else {}))
    else:
        for name, value in form.items():
            judgement.field(name, value)
    made = judgement.finish()
    return [f"{one.target} {one.detail}" for one in made.findings] if isinstance(made, Denied) else []


@pytest.mark.parametrize("kind", ["urlencoded", "multipart", "json"])
def test_a_form_is_told_all_at_once_in_every_encoding(
    write: Callable[..., Path], procedure: str, head: Callable[..., RequestHead], kind: str
) -> None:
    policy = load_policy([write(procedure + CHECKED)], {"example": ()}, open_routes=False)
    form = {"again": "b@example.jp", "kind": "変更", "born": "令和8年11月23日", "address": "a@example.jp"}
    found = [
        "applicant_name missing",
        "copies needed_here",
        "notes needed_here",
        "address not_equal",
        "again not_equal",
    ]
    assert judged(policy, head, kind, MIDNIGHT_MS, form) == found
    assert judged(policy, head, kind, MIDNIGHT_MS - 1, form) == [*found[:3], "born in_future", *found[3:]]
