"""THE HOT PATH of the ledger: take what every role has sent ▸ append and make durable ▸ answer, with permits for intents.

Group commit (docs/spec/ipc.md section 3.3) needs no timer: all sockets hang on one epoll instance, and while one batch waits
for the disk the next one gathers in the sockets. The disk is waited for *inline*. That is meant: this process has nothing
else to do that would be allowed before the records are durable, and clients have deadlines of their own.

Fail closed: a record that cannot be made durable gets `Failed`, and no permit is issued for it.
"""

from __future__ import annotations

import math
import os
import select
import socket
from collections.abc import Iterator, Sequence
from time import monotonic
from typing import NamedTuple

import trio

from relay.base.errors import Unavailable
from relay.base.ids import transfer_id_from_bytes
from relay.base.limits import Limits
from relay.base.reasons import Reason
from relay.base.rfc3339 import format_time
from relay.ipc import permit
from relay.ipc.messages import (
    ANSWERS_MOST,
    Answers,
    Failed,
    LedgerAnswer,
    Message,
    Permitted,
    ProtocolViolation,
    Recorded,
    RecordIntent,
    RecordOperation,
    RecordOutcome,
    RecordRefusal,
    RecordRemark,
    RecordState,
    Request,
    decode_request,
    encode,
)
from relay.ledger.intents import Intents
from relay.ledger.jsonl import JsonLines
from relay.ledger.measure import Measure
from relay.ledger.store import LogStore
from relay.net.channel import close_descriptors, receive_packet, send_nowait
from relay.ops.clock import boottime_ms, now_ms
from relay.tree.record import Operation, Outcome, Record, Remark, encode_received, encode_record, stamped

_VIOLATIONS_HELD = 64  # while the disk is full; more are counted in the metric only
_CLIENTS_MOST = 1024  # connections; front.workers is at most 256, and each has one
_READY_MOST = 64  # sockets looked at in one turn; the rest have theirs in the next
_STREAK = 8  # batches, one after the other, before other tasks get their turn: some milliseconds
_SPEAKS_FOR = {"ledger/front.sock": "front", "ledger/egress.sock": "egress"}  # the socket tells the role


class Waiting(NamedTuple):
    """One request that waits for the disk, and the connection that asked."""

    sock: socket.socket
    request: Request


class Ledger:
    """The sole writer of the log. `listeners`: socket name of docs/spec/ipc.md section 1.2 → listening socket."""

    def __init__(
        self,
        store: LogStore,
        permit_key: bytes,
        limits: Limits,
        listeners: dict[str, socket.socket],
        measure: Measure,
        jsonl: JsonLines | None,
    ) -> None:
        self._store = store
        self._permit_key = permit_key
        self._limits = limits
        self._measure = measure
        self._jsonl = jsonl
        self._epoll = select.epoll()
        self._listeners = {listener.fileno(): (name, listener) for name, listener in listeners.items()}
        self._intents = Intents(store.directory)
        self._clients: dict[int, tuple[str, socket.socket]] = {}
        self._violations: list[str] = []  # sockets by which the protocol was broken, not yet recorded
        for number in self._listeners:
            self._epoll.register(number, select.EPOLLIN)

    async def serve_forever(self) -> None:
        """The whole way of a record, over and over. Raises Broken when durability is in doubt."""
        streak = 0
        while True:
            os.sched_yield()  # who shares this core sends what it has first: larger batches, a third less CPU (measured)
            batch = self.take()
            if batch:
                self.answer(batch, self.record([waiting.request for waiting in batch]))
            if self._violations:
                self.record_violations()
            if not batch:
                streak = 0
                await trio.lowlevel.wait_readable(self._epoll.fileno())
            elif (streak := streak + 1) == _STREAK:  # the next batch is often here by now
                streak = 0
                await trio.lowlevel.checkpoint()

    def take(self) -> list[Waiting]:
        """What has been sent by now, at most one batch."""
        batch: list[Waiting] = []
        for number, _ in self._epoll.poll(0, _READY_MOST):
            if number in self._listeners:
                self._accept(*self._listeners[number])
            elif len(batch) < self._limits.ledger_batch:
                self._receive(number, batch)
        return batch

    def record(self, requests: Sequence[Request]) -> list[LedgerAnswer]:
        """Make `requests` durable together; one answer each."""
        time = format_time(now_ms())
        started = monotonic()
        try:
            lines = [encode_received(_record_of(request), time) for request in requests]
            first = self._store.append(lines)
            # From here on these records are part of the history: a crash now loses the answers, never the records.
        except Unavailable as error:
            self._measure.failed(len(requests))
            return [Failed(call=request.call, reason=error.reason.value) for request in requests]
        if self._jsonl is not None:
            self._jsonl.append(first, lines)
        kinds = [_KINDS[type(request)] for request in requests]
        self._measure.appended(kinds, kinds.count("intent"), self._store.size, monotonic() - started)
        issued_ms = boottime_ms()
        return [self._answer_of(request, first + offset, issued_ms) for offset, request in enumerate(requests)]

    def record_operation(self, record: Record) -> None:
        """A record of the ledger's own."""
        lines = [encode_record(stamped(record, format_time(now_ms())))]
        first = self._store.append(lines)
        if self._jsonl is not None:
            self._jsonl.append(first, lines)

    def record_violations(self) -> None:
        """One record for each connection that was ended for breaking the protocol. On a full disk they wait."""
        try:
            while self._violations:
                self.record_operation(
                    Operation(
                        time=format_time(now_ms()),
                        role="ledger",
                        operation="disconnect",
                        subject=self._violations[0],
                        result=Reason.IPC_VIOLATION.value,
                        detail="",
                    )
                )
                del self._violations[0]
        except Unavailable:
            del self._violations[_VIOLATIONS_HELD:]

    def answer(self, batch: Sequence[Waiting], answers: Sequence[LedgerAnswer]) -> None:
        """Send each client its answers, together. One that does not read them is dropped, not waited for."""
        by_client: dict[socket.socket, list[LedgerAnswer]] = {}
        for waiting, answer in zip(batch, answers, strict=True):
            by_client.setdefault(waiting.sock, []).append(answer)
        for sock, due in by_client.items():
            try:
                sent = all(send_nowait(sock, packet) for packet in _packets(due))
            except EOFError:
                sent = False
            if not sent:
                self._drop(sock)

    def _answer_of(self, request: Request, index: int, issued_ms: int) -> LedgerAnswer:
        if not isinstance(request, RecordIntent):
            return Recorded(call=request.call, index=index)
        self._intents.add(index, request.intent.transfer)
        issued = permit.issue(
            self._permit_key,
            index=index,
            issued_ms=issued_ms,
            transfer=request.transfer,
            digest=request.digest,
            tenant=request.intent.tenant,
        )
        return Permitted(call=request.call, permit=issued)

    def _accept(self, name: str, listener: socket.socket) -> None:
        try:
            sock, _ = listener.accept()
        except OSError:
            return
        if len(self._clients) >= _CLIENTS_MOST:
            sock.close()
            return
        sock.setblocking(False)
        self._clients[sock.fileno()] = (name, sock)
        self._epoll.register(sock.fileno(), select.EPOLLIN)

    def _receive(self, number: int, batch: list[Waiting]) -> None:
        name, sock = self._clients[number]
        try:
            while len(batch) < self._limits.ledger_batch:
                packet = receive_packet(sock)
                if packet is None:
                    return
                if packet.descriptors:
                    close_descriptors(packet.descriptors)
                    raise ProtocolViolation(f"{name}: a descriptor is not permitted here")
                request = _checked(decode_request(packet.data, name), name)
                if isinstance(request, RecordOutcome):
                    self._check_intent(request.outcome)
                elif isinstance(request, RecordRemark):
                    self._check_intent(request.remark)
                batch.append(Waiting(sock, request))
        except EOFError:
            self._drop(sock)
        except ProtocolViolation:
            self._measure.violation()
            self._violations.append(name)
            self._drop(sock)

    def _check_intent(self, record: Outcome | Remark) -> None:
        """It must name an earlier intent of its transfer. Raises ProtocolViolation."""
        if self._intents.transfer_of(record.intent, self._store.checkpoint.size) != record.transfer:
            raise ProtocolViolation("an outcome or a remark of no intent")

    def _drop(self, sock: socket.socket) -> None:
        if sock.fileno() >= 0:
            del self._clients[sock.fileno()]
            self._epoll.unregister(sock.fileno())
            sock.close()


def _packets(answers: list[LedgerAnswer]) -> Iterator[bytes]:
    """Section 2.3 of docs/spec/ipc.md."""
    for start in range(0, len(answers), ANSWERS_MOST):
        some = answers[start : start + ANSWERS_MOST]
        yield encode(Answers(tuple(some)) if len(some) > 1 else some[0])


def _checked(request: Request, socket_name: str) -> Request:
    """An intent must name what its permit will name, and nobody may speak for another role. Raises ProtocolViolation."""
    if isinstance(request, RecordIntent):
        try:
            transfer = transfer_id_from_bytes(request.transfer)
        except ValueError as error:
            raise ProtocolViolation("not a transfer id") from error
        if transfer != request.intent.transfer or request.digest.hex() != request.intent.envelope_digest:
            raise ProtocolViolation("an intent contradicts itself")
    elif isinstance(request, RecordRefusal | RecordOperation | RecordState):
        record = getattr(request, _KINDS[type(request)])
        if record.role != _SPEAKS_FOR[socket_name]:
            raise ProtocolViolation("a record in the name of another role")
        if isinstance(request, RecordState) and not all(_is_json(value) for value in request.state.values.values()):
            raise ProtocolViolation("a measurement that JSON cannot hold")
    return request


_KINDS: dict[type[Message], str] = {
    RecordIntent: "intent",
    RecordOutcome: "outcome",
    RecordRemark: "remark",
    RecordRefusal: "refusal",
    RecordOperation: "operation",
    RecordState: "state",
}


def _record_of(request: Request) -> Record:
    """The record that a request carries: its field of the kind's name."""
    record: Record = getattr(request, _KINDS[type(request)])
    return record


def _is_json(value: float | str) -> bool:
    return isinstance(value, str) or math.isfinite(value)
