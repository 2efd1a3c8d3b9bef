"""policy/leaks.py: what an answer may not show, by route, and what cannot be looked at."""

from __future__ import annotations

import json
import zlib

import pytest

from policy.leak_kinds import KINDS
from policy.leaks import BODY_BYTES_MOST, COUNT_MOST, LeakCheck, kind_of
from policy.route import OPEN_ROUTE
from policy.verdict import Code, Finding
from tests.unit.policy.test_leak_numbers import FULL, NUMBER

HTML, PLAIN, JSON = "text/html; charset=utf-8", "text/plain", "application/json"
SHOWN = {
    "personal_number": f"<p>{NUMBER}</p>",
    "card_number": "4111 1111 1111 1111",
    "stack_trace": "Traceback (most recent call last):",
    "sql_error": "ORA-00942: table",
    "directory_listing": "[To Parent Directory]",
}


def found(
    body: bytes | str, kind: str = HTML, status: int = 200, check: LeakCheck | None = None, **more: str
) -> list[str]:
    headers = [(b"content-type", kind.encode())] if kind else []
    headers += [(name.replace("_", "-").encode(), value.encode()) for name, value in more.items()]
    content = body.encode() if isinstance(body, str) else body
    return [finding.detail for finding in (check or LeakCheck()).find(status, headers, content)]


@pytest.mark.parametrize("kind", SHOWN)
def test_a_route_shows_what_it_may_show_and_nothing_else(kind: str) -> None:
    assert found(SHOWN[kind]) == [f"{kind}.1"]
    assert found(SHOWN[kind], check=LeakCheck(frozenset({kind}))) == []
    assert found(SHOWN[kind], check=LeakCheck(frozenset(KINDS) - {kind})) == [f"{kind}.1"]


def test_findings_are_kinds_and_counts() -> None:
    (one, two) = LeakCheck().find(200, (), f"{NUMBER} {FULL}\n4111111111111111".encode())
    assert one == Finding("leaks", Code.RESPONSE_REFUSED, "", "personal_number.2")
    assert (two.detail, kind_of(two), kind_of(Finding("rules", Code.RESPONSE_REFUSED, "", "x.1"))) == (
        "card_number.1",
        "card_number",
        "",
    )
    assert {*SHOWN, "unread"} == set(KINDS)


@pytest.mark.parametrize("over", [0, 1])
def test_counts_end_somewhere(over: int) -> None:
    assert found(f"{NUMBER},\n" * (COUNT_MOST + over)) == [f"personal_number.{COUNT_MOST}"]


@pytest.mark.parametrize(
    "kind", [HTML, PLAIN, "", JSON, "application/xml", "image/svg+xml", "application/octet-stream", "text/csv", "x/y"]
)
def test_whatever_may_be_text_is_looked_at(kind: str) -> None:
    assert found(f'["{NUMBER}"]', kind) == ["personal_number.1"]


@pytest.mark.parametrize("kind", ["image/png", "application/pdf", "application/zip", "font/woff2", "video/mp4"])
def test_what_is_no_text_is_not(kind: str) -> None:
    assert found(NUMBER, kind) == []
    assert LeakCheck().body_bytes(kind) == 0


def test_bytes_of_an_unknown_kind_are_no_text_where_they_hold_a_nul() -> None:
    assert found(b"\x00" + NUMBER.encode(), "application/octet-stream") == []
    assert found(b"\x00" + NUMBER.encode(), HTML) == ["personal_number.1"]
    assert found(NUMBER.encode("utf-16"), "application/octet-stream") == ["personal_number.1"]


def test_json_is_read_whatever_its_escapes_are() -> None:
    assert found(json.dumps({"a": FULL, "b": int(NUMBER)}), JSON) == ["personal_number.2"]
    assert found(json.dumps({"receipt_no": NUMBER}), JSON) == []


@pytest.mark.parametrize("over", [0, 1])
def test_a_body_over_the_bound_is_unread(over: int) -> None:
    body = b"x" * (BODY_BYTES_MOST + over)
    assert found(body) == (["unread.1"] if over else [])
    assert found(body, check=LeakCheck(frozenset({"unread"}))) == []
    assert LeakCheck().body_bytes("text/html") == BODY_BYTES_MOST + 1  # enough to tell


def test_what_is_at_the_very_end_of_the_bound_is_found() -> None:
    assert found((b"x" * (BODY_BYTES_MOST - 13)) + b" " + NUMBER.encode()) == ["personal_number.1"]


def test_what_cannot_be_read_counts_as_shown() -> None:
    assert found(zlib.compress(NUMBER.encode()), HTML, content_encoding="deflate") == ["unread.1"]
    assert found(NUMBER, HTML, content_encoding="identity") == ["personal_number.1"]
    assert found("x", "text/html; charset=utf-7") == ["unread.1"]
    assert found("x", HTML, 206) == ["unread.1"]
    assert found(b"", HTML, content_encoding="gzip") == []  # to HEAD: there is nothing to read


def test_fields_that_tell_are_looked_at() -> None:
    assert found("", location=f"/done?n={NUMBER}") == ["personal_number.1"]
    assert found("", set_cookie=f"n={NUMBER}") == ["personal_number.1"]
    assert found("", etag=NUMBER) == []


def test_the_open_route_of_the_lab_shows_everything() -> None:
    assert OPEN_ROUTE.leaks.shows_everything and OPEN_ROUTE.leaks.body_bytes("text/html") == 0
    assert found("".join(SHOWN.values()), check=OPEN_ROUTE.leaks) == []
