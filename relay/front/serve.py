"""One connection of the Internet side: handshake ▸ (request ▸ answer)* ▸ end. The only place that answers an error.

Every refusal has exactly one record in the ledger, one count and one answer, all under the same transfer id. Where the ledger
cannot take the record, the citizen is told that the service is unavailable, whatever the reason was: what happens
unlogged does not happen (P2).
"""

from __future__ import annotations

import socket

import trio

from relay.base.errors import Misuse, Refused, Unavailable
from relay.base.ids import TransferId, new_transfer_id
from relay.base.reasons import Reason, row
from relay.front.answered import Answered
from relay.front.answers import SECURITY_LINES, common_headers, own_answer
from relay.front.context import Front
from relay.front.denial import Denial, Noted
from relay.front.incoming import Incoming
from relay.front.measure import Stopwatch
from relay.front.pipeline import transfer
from relay.front.records import refusal_of
from relay.http.connection import Head, Pause, ServerConnection
from relay.http.submission import body_kind
from relay.ipc.messages import Recorded, RecordRefusal
from relay.net.drain import Drain
from relay.net.tls_stream import WRITE_BYTES, TlsStream
from relay.ops.clock import now_ms
from relay.tls.contexts import ServerContext
from relay.tls.engine import TlsEngine, TlsFacts

_RECEIVE_BYTES = (
    16 * 1024
)  # of one read for a head: what comes after it waits in the reader's buffer, and is copied once more
_SEND_BYTES = 64 * 1024  # of an answer at once
_LEDGER_OUT = frozenset({Reason.LEDGER_UNAVAILABLE, Reason.RESPONSE_UNRECORDED})


class Connection:
    """Serves one accepted socket."""

    def __init__(self, front: Front, context: ServerContext, sock: socket.socket, source: str, drain: Drain) -> None:
        self._front = front
        self._limits = front.limits
        self._stream = TlsStream(sock, TlsEngine(context))
        self._http = ServerConnection(front.limits)
        self._source = source
        self._drain = drain
        self._is_new = True  # no request yet

    async def serve(self) -> None:
        """Until the peer or a deadline ends it."""
        measure = self._front.measure
        try:
            with self._front.budget.connection(self._source):
                measure.accepted.inc()
                facts = await self._handshake()
                if facts is not None:
                    while await self._one(facts):
                        pass
        except Refused as refused:
            measure.limited(refused.reason)
            if refused.reason is not Reason.PEER_CLOSED:
                await self._record(refused, new_transfer_id(now_ms()), None, None)
        finally:
            with trio.CancelScope(shield=True):
                await self._stream.aclose()

    async def _handshake(self) -> TlsFacts | None:
        measure, timed = self._front.measure, Stopwatch(self._front.measure)
        measure.handshaking.inc()
        try:
            with trio.fail_after(self._limits.handshake_timeout_ms / 1000):
                facts = await self._stream.handshake()
        except trio.TooSlowError as error:
            measure.handshake("", "", Reason.TLS_HANDSHAKE_TIMEOUT)
            raise Refused(Reason.TLS_HANDSHAKE_TIMEOUT) from error
        except Refused as refused:
            measure.handshake("", "", refused.reason)
            raise
        finally:
            measure.handshaking.dec()
        timed.lap("tls_handshake")
        measure.handshake(facts.version, facts.group)
        return facts

    async def _one(self, facts: TlsFacts) -> bool:
        """One request and its answer; whether another may follow. The transfer begins when its head is there."""
        try:
            head = await self._next_head()
        except Refused as error:
            transfer_id = new_transfer_id(now_ms())
            return await self._refuse(self._noted(error, transfer_id), transfer_id, None, facts)
        if head is None:
            return False
        transfer_id = new_transfer_id(now_ms())
        incoming: Incoming | None = None
        try:
            timed = Stopwatch(self._front.measure)
            incoming = Incoming(head, self._http, self._stream, self._limits, self._source, timed)
            self._front.measure.active.inc()
            try:
                await self._answer(await transfer(self._front, incoming, transfer_id), transfer_id, incoming)
            finally:
                self._front.measure.active.dec()
                self._front.measure.request_bytes.inc(incoming.received_bytes)
            timed.stop()
        except (Refused, Unavailable) as error:
            return await self._refuse(error, transfer_id, incoming, facts)
        if self._http.must_close:
            return False
        self._http.next_cycle()
        return True

    def _noted(self, refused: Refused, transfer_id: TransferId) -> Refused:
        """Of the lab's open routes, for whoever tests rules: a refused head with what the rules say of it. It stays refused."""
        front, raw = self._front, self._http.unread
        if front.open_tenant is None or not raw or refused.reason is Reason.PEER_CLOSED:
            return refused
        found = front.policy.of_refused(
            front.open_tenant.name, raw, source=self._source, transfer=transfer_id, received_ms=now_ms()
        )
        return Noted(refused, found)

    async def _next_head(self) -> Head | None:
        """The next request's head; None when there will be none. Raises Refused."""
        limits, http = self._limits, self._http
        deadline: float | None = None  # of a head that has begun
        while True:
            event = http.next_event()
            if isinstance(event, Head):
                self._is_new = False
                if self._drain.asked:
                    http.close_after_response()
                return event
            if event is Pause.CLOSED:
                return None
            if deadline is None and http.head_started:
                deadline = trio.current_time() + limits.headers_timeout_ms / 1000
            data = await (self._first_of_head() if deadline is None else self._more_of_head(deadline))
            if data is None:
                return None  # idle, or asked to end: nobody waits for an answer
            http.receive(data)

    async def _first_of_head(self) -> bytes | None:
        """The bytes that a request begins with; None when none came in time, the peer has gone, or this worker drains."""
        patience = self._drain.hold_idle(self._stream, is_first=self._is_new)
        if patience is None:
            return None
        idle = self._front.measure.idle
        idle.inc()
        try:
            return await self._stream.receive_some(_RECEIVE_BYTES)
        except trio.ClosedResourceError:
            return None
        except Refused as refused:
            if refused.reason is Reason.PEER_CLOSED:
                return None  # between two requests nothing is cut off: many clients end without a close_notify
            raise
        finally:
            patience.end(self._stream)
            idle.dec()

    async def _more_of_head(self, deadline: float) -> bytes:
        with trio.move_on_at(deadline):
            return await self._stream.receive_some(_RECEIVE_BYTES)
        raise Refused(Reason.HEADERS_TIMEOUT)

    async def _answer(self, answered: Answered, transfer_id: TransferId, incoming: Incoming) -> None:
        """The application's answer. A fault in its middle ends the connection, so that no part passes for the whole."""
        front, http = self._front, self._http
        headers = [*answered.headers, *common_headers(transfer_id, now_ms() / 1000)]
        if answered.content_bytes is not None and not _is_bodiless(answered.status):
            headers.append((b"content-length", b"%d" % answered.content_bytes))
        with answered.parcel:
            out = http.response_head(answered.status, headers, SECURITY_LINES)
            for piece in answered.content:
                out += http.response_data(piece)
                if len(out) >= _SEND_BYTES:
                    front.measure.response_bytes.inc(len(out))
                    await self._send(out)
                    out = b""
            out += http.response_end()
            front.measure.response_bytes.inc(len(out))
            await self._send(out)
        front.measure.admitted(incoming.tenant, incoming.route)
        incoming.timed.lap("answer")

    async def _refuse(
        self, error: Refused | Unavailable, transfer_id: TransferId, incoming: Incoming | None, facts: TlsFacts
    ) -> bool:
        """Record, count and answer a refusal; whether the connection goes on."""
        if isinstance(error, Refused) and error.reason is Reason.PEER_CLOSED:
            self._front.measure.limited(error.reason)
            return False
        # a ledger that has just failed to answer is not waited for a second time
        is_recorded = error.reason not in _LEDGER_OUT and await self._record(error, transfer_id, incoming, facts)
        # what may have crossed has its intent in the log: nobody is told that it was not taken, and sends it again
        if not is_recorded and not (incoming and incoming.permitted):
            error = Unavailable(Reason.LEDGER_UNAVAILABLE)
        tenant, route = (incoming.tenant, incoming.route) if incoming else ("", "")
        self._front.measure.refused(error, tenant, route, denied=isinstance(error, Denial))
        if not self._http.can_answer or not row(error.reason).status:
            return False
        if self._drain.asked:
            self._http.close_after_response()
        if incoming is not None:
            incoming.finish_bodiless()
        try:
            await self._send(self._own_answer(error, transfer_id, incoming))
            if not self._http.must_close:
                self._http.next_cycle()
                return True
            with trio.move_on_after(self._limits.linger_timeout_ms / 1000):
                await self._stream.linger(self._limits.linger_bytes)
        except (Refused, Misuse):
            return False
        return False

    def _own_answer(self, error: Refused | Unavailable, transfer_id: TransferId, incoming: Incoming | None) -> bytes:
        head = incoming.head if incoming else None
        accept = head.header(b"accept") if head else None
        to_json = head is not None and body_kind(head.header(b"content-type")) == "json"
        denied = error.denied if isinstance(error, Denial) else None
        told = self._front.policy.told(denied, now_ms()) if denied else ()
        own = own_answer(error.reason, transfer_id, accept, denied.allow if denied else (), told, to_json=to_json)
        length = [(b"content-length", b"%d" % len(own.body))]
        sent = self._http.response_head(
            own.status, [*own.headers, *common_headers(transfer_id, now_ms() / 1000), *length], SECURITY_LINES
        )
        return sent + self._http.response_data(own.body) + self._http.response_end()

    async def _record(
        self, error: Refused | Unavailable, transfer_id: TransferId, incoming: Incoming | None, facts: TlsFacts | None
    ) -> bool:
        """Whether the refusal is in the log."""
        where = (incoming.tenant, incoming.route) if incoming else ("", "")
        refusal = refusal_of(self._front, error, transfer_id, self._source, facts, where)
        ledger = self._front.ledger
        try:
            answer, _ = await ledger.call(RecordRefusal(call=ledger.next_call(), refusal=refusal))
        except Unavailable:
            return False
        return isinstance(answer, Recorded)

    async def _send(self, data: bytes) -> None:
        """Raises Refused(PEER_CLOSED) when the peer is gone, Refused(ANSWER_NOT_READ) when it does not read."""
        if len(data) <= WRITE_BYTES:
            if self._stream.send_now(data):
                return
            data = b""  # what is left of it waits in the stream
        with trio.move_on_after(self._limits.write_timeout_ms / 1000) as scope:
            await self._stream.send_all(data)
        if scope.cancelled_caught:
            raise Refused(Reason.ANSWER_NOT_READ)


def _is_bodiless(status: int) -> bool:
    return status in (204, 304)
