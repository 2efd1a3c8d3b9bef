"""What the front itself says: in both languages, in the form that was asked for, and nothing of what was sent."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest

from relay.base.ids import TransferId
from relay.base.reasons import Reason, row
from relay.front.answers import SECURITY_HEADERS, SECURITY_LINES, common_headers, own_answer, wants_json
from tests.log_samples import transfer

TRANSFER = TransferId(transfer(1))
ANSWERED = [reason for reason in Reason if row(reason).status]


@pytest.mark.parametrize(
    ("accept", "json_"),
    [
        (None, False),
        (b"", False),
        (b"*/*", False),
        (b"text/html", False),
        (b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),  # browsers
        (b"application/json", True),
        (b"application/problem+json", True),
        (b"application/json, */*", True),
        (b"APPLICATION/JSON", True),
        (b"application/json;q=0.5, text/html", False),
        (b"application/json, text/html;q=0.9", True),
        (b"application/json;q=0", False),
        (b"application/json;q=0, text/html;q=0", False),
        (b"text/*;q=0.3, application/json;q=0.3", True),
        (b"application/json; q=1.0 ; charset=utf-8", True),
        (b"application/json;q=7, text/html", False),  # no weight
        (b"application/json;q=-1, text/html", False),
        (b"application/json;q=nan", False),
        (b"application/json;q=", False),
        (b"application/json;q=x, */*;q=0.1", False),
        (b"application/xml", False),
        (b",,;;q=,\xff\xfe", False),
    ],
)
def test_html_or_json(accept: bytes | None, json_: bool) -> None:
    assert wants_json(accept) is json_


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("reason", ANSWERED)
def test_every_page(reason: Reason) -> None:
    own = own_answer(reason, TRANSFER, b"text/html")
    entry = row(reason)
    assert own.status == entry.status
    page = Page(own.body.decode())
    assert entry.ja in page.text
    assert entry.en in page.text
    assert TRANSFER in page.text
    assert not {"script", "img", "link", "form", "a"} & set(page.tags)
    headers = dict(own.headers)
    assert headers[b"content-type"] == b"text/html; charset=utf-8"
    assert headers[b"cache-control"] == b"no-store"
    assert headers[b"content-security-policy"].startswith(b"default-src 'none'")
    assert (b"retry-after" in headers) is (entry.status == 503)
    assert len(own.body) < 2_000


@pytest.mark.parametrize("reason", ANSWERED)
def test_every_problem_document(reason: Reason) -> None:
    own = own_answer(reason, TRANSFER, b"application/json")
    entry = row(reason)
    assert json.loads(own.body) == {
        "type": f"urn:sekisho:reason:{reason.value}",
        "title": entry.ja,
        "title_en": entry.en,
        "status": entry.status,
        "transfer": TRANSFER,
    }
    assert dict(own.headers)[b"content-type"] == b"application/problem+json"


def test_a_405_names_the_methods() -> None:
    own = own_answer(Reason.METHOD_NOT_ALLOWED, TRANSFER, None, ("GET", "HEAD"))
    assert dict(own.headers)[b"allow"] == b"GET, HEAD"
    assert b"allow" not in dict(own_answer(Reason.ROUTE_UNKNOWN, TRANSFER, None).headers)


def test_what_every_answer_carries() -> None:
    headers = common_headers(TRANSFER, 1_795_392_000.5)
    assert headers == [(b"date", b"Mon, 23 Nov 2026 00:00:00 GMT"), (b"sekisho-transfer", TRANSFER.encode())]
    assert SECURITY_LINES.raw == b"".join(b"%b: %b\r\n" % field for field in SECURITY_HEADERS)
    names = [name for name, _ in SECURITY_HEADERS]
    assert len(set(names)) == len(names)
    assert {b"strict-transport-security", b"x-content-type-options", b"x-frame-options", b"referrer-policy"} <= set(
        names
    )
