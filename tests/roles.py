"""A ledger and an egress that stand for the real ones: they speak the protocol of docs/spec/ipc.md over real sockets,
keep what they were asked, and fail as their test tells them to.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import trio

from relay.ipc import permit
from relay.ipc.messages import (
    Exchange,
    Exchanged,
    Failed,
    Message,
    Permitted,
    Recorded,
    RecordIntent,
    RecordOperation,
    RecordOutcome,
    RecordRefusal,
    RecordRemark,
    Request,
    decode_request,
    encode,
)
from relay.net.channel import accept_forever, receive_packet, send_nowait
from relay.net.listen import open_seqpacket_listener
from relay.net.parcel import Parcel
from relay.ops.clock import boottime_ms
from relay.tree.record import Intent, Operation, Outcome, Record, Refusal, Remark

PERMIT_KEY = bytes(range(32))


class _Service:
    """Answers each request with what `_answer` makes of it; None: with nothing."""

    def __init__(self, directory: Path, socket_name: str) -> None:
        self.name = socket_name
        self.path = directory / socket_name.replace("/", "-")
        self._listener = open_seqpacket_listener(str(self.path), mode=0o600)

    async def run(self) -> None:
        try:
            await accept_forever(self._listener, self._serve, connections_most=100)
        finally:
            self._listener.close()

    async def _serve(self, sock: socket.socket) -> None:
        async with trio.open_nursery() as nursery:
            while True:
                await trio.lowlevel.wait_readable(sock)
                try:
                    packet = receive_packet(sock)
                except EOFError:
                    nursery.cancel_scope.cancel()
                    return
                if packet is not None:
                    request = decode_request(packet.data, self.name)
                    nursery.start_soon(self._reply, sock, request, packet.descriptors)

    async def _reply(self, sock: socket.socket, request: Request, descriptors: list[int]) -> None:
        made = await self._answer(request, descriptors)
        if made is not None:
            answer, parcel = made
            with parcel:
                assert send_nowait(sock, encode(answer), parcel.descriptors)

    async def _answer(self, request: Request, descriptors: list[int]) -> tuple[Message, Parcel] | None:
        raise NotImplementedError


class FakeLedger(_Service):
    """`records`: what it was asked to record, in order. `mode`: `ok`, `full` (of disk), `intents only` (full for all else), or `silent`."""

    def __init__(self, directory: Path, socket_name: str) -> None:
        super().__init__(directory, socket_name)
        self.records: list[Record] = []
        self.mode = "ok"

    @property
    def kinds(self) -> list[str]:
        return [type(record).__name__.lower() for record in self.records]

    def of(self, kind: type[Record]) -> list[Record]:
        return [record for record in self.records if isinstance(record, kind)]

    async def _answer(self, request: Request, descriptors: list[int]) -> tuple[Message, Parcel] | None:
        assert descriptors == []
        if self.mode == "silent":
            return None
        if self.mode == "full" or (self.mode == "intents only" and not isinstance(request, RecordIntent)):
            return Failed(call=request.call, reason="ledger_unavailable"), Parcel.of(b"")
        self.records.append(_record(request))
        index = len(self.records) - 1
        if not isinstance(request, RecordIntent):
            return Recorded(call=request.call, index=index), Parcel.of(b"")
        granted = permit.issue(
            PERMIT_KEY,
            index=index,
            issued_ms=boottime_ms(),
            transfer=request.transfer,
            digest=request.digest,
            tenant=request.intent.tenant,
        )
        return Permitted(call=request.call, permit=granted), Parcel.of(b"")


def _record(request: Request) -> Intent | Outcome | Remark | Refusal | Operation:
    match request:
        case RecordIntent(intent=intent):
            return intent
        case RecordOutcome(outcome=outcome):
            return outcome
        case RecordRemark(remark=remark):
            return remark
        case RecordRefusal(refusal=refusal):
            return refusal
        case RecordOperation(operation=operation):
            return operation
    raise AssertionError(request)


Behaviour = Callable[[Exchange, Parcel], Awaitable[tuple[str, Parcel] | Message | None]]


class FakeEgress(_Service):
    """`behave` gets each exchange and its envelope, and gives the result and the sealed response (or another message)."""

    def __init__(self, directory: Path, behave: Behaviour) -> None:
        super().__init__(directory, "egress/front.sock")
        self.behave = behave
        self.exchanges: list[Exchange] = []

    async def _answer(self, request: Request, descriptors: list[int]) -> tuple[Message, Parcel] | None:
        assert isinstance(request, Exchange)
        self.exchanges.append(request)
        with Parcel.received(request.inline, descriptors, 1 << 30) as envelope:
            made = await self.behave(request, envelope)
        if made is None:
            return None
        if not isinstance(made, tuple):
            return made, Parcel.of(b"")
        result, parcel = made
        return Exchanged(call=request.call, result=result, gate="gate-a", inline=parcel.inline), parcel
