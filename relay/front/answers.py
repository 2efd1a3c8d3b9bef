"""What the front itself says to a citizen: small pages in Japanese and English, HTML or JSON as `Accept` asks.

An answer tells what to mend and quotes the transfer id; it says nothing about the inside and repeats nothing that was sent.
JSON is a problem document (RFC 9457). Every answer, the application's too, gets the headers of `SECURITY_HEADERS`.
"""

from __future__ import annotations

import json
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple

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
<p><small>受付番号 <span lang="en">Reference</span>: <code>{transfer}</code></small></p></main></body></html>
"""


class Own(NamedTuple):
    """An answer of the front's own."""

    status: int
    headers: Headers
    body: bytes


def own_answer(reason: Reason, transfer_id: TransferId, accept: bytes | None, allow: tuple[str, ...] = ()) -> Own:
    """The answer for `reason`, which must have a status. `allow`: the methods of a 405 (RFC 9110 section 15.5.6)."""
    entry = row(reason)
    if wants_json(accept):
        body = _problem(reason, transfer_id)
        kind = b"application/problem+json"
    else:
        body = _page(reason, transfer_id)
        kind = b"text/html; charset=utf-8"
    headers = [(b"content-type", kind), (b"content-language", b"ja, en"), *_OWN_HEADERS]
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


def wants_json(accept: bytes | None) -> bool:
    """Whether JSON is preferred to HTML (RFC 9110 section 12.5.1). A browser lists text/html; a program JSON or nothing."""
    if not accept:
        return False
    best = {"html": -1.0, "json": -1.0}
    for item in accept.decode("latin-1").lower().split(","):
        media_type, *parameters = (part.strip() for part in item.split(";"))
        quality = next((_quality(part[2:]) for part in parameters if part.startswith("q=")), 1.0)
        if media_type in ("application/json", "application/problem+json"):
            best["json"] = max(best["json"], quality)
        elif media_type in ("text/html", "text/*", "*/*"):
            best["html"] = max(best["html"], quality)
    return best["json"] > 0 and best["json"] >= best["html"]


def _quality(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0


def _problem(reason: Reason, transfer_id: TransferId) -> bytes:
    entry = row(reason)
    document = {
        "type": f"urn:sekisho:reason:{reason.value}",
        "title": entry.ja,
        "title_en": entry.en,
        "status": entry.status,
        "transfer": transfer_id,
    }
    return json.dumps(document, ensure_ascii=False).encode() + b"\n"


def _page(reason: Reason, transfer_id: TransferId) -> bytes:
    entry = row(reason)
    later = entry.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return _PAGE.format(
        ja_title="手続を完了できませんでした" if later else "受け付けられませんでした",
        en_title="The request could not be completed" if later else "The request was not accepted",
        ja=entry.ja,
        en=entry.en,
        transfer=transfer_id,
    ).encode()
