"""The application's answer: opened here, because only this process has the transfer's response key, and judged before it goes on.

Response policy, first form: status and header allow-list; hop-by-hop fields, the application's own security headers and
anything that tells about the inside (Server, X-Powered-By, Via) do not go on. A response that does not open is Unavailable.
The leak check (docs/spec/leaks.md) and, where a rule set judges the route, its response rules see the answer before the citizen does.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from policy.pipeline import Judgement
from relay.base.errors import Refused, Unavailable
from relay.base.limits import Limits
from relay.base.reasons import Reason
from relay.envelope.bhttp import ResponseDecoder
from relay.envelope.bhttp_grammar import Bounds, Fields, ResponseHead
from relay.envelope.response import ResponseOpener
from relay.envelope.seal import Envelope
from relay.front.denial import Denial
from relay.http.fields import check_response_fields
from relay.net.parcel import Parcel

# Representation metadata, caching, ranges, authentication and what forms need; the rest stays inside.
RESPONSE_HEADERS = frozenset(
    {
        b"accept-ranges", b"age", b"allow", b"cache-control", b"content-disposition", b"content-encoding",
        b"content-language", b"content-location", b"content-range", b"content-security-policy", b"content-type",
        b"etag", b"expires", b"last-modified", b"link", b"location", b"retry-after", b"set-cookie", b"vary",
        b"www-authenticate",
    }
)  # fmt: skip


class Answered(NamedTuple):
    """Status and headers, and the content piece by piece; `content_bytes` is None when it is not known ahead."""

    status: int
    headers: list[tuple[bytes, bytes]]
    content: Iterator[bytes]
    content_bytes: int | None
    parcel: Parcel


def open_answer(
    parcel: Parcel, envelope: Envelope, limits: Limits, *, to_head: bool, needs_length: bool = False
) -> Answered:
    """Open a response envelope as far as its head. Raises Unavailable; a fault later on surfaces from `content`.

    `needs_length`: for HTTP/1.0, which has no chunks. A large answer is then opened twice, the first time to count.
    """
    bounds = Bounds(
        head_bytes=limits.response_header_bytes, fields=limits.header_count, content_bytes=limits.response_bytes
    )
    try:
        counted: int | None = None
        if needs_length and parcel.inline is None:
            counting = _content(ResponseDecoder(bounds, to_head=to_head), _opener(envelope), parcel)
            counted = sum(len(piece) for several in counting for piece in several)
        decoder = ResponseDecoder(bounds, to_head=to_head)
        if parcel.inline is not None:  # all of it is here already, so all of it is checked before any of it is sent
            head, content = _whole(decoder, _opener(envelope), parcel.inline)
            # to a HEAD: what the application says that a GET would have, if it says so (RFC 9110 section 8.6)
            length = _declared(head.headers) if to_head else len(content)
            return Answered(head.status, _forwarded(head), iter((content,)), length, parcel)
        pieces = _content(decoder, _opener(envelope), parcel)
        first: list[bytes] = []
        while decoder.head is None:
            first += next(pieces)
        head = decoder.head
        headers = _forwarded(head)
    except Refused as error:
        parcel.close()
        raise Unavailable(error.reason, error.detail) from error
    return Answered(head.status, headers, _each(first, pieces), counted, parcel)


def judge_answer(judgement: Judgement, answered: Answered) -> Answered:
    """What the leak check and the rules see of an answer ahead of the citizen: its head, and of a text body as much as they look at.

    Raises Denial, Unavailable.
    """
    headers = tuple(answered.headers)
    most = judgement.response_bytes(headers)
    held: list[bytes] = []
    size = 0
    try:
        while size < most and (piece := next(answered.content, None)) is not None:
            held.append(piece)
            size += len(piece)
    except Refused as error:
        answered.parcel.close()
        raise Unavailable(error.reason, error.detail) from error
    denied = judgement.response(answered.status, headers, b"".join(held))
    if denied is not None:
        answered.parcel.close()
        raise Denial(denied)
    return answered._replace(content=chain(held, answered.content)) if held else answered


def _forwarded(head: ResponseHead) -> list[tuple[bytes, bytes]]:
    """Raises Refused."""
    headers = [field for field in head.headers if field[0] in RESPONSE_HEADERS]
    check_response_fields(headers)
    return headers


def _opener(envelope: Envelope) -> ResponseOpener:
    return ResponseOpener(envelope.transfer_id, envelope.response_key)


def _declared(headers: Fields) -> int | None:
    return next((int(value) for name, value in headers if name == b"content-length"), None)


def _whole(decoder: ResponseDecoder, opener: ResponseOpener, sealed: bytes) -> tuple[ResponseHead, bytes]:
    """Head and content of a message that is all here. Raises Refused."""
    content: list[bytes] = []
    for plain in opener.feed(sealed):
        content += decoder.feed(plain)
    content += decoder.feed(opener.finish())
    return _finished(decoder), b"".join(content)


def _finished(decoder: ResponseDecoder) -> ResponseHead:
    """Raises Refused unless the whole message was there."""
    decoder.finish()
    if decoder.head is None:
        raise Refused(Reason.RESPONSE_INVALID, "no head")
    return decoder.head


def _each(first: list[bytes], more: Iterator[list[bytes]]) -> Iterator[bytes]:
    """A function, as mypyc makes a list of a generator expression: that would be the whole answer in memory."""
    yield from first
    for several in more:
        yield from several


def _content(decoder: ResponseDecoder, opener: ResponseOpener, parcel: Parcel) -> Iterator[list[bytes]]:
    """Sealed bytes to content. Raises Refused; ends only when the whole message was there."""
    for sealed in parcel.pieces():
        yield [piece for plain in opener.feed(sealed) for piece in decoder.feed(plain)]
    yield decoder.feed(opener.finish())
    _finished(decoder)
