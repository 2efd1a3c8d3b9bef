"""THE leak check: whether an answer shows what its route may not show. The specification is docs/spec/leaks.md.

Rules
1. A route shows nothing of these kinds unless its file says so (`answers_may_show`).
2. What cannot be looked at counts as shown: it is the kind `unread`.
3. What comes out are kinds and counts. No value, and nothing about where it stood.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from policy.leak_kinds import KINDS, UNREAD
from policy.leak_numbers import count_numbers
from policy.leak_pages import count_signs
from policy.leak_text import readings
from policy.verdict import Code, Finding

STAGE: Final = "leaks"
BODY_BYTES_MOST: Final = (
    1 << 20
)  # bytes of a body; as much as rules may look at (docs/spec/rules.md 1.4), held in memory until then
COUNT_MOST: Final = 999  # of one kind in a finding: beyond it, more tells nobody more

Headers = Sequence[tuple[bytes, bytes]]

# Looked at is whatever is not known to be no text: a page that says application/octet-stream is a page.
_NO_TEXT: Final = re.compile(
    r"(?:image/(?!svg\+xml)|audio/|video/|font/).*"
    r"|application/(?:pdf|zip|gzip|x-zip-compressed|x-7z-compressed|x-tar|msword|wasm"
    r"|vnd\.(?:ms-(?:excel|powerpoint|word|fontobject).*|openxmlformats-officedocument\..*|oasis\.opendocument\..*))"
)
_UNKNOWN: Final = frozenset(
    {"application/octet-stream", "binary/octet-stream", "application/x-download", "application/force-download"}
)
_FIRST_BYTES: Final = (
    512  # of an answer of unknown type: text of that size holds no NUL (UTF-16 says its charset or has a mark)
)
_PLAIN: Final = re.compile(r"text/(?:plain|csv|css|javascript)|application/(?:json|javascript|.*\+json)")
_CHARSET: Final = re.compile(r";\s*charset\s*=\s*(\"[^\"]*\"|'[^']*'|[^;\s]*)", re.IGNORECASE)
_TELLING: Final = frozenset({b"content-disposition", b"content-location", b"link", b"location", b"set-cookie"})
_PARTIAL: Final = 206  # RFC 9110 15.3.7: part of a body; the rest of a number could come with the next


@dataclass(frozen=True, slots=True)
class LeakCheck:
    """What a route's answers may show, and the patterns of its tenant's receipt numbers."""

    may_show: frozenset[str] = frozenset()
    receipts: tuple[re.Pattern[str], ...] = ()

    @property
    def shows_everything(self) -> bool:
        return self.may_show.issuperset(KINDS)

    def body_bytes(self, content_type: str) -> int:
        """How much of a body of this media type `find` is to be given: one more than it looks at, so that it sees that there is more."""
        return 0 if self.shows_everything or _NO_TEXT.fullmatch(content_type) else BODY_BYTES_MOST + 1

    def find(self, status: int, headers: Headers, body: bytes) -> list[Finding]:
        """Why this answer is not to be sent; empty where it is."""
        counted = {} if self.shows_everything else self._count(status, headers, body)
        return [
            Finding(STAGE, Code.RESPONSE_REFUSED, "", f"{kind}.{min(counted[kind], COUNT_MOST)}")
            for kind in KINDS
            if kind in counted and kind not in self.may_show
        ]

    def _count(self, status: int, headers: Headers, body: bytes) -> dict[str, int]:
        values = [count_numbers(value.decode("latin-1"), self.receipts) for name, value in headers if name in _TELLING]
        media_type = media_type_of(headers)
        if not body or _NO_TEXT.fullmatch(media_type) or (media_type in _UNKNOWN and _is_binary(body)):
            return _sums(values)
        if status == _PARTIAL or len(body) > BODY_BYTES_MOST or _is_encoded(headers):
            return {**_sums(values), UNREAD: 1}
        said = _CHARSET.search(_value(headers, b"content-type"))
        is_page = not _PLAIN.fullmatch(media_type) and not media_type.endswith(("/xml", "+xml"))
        texts = readings(body, said[1] if said else "", is_html=is_page or media_type == "application/xhtml+xml")
        if texts is None:
            return {**_sums(values), UNREAD: 1}
        shown = _most([{**count_numbers(text, self.receipts), **count_signs(text)} for text in texts])
        return _sums([*values, shown])


def media_type_of(headers: Headers) -> str:
    """What the Content-Type says: the type in lower case, without parameters; "" without one."""
    return _value(headers, b"content-type").partition(";")[0].strip().lower()


def kind_of(finding: Finding) -> str:
    """The kind that a finding of this stage counts; "" where it is of another."""
    return finding.detail.partition(".")[0] if finding.stage == STAGE else ""


def _value(headers: Headers, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in headers if name == wanted), "")


def _is_encoded(headers: Headers) -> bool:
    return any(
        name == b"content-encoding" and value.strip().lower() not in (b"", b"identity") for name, value in headers
    )


def _is_binary(body: bytes) -> bool:
    return b"\x00" in body[:_FIRST_BYTES] and not body.startswith((b"\xff\xfe", b"\xfe\xff"))


def _sums(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for counted in counts:
        for kind, count in counted.items():
            total[kind] = total.get(kind, 0) + count
    return total


def _most(counts: Sequence[dict[str, int]]) -> dict[str, int]:
    """Of several readings of one body: of each kind the largest count."""
    return {kind: max(counted.get(kind, 0) for counted in counts) for counted in counts for kind in counted}
