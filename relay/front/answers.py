"""What the front itself says to a citizen: small pages in Japanese and English, HTML or JSON as `Accept` asks.

An answer tells what to mend, of a form everything at once, and quotes the transfer id; it says nothing about the inside and
repeats nothing that was sent. JSON is a problem document (RFC 9457) whose `errors` point at the fields (RFC 6901). A page needs
no script, and names what is wrong in a list of links at its beginning, as WCAG 2.2 (3.3.1, 2.4.1, technique G139) has it.
Every answer, the application's too, gets the headers of `SECURITY_HEADERS`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from email.utils import formatdate
from functools import lru_cache
from html import escape
from http import HTTPStatus
from typing import NamedTuple

from policy.refusal_words import Told, pointer
from policy.verdict import Code
from relay.base.ids import TransferId
from relay.base.reasons import Reason, row
from relay.http.fields import FieldLines

Headers = list[tuple[bytes, bytes]]

# For every answer. HSTS: RFC 6797, two years as the preload lists ask. The rest: Fetch and Referrer Policy standards.
SECURITY_HEADERS: Headers = [
    (b"strict-transport-security", b"max-age=63072000; includeSubDomains"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]
SECURITY_LINES = FieldLines(SECURITY_HEADERS)
_OWN_HEADERS: Headers = [
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
]
_RETRY_AFTER_S = b"30"
_PAGE = """<!DOCTYPE html>
<html lang="ja"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{ja_title}</title>
<style>body{{font:1.1rem/1.8 sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}}small{{color:#555}}</style></head>
<body><main><h1>{ja_title}</h1><p>{ja}</p><div lang="en"><h2>{en_title}</h2><p>{en}</p></div>
{errors}<p><small>受付番号 <span lang="en">Reference</span>: <code>{transfer}</code></small></p></main></body></html>
"""
_ERRORS = """<section aria-labelledby="errors"><h2 id="errors">直していただくところ（{count}件）
<span lang="en">What to mend ({count})</span></h2>
<ol>
{links}
</ol>
<p>ブラウザーの「戻る」で申請の画面に戻り、直してから、もう一度送信してください。</p>
<p lang="en">Go back with your browser, mend the form and send it again.</p>
</section>
{sections}
"""
_LINK = '<li><a href="#error-{number}">{ja}</a></li>'
_SECTION = """<section id="error-{number}" aria-labelledby="field-{number}">
<h3 id="field-{number}">{label_ja} <span lang="en">{label_en}</span></h3>
<p>{ja}</p><p lang="en">{en}</p><p><small><code>{code} {detail}</code></small></p></section>"""
_weight = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")  # RFC 9110 section 12.4.2
# The ranges that match each type, the most specific first (RFC 9110 section 12.5.1)
_JSON_RANGES = (("application/problem+json", "application/json"), ("application/*",), ("*/*",))
_HTML_RANGES = (("text/html",), ("text/*",), ("*/*",))


class Own(NamedTuple):
    """An answer of the front's own."""

    status: int
    headers: Headers
    body: bytes


def own_answer(
    reason: Reason,
    transfer_id: TransferId,
    accept: bytes | None,
    allow: tuple[str, ...] = (),
    told: Sequence[Told] = (),
    *,
    to_json: bool = False,
) -> Own:
    """The answer for `reason`, which must have a status. `allow`: the methods of a 405 (RFC 9110 section 15.5.6). `told`: what is
    wrong in a form. `to_json`: the request had a JSON body.
    """
    entry = row(reason)
    if wants_json(accept, to_json=to_json):
        body = _problem(reason, transfer_id, told)
        kind = b"application/problem+json"
    else:
        body = _page(reason, transfer_id, told)
        kind = b"text/html; charset=utf-8"
    headers = [(b"content-type", kind), (b"content-language", b"ja, en"), (b"vary", b"accept"), *_OWN_HEADERS]
    if entry.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append((b"retry-after", _RETRY_AFTER_S))
    if entry.status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers.append((b"allow", ", ".join(allow).encode("ascii")))
    return Own(entry.status, headers, body)


def common_headers(transfer_id: TransferId, now_s: float) -> Headers:
    """What every answer carries, beside SECURITY_LINES."""
    return [(b"date", _date(int(now_s))), (b"sekisho-transfer", transfer_id.encode("ascii"))]


@lru_cache(maxsize=2)
def _date(now_s: int) -> bytes:
    return formatdate(now_s, usegmt=True).encode("ascii")


def wants_json(accept: bytes | None, *, to_json: bool = False) -> bool:
    """Whether JSON is preferred to HTML (RFC 9110 section 12.5.1).

    Of two that are wanted alike, the one that was named goes before the one that `*` stands for. What that does not decide
    (both or neither were named, or there is no Accept) the request does: JSON for JSON, a page for a form.
    """
    weights = _weights(accept or b"")
    json_, html = _best(weights, _JSON_RANGES), _best(weights, _HTML_RANGES)
    return to_json if json_ == html else json_ > html


def _weights(accept: bytes) -> dict[str, float]:
    """The weight of each media range. Of one that is named twice the larger counts; one that is no number is none."""
    weights: dict[str, float] = {}
    for item in accept.decode("latin-1").lower().split(","):
        media_range, *parameters = (part.strip() for part in item.split(";"))
        written = next((part[2:].strip() for part in parameters if part.startswith("q=")), "1")
        weight = float(written) if _weight.fullmatch(written) else 0.0
        weights[media_range] = max(weights.get(media_range, 0.0), weight)
    return weights


def _best(weights: dict[str, float], ranges: tuple[tuple[str, ...], ...]) -> tuple[float, int]:
    """The weight of a type, which its most specific range gives, and how specific that is. Unwanted is (0, 0)."""
    for position, names in enumerate(ranges):
        given = [weights[name] for name in names if name in weights]
        if given:
            return (max(given), -position) if max(given) else (0.0, 0)
    return (0.0, 0)


def _problem(reason: Reason, transfer_id: TransferId, told: Sequence[Told]) -> bytes:
    entry = row(reason)
    document: dict[str, object] = {
        "type": f"urn:sekisho:reason:{reason.value}",
        "title": entry.ja,
        "title_en": entry.en,
        "status": entry.status,
        "transfer": transfer_id,
    }
    if told:
        document["errors"] = [_error(one) for one in told]
    return json.dumps(document, ensure_ascii=False).encode() + b"\n"


def _error(told: Told) -> dict[str, str]:
    """A fault of the query has the name of a parameter: no pointer leads into a URL."""
    where = (
        {"parameter": told.target}
        if told.code is Code.QUERY_INVALID
        else {"pointer": pointer(told.target, told.element)}
    )
    return {
        "code": told.code.value,
        "fault": told.detail,
        **where,
        "detail": told.sentence.ja,
        "detail_en": told.sentence.en,
    }


def _page(reason: Reason, transfer_id: TransferId, told: Sequence[Told]) -> bytes:
    entry = row(reason)
    later = entry.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return _PAGE.format(
        ja_title="手続を完了できませんでした" if later else "受け付けられませんでした",
        en_title="The request could not be completed" if later else "The request was not accepted",
        ja=entry.ja,
        en=entry.en,
        errors=_errors(told) if told else "",
        transfer=transfer_id,
    ).encode()


def _errors(told: Sequence[Told]) -> str:
    """A list of links to what follows it: one section for each fault, under the label of the field."""
    links = [_LINK.format(number=number, ja=escape(one.sentence.ja)) for number, one in enumerate(told, 1)]
    sections = [
        _SECTION.format(
            number=number,
            label_ja=escape(one.label.ja),
            label_en=escape(one.label.en),
            ja=escape(one.sentence.ja),
            en=escape(one.sentence.en),
            code=one.code.value,
            detail=escape(one.detail),
        )
        for number, one in enumerate(told, 1)
    ]
    return _ERRORS.format(count=len(told), links="\n".join(links), sections="\n".join(sections))
