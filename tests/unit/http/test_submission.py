"""Every row of docs/spec/http.md section 6, chosen by Content-Type, fed whole, in sevens and byte by byte."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from pathlib import Path

import pytest

from relay.base.errors import Refused
from relay.base.limits import DEFAULTS
from relay.base.reasons import Reason
from relay.http.body import BodyEvent
from relay.http.events import Head
from relay.http.submission import open_body
from tests.unit.http.body_case import BodyCase
from tests.unit.http.body_cases import BODY_CASES
from tests.unit.http.feeds import parse, pieces

SPEC = Path(__file__).parents[3] / "docs" / "spec" / "http.md"
BODY_CASES_LEAST = 320
IDS = [f"{case.row}-{number}" for number, case in enumerate(BODY_CASES)]


def head(*headers: tuple[bytes, bytes]) -> Head:
    return Head("POST", "/", None, "a.jp", None, headers, 1, False, False, "1.1", True)


def outcome(case: BodyCase, size: int) -> list[BodyEvent] | str:
    try:
        _, parser = open_body(head((b"content-type", case.content_type)), DEFAULTS)
    except Refused as refusal:
        return refusal.reason.value
    return parse(parser, pieces(case.raw, size))


@pytest.mark.parametrize("case", BODY_CASES, ids=IDS)
def test_case(case: BodyCase) -> None:
    expect = case.expect.value if isinstance(case.expect, Reason) else case.expect
    small = len(case.raw) < 3000
    for size in (max(1, len(case.raw)), *((1, 7) if small else (4096,))):
        assert outcome(case, size) == expect


def test_the_table_in_the_spec_and_the_cases_have_the_same_rows() -> None:
    bodies = SPEC.read_text().partition("## 6.")[2].partition("## 7.")[0]
    rows = set(re.findall(r"^\| ([A-Z][0-9]+) \|", bodies, re.MULTILINE))
    counted = Counter(case.row for case in BODY_CASES)
    rows -= {row for row in rows if row[0] == "K"} | {"Y4"}  # in test_charset.py; Y4 is about another field: below
    assert rows == counted.keys()
    assert counted.total() >= BODY_CASES_LEAST


@pytest.mark.parametrize("coding", [b"gzip", b"identity", b"br", b"", b"x"])
def test_content_encoding_is_refused(coding: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        open_body(head((b"content-type", b"application/json"), (b"content-encoding", coding)), DEFAULTS)
    assert refusal.value.reason is Reason.CONTENT_ENCODING_UNSUPPORTED


def test_no_content_type_is_refused() -> None:
    with pytest.raises(Refused) as refusal:
        open_body(head(), DEFAULTS)
    assert refusal.value.reason is Reason.CONTENT_TYPE_UNSUPPORTED


@pytest.mark.parametrize(
    ("content_type", "raw", "name", "least", "reason"),
    [
        ("application/x-www-form-urlencoded", b"a=1&b=2&c=3", "fields", 3, Reason.FIELDS_EXCEEDED),
        ("application/x-www-form-urlencoded", b"abc=1", "name_bytes", 3, Reason.NAME_TOO_LONG),
        ("application/x-www-form-urlencoded", b"a=%E3%81%82", "field_bytes", 3, Reason.FIELD_TOO_LARGE),
        ("application/json", b"[[[]]]", "json_depth", 3, Reason.NESTING_TOO_DEEP),
        ("application/json", b"[1,2,3]", "json_bytes", 7, Reason.BODY_TOO_LARGE),
        ("application/json", b"[1,[2,3]]", "fields", 5, Reason.FIELDS_EXCEEDED),
    ],
)
def test_limits_at_n_and_n_minus_1(content_type: str, raw: bytes, name: str, least: int, reason: Reason) -> None:
    for limit, expected in ((least, None), (least - 1, reason.value)):
        limits = dataclasses.replace(DEFAULTS, **{name: limit})
        for size in (1, len(raw)):
            _, parser = open_body(head((b"content-type", content_type.encode())), limits)
            got = parse(parser, pieces(raw, size))
            assert isinstance(got, list) if expected is None else got == expected
