"""THE HOT PATH of the egress: redeem the permit ▸ exchange ▸ check the receipt ▸ record the outcome ▸ answer the front.

Sealed bytes only: nothing here can parse HTTP, judge, seal or open. What may leave is decided by the permit alone, over the
digest of the bytes that this process holds and will send (docs/spec/ipc.md section 4.2).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import trio

from relay.base.errors import Refused
from relay.base.ids import TransferId, transfer_id_from_bytes
from relay.base.limits import Limits
from relay.base.reasons import Reason
from relay.base.rfc3339 import format_time
from relay.egress.gates import ExchangeFailed, Gates
from relay.egress.measure import Measure
from relay.egress.records import Recorder
from relay.envelope.receipt import ReceiptReader
from relay.ipc.messages import Exchange
from relay.ipc.permit import PermitDesk
from relay.net.parcel import Parcel
from relay.ops.clock import boottime_ms, now_ms
from relay.tree.record import DELIVERED, Outcome

TURN_BYTES = 512 * 1024  # hashed before other tasks get their turn: about 0.3 ms


class Result(NamedTuple):
    """What the front is told (docs/spec/ipc.md section 5.1)."""

    result: str
    gate: str
    response: Parcel


class Carried(NamedTuple):
    """How an exchange ended: for the front, and for the log."""

    result: str
    gate: str
    attempts: int
    response: Parcel
    response_digest: str = ""  # of what the gate sent, also where its receipt does not prove it
    receipt: str = ""
    peer: str = ""


@dataclass(slots=True)
class Load:
    """What is under way."""

    transfers: int = 0


@dataclass(frozen=True, slots=True)
class Egress:
    """What one transfer needs, put together by `relay.egress.__main__`."""

    limits: Limits
    desk: PermitDesk
    gates: Gates
    receipts: Mapping[str, ReceiptReader]  # by gate
    recorder: Recorder
    measure: Measure
    load: Load = field(default_factory=Load)


async def transfer(egress: Egress, request: Exchange, envelope: Parcel) -> Result:
    """One envelope to its gate. Never raises for what a peer did; every end is recorded before it is returned."""
    transfer_id = transfer_id_from_bytes(request.transfer)
    digest = await digest_of(envelope)
    try:
        intent = egress.desk.redeem(
            request.permit,
            transfer=request.transfer,
            tenant=request.tenant,
            held_digest=digest,
            claimed_digest=request.claimed_digest,
            now_ms=boottime_ms(),
        )
    except Refused as refused:
        egress.measure.permit(refused.reason.value)
        await egress.recorder.refused(transfer_id, request.tenant, refused.reason)
        return Result(refused.reason.value, "", Parcel.of(b""))
    egress.measure.permit("accepted")
    return await exchange(egress, request.tenant, transfer_id, intent, digest, envelope)


async def exchange(
    egress: Egress, tenant: str, transfer_id: TransferId, intent: int, digest: bytes, envelope: Parcel
) -> Result:
    """Send what a permit covers; the outcome is recorded before the front hears of it (section 5.2)."""
    started = trio.current_time()
    await egress.recorder.wait_for_room()
    carried = await carry(egress, tenant, transfer_id, digest, envelope)
    duration_s = trio.current_time() - started
    egress.measure.exchange(carried.gate or "none", carried.result, duration_s)
    await egress.recorder.outcome(
        Outcome(
            time=format_time(now_ms()),
            transfer=transfer_id,
            intent=intent,
            result=carried.result,
            gate=carried.gate,
            peer=carried.peer,
            attempts=carried.attempts,
            duration_ms=round(duration_s * 1000),
            response_digest=carried.response_digest,
            response_bytes=carried.response.size,
            receipt=carried.receipt,
        )
    )
    return Result(carried.result, carried.gate, carried.response)


async def carry(egress: Egress, tenant: str, transfer_id: TransferId, digest: bytes, envelope: Parcel) -> Carried:
    """To a gate and back. A response is handed on only with the receipt that proves it."""
    try:
        gate, attempts, answer = await egress.gates.exchange(tenant, envelope)
    except ExchangeFailed as failed:
        return Carried(failed.reason.value, failed.gate, failed.attempts, Parcel.of(b""))
    response_digest = await digest_of(answer.response)
    seen, peer = response_digest.hex(), answer.peer.hex()
    try:
        proven = egress.receipts[gate].read(
            answer.receipt, transfer_id=transfer_id, envelope_digest=digest, response_digest=response_digest
        )
        if proven.result != DELIVERED:
            raise Refused(Reason.RECEIPT_INVALID, "of another result")
    except Refused as refused:
        answer.response.close()
        return Carried(refused.reason.value, gate, attempts, Parcel.of(b""), seen, peer=peer)
    return Carried(DELIVERED, gate, attempts, answer.response, seen, answer.receipt.decode("utf-8", "replace"), peer)


async def digest_of(parcel: Parcel) -> bytes:
    """SHA-256 of a parcel; gives other tasks their turn while it reads a large one."""
    if parcel.inline is not None:
        return hashlib.sha256(parcel.inline).digest()
    digest = hashlib.sha256()
    since_turn = 0
    for piece in parcel.pieces():
        if since_turn >= TURN_BYTES:
            since_turn = 0
            await trio.lowlevel.checkpoint()
        digest.update(piece)
        since_turn += len(piece)
    return digest.digest()
