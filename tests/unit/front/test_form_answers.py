"""A refused form as its citizen sees it: everything to mend at once, accessible without a script, and nothing that was sent."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pytest

from policy.pipeline import Policy
from policy.refusal_words import Told
from policy.verdict import Denied
from relay.base.ids import TransferId
from relay.base.reasons import Reason
from relay.front.answers import Own, own_answer
from tests.forms import Submitted, submit
from tests.log_samples import transfer
from tests.unit.policy.conftest import NOW_MS, procedure, sample_policy, write

__all__ = ["procedure", "sample_policy", "write"]  # fixtures
TRANSFER = TransferId(transfer(1))
WRONG: Submitted = (
    ("applicant_name", "港12"),
    ("kind", "廃止"),
    ("copies", "21"),
    ("agreed", "maybe"),
    ("undeclared", "x"),
)
SENTENCES = [
    ("#", "この手続では受け取れない項目が含まれています。自治体の申請画面から、もう一度入力してください。"),
    ("#/applicant_name", "氏名は、漢字、ひらがな、カタカナまたは英字で入力してください（数字や記号は使えません）。"),
    ("#/kind", "種類は選択肢の中から選んでください。"),
    ("#/copies", "枚数は20以下にしてください。"),
    ("#/agreed", "同意はチェックの有無で答えてください。"),
]
VOID = {"meta", "br"}


def told(policy: Policy, fields: Submitted, kind: str = "urlencoded") -> tuple[Told, ...]:
    verdict = submit(policy, "/procedures/sample", kind, fields).verdict
    assert isinstance(verdict, Denied)
    return policy.told(verdict, NOW_MS)


def answer(policy: Policy, accept: bytes | None = b"text/html", fields: Submitted = WRONG, **more: Any) -> Own:
    return own_answer(Reason.FIELD_UNDECLARED, TRANSFER, accept, (), told(policy, fields), **more)


class Outline(HTMLParser):
    """Checks that elements are closed in their order, and notes what a screen reader goes by."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[tuple[str, str | None]] = []
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.labelled: list[str] = []
        self.tags: set[str] = set()
        self.english: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append((tag, given.get("lang") or (self.open[-1][1] if self.open else None)))
        if tag[0] == "h" and tag[1:].isdigit():
            self.headings.append(int(tag[1:]))
        self.ids += [value for value in (given.get("id"),) if value]
        self.labelled += [value for value in (given.get("aria-labelledby"),) if value]
        self.links += [value for value in (given.get("href"),) if value]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1][1] == "en" and data.strip():
            self.english.append(data)


def test_a_page_lists_everything_and_leads_to_it(sample_policy: Policy) -> None:
    text = answer(sample_policy).body.decode()
    for _, sentence in SENTENCES:
        assert text.count(sentence) == 2  # in the list, and under the label of the field
    outline = Outline(text)
    assert text.startswith('<!DOCTYPE html>\n<html lang="ja">')
    assert len(outline.links) == len(SENTENCES)
    assert {link.removeprefix("#") for link in outline.links} <= set(outline.ids)
    assert set(outline.labelled) <= set(outline.ids)
    assert len(set(outline.ids)) == len(outline.ids)
    assert outline.headings[0] == 1 and outline.headings.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(outline.headings, outline.headings[1:], strict=False))
    assert not outline.tags & {"script", "img", "link", "form", "input", "iframe", "object"}
    assert "Copies: give 20 or less." in outline.english
    assert all(piece.isascii() for piece in outline.english)
    assert "（5件）" in text


def test_a_problem_document_points_at_each_field(sample_policy: Policy) -> None:
    document = json.loads(answer(sample_policy, b"application/json").body)
    assert [(error["pointer"], error["detail"]) for error in document["errors"]] == SENTENCES
    assert document["errors"][3] == {
        "code": "field_invalid",
        "fault": "too_large",
        "pointer": "#/copies",
        "detail": "枚数は20以下にしてください。",
        "detail_en": "Copies: give 20 or less.",
    }
    assert document["status"] == 422


def test_what_is_no_form_has_no_list(sample_policy: Policy) -> None:
    own = own_answer(Reason.RULES_MATCHED, TRANSFER, b"application/json", (), ())
    assert "errors" not in json.loads(own.body)
    assert b"<section" not in own_answer(Reason.RULES_MATCHED, TRANSFER, b"text/html").body


def test_labels_are_written_as_text(sample_policy: Policy) -> None:
    (one, *_) = told(sample_policy, WRONG)
    marked = one._replace(
        label=one.label._replace(ja="<b>&", en="<i>"), sentence=one.sentence._replace(ja="<s>", en="&")
    )
    text = own_answer(Reason.FIELD_INVALID, TRANSFER, b"text/html", (), (marked,)).body.decode()
    assert not Outline(text).tags & {"b", "i", "s"}
    assert "&lt;b&gt;&amp;" in text


@pytest.mark.parametrize(
    ("accept", "to_json", "kind"),
    [
        (None, False, "text/html"),
        (None, True, "application/problem+json"),
        (b"*/*", False, "text/html"),
        (b"*/*", True, "application/problem+json"),
        (b"application/json, text/html", False, "text/html"),
        (b"application/json, text/html", True, "application/problem+json"),
        (b"text/html", True, "text/html"),
        (b"application/json", False, "application/problem+json"),
        (b"application/*", False, "application/problem+json"),
        (b"application/json, text/plain, */*", False, "application/problem+json"),  # programs
        (b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True, "text/html"),  # browsers
        (b"application/problem+json;q=0, */*", True, "text/html"),  # the more specific range counts, though smaller
        (b"text/html;q=0", False, "text/html"),  # neither is wanted: told all the same (RFC 9110 section 12.4.1)
        (b"application/xml", True, "application/problem+json"),
    ],
)
def test_accept_decides_and_then_the_request(
    sample_policy: Policy, accept: bytes | None, to_json: bool, kind: str
) -> None:
    headers = dict(answer(sample_policy, accept, to_json=to_json).headers)
    assert headers[b"content-type"].decode().partition(";")[0] == kind
    assert headers[b"vary"] == b"accept"
