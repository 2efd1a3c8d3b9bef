"""A whole egress in this process, between a front, a ledger and a gate that stand for the real ones."""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path

import trio
import trio.testing

from relay.base.ids import TransferId, transfer_id_to_bytes
from relay.base.limits import Limits
from relay.base.reasons import Reason
from relay.egress.gates import Gates
from relay.egress.measure import Measure
from relay.egress.pipeline import Egress
from relay.egress.records import Recorder
from relay.egress.serve import serve_front
from relay.envelope.keys import ReceiptSigner
from relay.envelope.receipt import ReceiptReader
from relay.ipc import permit
from relay.ipc.link import FrameType, frame_head
from relay.ipc.messages import INLINE_BYTES, Exchange, Exchanged, decode_answers, encode
from relay.ipc.permit import PermitDesk
from relay.net.channel import Channel, Packet, receive_packet, send_nowait
from relay.net.parcel import Parcel
from relay.ops.clock import boottime_ms
from relay.ops.metrics import REFUSALS, Registry
from tests.gates import FakeGate, GateEnd
from tests.log_samples import transfer
from tests.metrics import counted
from tests.receipts import sign_receipt
from tests.roles import PERMIT_KEY, FakeLedger

TENANT = "minato"
GATE = "gate-a"
RECEIPTS = ReceiptSigner.generate("gate-a.example")
RESPONSE = b"sealed response"
LIMITS = Limits(exchange_timeout_ms=5_000, ipc_timeout_ms=2_000, transfers_in_flight=40)
SMALL, LARGE = b"sealed request", os.urandom(INLINE_BYTES + 1)


def receipt(
    number: int, envelope: bytes, response: bytes, signer: ReceiptSigner = RECEIPTS, result: str = "delivered"
) -> bytes:
    return sign_receipt(
        signer,
        transfer_id=TransferId(transfer(number)),
        envelope_digest=hashlib.sha256(envelope).digest(),
        response_digest=hashlib.sha256(response).digest(),
        result=result,
        received_ms=1_795_392_000_000,
    )


async def delivers(end: GateEnd, response: bytes = RESPONSE) -> None:
    """A gate in good order. The first byte of each envelope is the number of its transfer."""
    while True:
        kind, envelope = await end.frame()
        if kind is FrameType.PING:
            await end.say(frame_head(FrameType.PONG, 0))
        else:
            await end.answer(response, receipt(envelope[0], envelope, response))


class Front:
    """A front's end of the socket."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.calls = 0

    def send(
        self,
        number: int,
        content: bytes = SMALL,
        *,
        index: int | None = None,
        sent: bytes | None = None,
        claimed: bytes | None = None,
        no_permit: bool = False,
    ) -> bytes:
        """Exchange for the transfer of this number; its envelope. `sent`: other bytes than the permit is for."""
        envelope = bytes([number]) + content
        digest = hashlib.sha256(envelope).digest()
        raw = transfer_id_to_bytes(TransferId(transfer(number)))
        granted = permit.issue(
            PERMIT_KEY,
            index=number if index is None else index,
            issued_ms=boottime_ms(),
            transfer=raw,
            digest=digest,
            tenant=TENANT,
        )
        with Parcel.of(envelope if sent is None else sent) as parcel:
            self.calls += 1
            request = Exchange(
                call=self.calls,
                transfer=raw,
                tenant=TENANT,
                claimed_digest=digest if claimed is None else claimed,
                permit=None if no_permit else granted,
                inline=parcel.inline,
            )
            assert send_nowait(self.sock, encode(request), parcel.descriptors)
        return envelope

    async def packet(self) -> Packet:
        while (packet := receive_packet(self.sock)) is None:
            await trio.lowlevel.wait_readable(self.sock)
        return packet

    async def answer(self) -> tuple[Exchanged, bytes]:
        packet = await self.packet()
        (answer,) = decode_answers(packet.data)
        assert isinstance(answer, Exchanged)
        with Parcel.received(answer.inline, packet.descriptors, 1 << 30) as response:
            return answer, b"".join(response.pieces())

    async def result(self) -> tuple[str, str, bytes]:
        answer, response = await self.answer()
        return answer.result, answer.gate, response


class World:
    """One egress with its surroundings."""

    def __init__(self, directory: Path, nursery: trio.Nursery, *scripts: object) -> None:
        self.nursery = nursery
        self.ledger = FakeLedger(directory, "ledger/egress.sock")
        self.gate = FakeGate(nursery, *scripts)  # type: ignore[arg-type]  # scripts
        self.registry = Registry("egress", {"gate": [GATE], "certificate": ["egress"]})
        self.channel = Channel(self.ledger.path, unavailable=Reason.LEDGER_UNAVAILABLE, timeout_s=2.0)
        self.gates = Gates({TENANT: [GATE]}, lambda _: self.gate.connect(), LIMITS)
        self.egress = Egress(
            limits=LIMITS,
            desk=PermitDesk(PERMIT_KEY, lifetime_ms=LIMITS.permit_lifetime_ms, started_ms=0),
            gates=self.gates,
            receipts={GATE: ReceiptReader(RECEIPTS.public_key)},
            recorder=Recorder(self.channel),
            measure=Measure(self.registry),
        )
        nursery.start_soon(self.ledger.run)
        nursery.start_soon(self.channel.run)
        nursery.start_soon(self.gates.end_overdue_forever)
        self.socks: list[socket.socket] = []

    def front(self) -> Front:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for sock in (ours, theirs):
            sock.setblocking(False)
            self.socks.append(sock)
        self.nursery.start_soon(self._serve, theirs)
        return Front(ours)

    async def _serve(self, sock: socket.socket) -> None:
        await serve_front(self.egress, sock)
        sock.close()

    def close(self) -> None:
        self.channel.close()
        for gate in self.gates.by_name.values():
            gate.drop_idle(-1.0)
        for sock in self.socks:
            sock.close()

    def refusals(self) -> dict[tuple[str, ...], float]:
        return counted(self.registry, REFUSALS)
