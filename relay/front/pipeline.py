"""THE HOT PATH of the front, and of Sekisho: route ▸ receive, judge and seal ▸ record the intent ▸ exchange ▸ open the answer.

Every step either returns what the next one needs or raises: Refused (the peer's fault), Unavailable (a dependency). There is
no way from a request to the LGWAN side but through all of them, in this order:

    Judgement   closed by default; opened for a declared route only                                  policy
    Sealed      holds an Admitted (every stage ran) and the envelope that only `seal` makes of one   envelope
    Permit      the intent to send exactly this envelope is durable                                  ledger
    Answered    what the municipal application said, still sealed until here, and judged again        egress, gate, policy
    Remark      what the rules found in it without refusing it is durable; most answers have none     ledger
"""

from __future__ import annotations

from contextlib import ExitStack

import trio

from policy.pipeline import Judgement
from policy.verdict import Denied
from relay.base.errors import Refused, Unavailable
from relay.base.ids import TransferId, transfer_id_to_bytes
from relay.base.reasons import Reason, Stage, row
from relay.envelope.format import Header
from relay.front.answered import Answered, judge_answer, open_answer
from relay.front.carry import carrier
from relay.front.context import Front, Tenant
from relay.front.denial import Denial, Noted
from relay.front.files import Files
from relay.front.incoming import Incoming
from relay.front.records import intent_of, remark_of
from relay.front.routing import request_head, tenant_of
from relay.front.sealing import Sealed, Sealing
from relay.ipc.messages import (
    Exchange,
    Exchanged,
    Permit,
    Permitted,
    ProtocolViolation,
    Recorded,
    RecordIntent,
    RecordRemark,
)
from relay.net.channel import close_descriptors
from relay.net.parcel import Parcel
from relay.ops.clock import now_ms
from relay.tree.record import Remark

_BEHIND = frozenset({Stage.EGRESS, Stage.GATE, Stage.APPLICATION, Stage.RESPONSE, Stage.PEER})
_SERVER_ERROR = 500  # RFC 9110 15.6: what goes wrong behind the front is not the citizen's fault, and never a success


async def transfer(front: Front, incoming: Incoming, transfer_id: TransferId) -> Answered:
    """One request, from its head to the application's answer."""
    with front.budget.transfer():
        tenant = tenant_of(front, incoming.head, incoming.tls.server_name)
        incoming.tenant = tenant.name
        judgement = open_judgement(front, tenant, incoming, transfer_id)
        incoming.timed.lap("judge")
        sealed = await receive(front, tenant, incoming, judgement, transfer_id)
        incoming.timed.lap("seal")
        with sealed.parcel:
            permit = await record(front, tenant, incoming, sealed)
            incoming.permitted = True
            incoming.timed.lap("record")
            front.measure.shadowed(incoming.route, sealed.admitted.shadow)
            response = await exchange(front, tenant, sealed, permit)
            incoming.timed.lap("exchange")
        answered = open_answer(
            response,
            sealed.envelope,
            front.limits,
            to_head=incoming.head.method == "HEAD",
            needs_length=incoming.head.http_version == "1.0",
        )
        answered = judge_answer(judgement, answered)
        remarks = judgement.remarks
        front.measure.judged(tenant.name, incoming.route, (sealed.admitted.findings, remarks), judgement.would_refuse)
        if remarks:
            with ExitStack() as unsent:
                unsent.enter_context(answered.parcel)
                await remark(front, remark_of(front, tenant, sealed, permit.index, remarks))
                unsent.pop_all()
        return answered


def open_judgement(front: Front, tenant: Tenant, incoming: Incoming, transfer_id: TransferId) -> Judgement:
    """The route's judgement of this request, which has not seen the body yet. Raises Denial."""
    asked = request_head(front, tenant, incoming.head, incoming.source, transfer_id)
    incoming.body_kind = asked.body_kind
    judgement = front.policy.open(asked)
    if isinstance(judgement, Denied):
        incoming.route = judgement.route_id or ""
        raise Denial(judgement)
    incoming.route = judgement.route.id
    return judgement


async def receive(
    front: Front, tenant: Tenant, incoming: Incoming, judgement: Judgement, transfer_id: TransferId
) -> Sealed:
    """The whole body under its limits, judged and sealed as it comes. Raises Denial, or Noted with what the rules say so far."""
    try:
        return await _receive(front, tenant, incoming, judgement, transfer_id)
    except Denial:
        raise
    except Refused as refused:
        raise Noted(refused, judgement.cut_short(incoming.unread)) from refused


async def _receive(
    front: Front, tenant: Tenant, incoming: Incoming, judgement: Judgement, transfer_id: TransferId
) -> Sealed:
    incoming.allow(front.limits.body_bytes if judgement.route.body_bytes is None else judgement.route.body_bytes)
    header = Header(
        transfer_id=transfer_id,
        tenant=tenant.name,
        mode=judgement.route.mode,
        recipient_key_id=tenant.wrapper.key_id,
        sender_key_id=front.sender.key_id,
    )
    scan_timeout_s = (front.limits.scan_timeout_ms + front.limits.ipc_timeout_ms) / 1000
    files = Files(front.scanner, scan_timeout_s, front.limits.disarmed_bytes)
    body = carrier(incoming.head, incoming.body_kind, judgement, front.limits, files)
    with (
        files,
        Sealing(
            header=header,
            wrapper=tenant.wrapper,
            sender=front.sender,
            judgement=judgement,
            carrier=body,
            authority=incoming.authority,
            source=incoming.source,
        ) as sealing,
    ):
        while (piece := await incoming.next_piece()) is not None:
            sealing.feed(piece)
            if files.waiting:
                await files.forward()
        try:
            await files.verdicts(judgement)
        except Unavailable:
            sealing.deny_without_verdicts()
            raise
        for piece in body.disarmed():
            sealing.take(piece)
            await trio.lowlevel.checkpoint()
        incoming.timed.lap("receive")
        # not before the last byte: a slow upload must not use up the time that its envelope has for the way
        created_ms = now_ms()
        expires_ms = created_ms + front.limits.envelope_lifetime_ms
        return sealing.finish(created_ms=created_ms, expires_ms=expires_ms, disarmed=files.records())


async def record(front: Front, tenant: Tenant, incoming: Incoming, sealed: Sealed) -> Permit:
    """The intent, durable before anything leaves. Raises Unavailable: then nothing leaves."""
    answer, _ = await front.ledger.call(
        RecordIntent(
            call=front.ledger.next_call(),
            transfer=transfer_id_to_bytes(sealed.envelope.transfer_id),
            digest=sealed.envelope.digest,
            intent=intent_of(front, tenant, incoming, sealed),
        )
    )
    if not isinstance(answer, Permitted):
        raise Unavailable(Reason.LEDGER_UNAVAILABLE, f"the ledger answered {type(answer).__name__}")
    return answer.permit


async def remark(front: Front, said: Remark) -> None:
    """Durable before the citizen has a byte of the answer. Raises Unavailable: then it is not sent, but the request was delivered."""
    try:
        answer, _ = await front.ledger.call(RecordRemark(call=front.ledger.next_call(), remark=said))
    except Unavailable as error:
        raise Unavailable(Reason.RESPONSE_UNRECORDED, error.detail) from error
    if not isinstance(answer, Recorded):
        raise Unavailable(Reason.RESPONSE_UNRECORDED, f"the ledger answered {type(answer).__name__}")


async def exchange(front: Front, tenant: Tenant, sealed: Sealed, permit: Permit) -> Parcel:
    """Envelope and permit to the egress; the sealed response back. Raises Unavailable with the egress's or the gate's reason."""
    answer, descriptors = await front.egress.call(
        Exchange(
            call=front.egress.next_call(),
            transfer=transfer_id_to_bytes(sealed.envelope.transfer_id),
            tenant=tenant.name,
            claimed_digest=sealed.envelope.digest,
            permit=permit,
            inline=sealed.parcel.inline,
        ),
        sealed.parcel.descriptors,
    )
    if not isinstance(answer, Exchanged) or answer.result != "delivered":
        close_descriptors(descriptors)
        raise Unavailable(_reason(answer.result if isinstance(answer, Exchanged) else ""), "the egress has no answer")
    try:
        return Parcel.received(answer.inline, descriptors, 2 * front.limits.response_bytes)
    except ProtocolViolation as violation:
        raise Unavailable(Reason.EGRESS_LOST, str(violation)) from violation


def _reason(word: str) -> Reason:
    """What the egress says, where it is a failure behind the front; otherwise what became of the transfer is not known."""
    try:
        reason = Reason(word)
    except ValueError:
        return Reason.EGRESS_LOST
    entry = row(reason)
    return reason if entry.stage in _BEHIND and entry.status >= _SERVER_ERROR else Reason.EGRESS_LOST
