"""THE HOT PATH of the gate: verify ▸ remember ▸ open ▸ hand to the application ▸ seal the answer ▸ sign the receipt.

The order is the promise. Nothing is opened before the front's signature over the whole verifies; nothing reaches the
application before its transfer id is remembered durably and before the whole request was opened and found in order.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple, TypeVar, cast

import trio

from relay.base.errors import Refused
from relay.base.ids import TransferId, transfer_id_ms
from relay.base.limits import Limits
from relay.base.reasons import Reason
from relay.envelope.bhttp import RequestDecoder, ResponseEncoder
from relay.envelope.bhttp_grammar import DISARMED, Bounds, RequestHead
from relay.envelope.receipt import DELIVERED, Receipt
from relay.envelope.response import ResponseSealer
from relay.envelope.unseal import Opened, Opener
from relay.gate.application import Application
from relay.gate.delivered import Delivered
from relay.gate.measure import Measure
from relay.gate.receipts import Receipts
from relay.net.parcel import Parcel, ParcelWriter
from relay.ops.clock import now_ms

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Gate:
    """What one exchange needs, put together by `relay.gate.__main__`."""

    limits: Limits
    delivered: Delivered
    receipts: Receipts
    applications: Mapping[str, Application]  # by tenant
    measure: Measure


class GateAnswer(NamedTuple):
    receipt: bytes
    response: Parcel


async def exchange(gate: Gate, opener: Opener, envelope: Parcel) -> GateAnswer:
    """One envelope from a relay whose fronts `opener` trusts. Raises Refused: then there is no answer."""
    received_ms = now_ms()
    verified = await in_turns(opener.verifying(envelope.read, envelope.size, received_ms))
    header = verified.header
    application = gate.applications.get(header.tenant)
    if application is None:
        raise Refused(Reason.RECIPIENT_UNKNOWN, "no application for this tenant")
    check_age(header.transfer_id, verified.created_ms, gate.limits)
    await gate.delivered.remember(header.transfer_id, verified.expires_ms)
    opened = verified.open()
    request = await open_request(opened, gate.limits)
    with request.content:
        response = await forward(application, request, header.transfer_id, opened.response_key)
    receipt = await gate.receipts.sign(
        Receipt(
            gate.receipts.name,
            header.transfer_id,
            verified.digest,
            response.digest,
            DELIVERED,
            received_ms,
            sha256(request.disarmed).digest() if request.disarmed else b"",
        )
    )
    gate.measure.delivered(header.tenant)
    return GateAnswer(receipt, response.parcel)


def check_age(transfer_id: TransferId, created_ms: int, limits: Limits) -> None:
    """Section 5.6 of docs/spec/envelope.md: an old envelope that was signed once more is not fresh. Raises Refused.

    The id was drawn when the request began, and is bound to the content key, so no signature can give it another time.
    """
    age_ms = created_ms - transfer_id_ms(transfer_id)
    if not -limits.clock_skew_ms <= age_ms <= limits.body_timeout_ms + limits.headers_timeout_ms + limits.clock_skew_ms:
        raise Refused(Reason.ENVELOPE_STALE, "sealed at another time than its transfer began")


async def in_turns(steps: Generator[None, None, T]) -> T:
    """The result of work that may take long: the other connections get their turn between its steps."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return cast(T, done.value)
        await trio.lowlevel.checkpoint()


class OpenedRequest(NamedTuple):
    """`disarmed`: what it says of its files that were made anew, or nothing."""

    head: RequestHead
    content: Parcel
    disarmed: bytes = b""


async def open_request(opened: Opened, limits: Limits) -> OpenedRequest:
    """The whole request, in memory. Raises Refused(ENVELOPE_INVALID)."""
    # the names and lengths that a head gains on the way: forwarded, sekisho-transfer, and the encoding's own
    bounds = Bounds(
        head_bytes=2 * limits.header_bytes + 4096, fields=limits.header_count + 8, content_bytes=limits.envelope_bytes
    )
    decoder = RequestDecoder(bounds)
    with ParcelWriter() as content:
        for number, chunk in enumerate(opened.chunks()):
            if number:  # most requests have one
                await trio.lowlevel.checkpoint()
            for piece in decoder.feed(chunk):
                content.write(piece)
        decoder.finish()
        if decoder.head is None:
            raise Refused(Reason.ENVELOPE_INVALID, "no head")
        return OpenedRequest(decoder.head, content.freeze(), decoder.disarmed)


class SealedAnswer(NamedTuple):
    parcel: Parcel
    digest: bytes


async def forward(
    application: Application,
    request: OpenedRequest,
    transfer_id: TransferId,
    response_key: bytes,
) -> SealedAnswer:
    """The application's answer, sealed so that only the front that sent the request can open it. Raises Refused.

    What was said of the files is a field of the head here: not every application reads trailers.
    """
    head = request.head
    if request.disarmed:
        head = head._replace(headers=(*head.headers, (DISARMED, request.disarmed)))
    with ParcelWriter() as body, ParcelWriter() as sealed:
        response = await application.send(head, request.content, body.write)
        try:
            encoder = ResponseEncoder(response.status, tuple(response.headers), to_head=head.method == b"HEAD")
        except ValueError as error:
            raise Refused(Reason.APPLICATION_INVALID, str(error)) from error
        sealer = ResponseSealer(transfer_id, response_key, sealed.write)
        sealer.write(encoder.start())
        with body.freeze() as plain:
            for piece in plain.pieces():
                sealer.write(encoder.content(piece))
        sealer.write(encoder.end())
        done = sealer.finish()
        return SealedAnswer(sealed.freeze(), done.digest)
