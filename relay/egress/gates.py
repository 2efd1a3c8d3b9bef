"""The gates of every tenant: connections kept open, health, and which gate is asked (docs/spec/link.md section 3.3).

Order of asking: the tenant's gates as the configuration lists them, those known to be down left out. A gate is down when
its last probe or connection failed, and up again when a probe succeeds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

import trio

from relay.base.errors import Refused, SekishoError, Unavailable
from relay.base.limits import Limits
from relay.base.reasons import Reason, Stage, row
from relay.egress.exchange import GateAnswer, GateConnection, LinkLost
from relay.net.parcel import Parcel
from relay.net.patience import Patience

Connect = Callable[[str], Awaitable[GateConnection]]


class Delivered(NamedTuple):
    gate: str
    attempts: int
    answer: GateAnswer


class ExchangeFailed(SekishoError):
    """No gate answered. `reason` for the citizen and the log, `gate` the last one asked."""

    def __init__(self, reason: Reason, gate: str, attempts: int, detail: str) -> None:
        super().__init__(f"{reason.value}: {gate}: {detail}")
        self.reason = reason
        self.gate = gate
        self.attempts = attempts


class Gate:
    """One gate: its idle connections, the newest last, and what is known of its health."""

    def __init__(self, name: str, connect: Connect, limits: Limits) -> None:
        self.name = name
        self.failure = ""  # why it is down; empty: up, or not yet tried
        self.reason = Reason.GATE_UNAVAILABLE  # the reason that goes with `failure`
        self.seen_up = False
        self.slots = trio.CapacityLimiter(limits.gate_connections)
        self._connect = connect
        self._limits = limits
        self._idle: list[tuple[float, GateConnection]] = []

    @property
    def is_up(self) -> bool:
        return self.seen_up and not self.failure

    @property
    def connections(self) -> int:
        """Open now: idle ones, and those that carry an exchange."""
        return len(self._idle) + self.slots.borrowed_tokens

    async def take(self, *, fresh: bool = False) -> GateConnection:
        """An idle connection that still holds, else a new one. Raises Unavailable; the gate then counts as down."""
        while self._idle and not fresh:
            since, connection = self._idle.pop()
            if connection.is_reusable and since + self._limits.gate_idle_ms / 1000 > trio.current_time():
                return connection
            connection.close()
        try:
            with trio.fail_after(self._limits.connect_timeout_ms / 1000):
                connection = await self._connect(self.name)
        except (Refused, Unavailable) as error:
            self.mark_down(error.reason, str(error))
            raise Unavailable(error.reason, f"{self.name}: {error}") from error
        except trio.TooSlowError as error:
            self.mark_down(Reason.GATE_UNAVAILABLE, "no connection in time")
            raise Unavailable(Reason.GATE_UNAVAILABLE, f"{self.name}: no connection in time") from error
        self.mark_up()
        return connection

    def put_away(self, connection: GateConnection, *, usable: bool) -> None:
        """After use: keep it for the next one, or close it."""
        # a certificate may have ended or been revoked since it was judged: no link outlives `gate_connection_age_ms`
        aged = connection.opened_at + self._limits.gate_connection_age_ms / 1000 < trio.current_time()
        if usable and not aged:
            self._idle.append((trio.current_time(), connection))
        else:
            connection.close()

    def mark_up(self) -> None:
        self.failure = ""
        self.seen_up = True

    def mark_down(self, reason: Reason, why: str) -> None:
        self.failure = why
        self.reason = reason

    def drop_idle(self, older_than_s: float) -> None:
        """Close connections that nobody has used for so long."""
        before = trio.current_time() - older_than_s
        stale = [connection for since, connection in self._idle if since <= before]
        self._idle = [(since, connection) for since, connection in self._idle if since > before]
        for connection in stale:
            connection.close()


class Gates:
    """Which gate carries a transfer, and when another is tried."""

    def __init__(self, tenants: Mapping[str, Sequence[str]], connect: Connect, limits: Limits) -> None:
        self.by_name = {name: Gate(name, connect, limits) for names in tenants.values() for name in names}
        self._tenants = {tenant: [self.by_name[name] for name in names] for tenant, names in tenants.items()}
        self._patience = Patience(limits.exchange_timeout_ms / 1000)
        self._limits = limits

    async def exchange(self, tenant: str, envelope: Parcel) -> Delivered:
        """Carry `envelope` to one of the tenant's gates. Raises ExchangeFailed."""
        attempts = 0
        last: ExchangeFailed | None = None
        for gate in self._tenants.get(tenant, ()):
            if gate.failure:
                last = ExchangeFailed(gate.reason, gate.name, attempts, gate.failure)
                continue
            may_have_arrived = False
            for fresh in (False, True):
                attempts += 1
                try:
                    return Delivered(gate.name, attempts, await self._once(gate, envelope, fresh=fresh))
                except Unavailable as error:
                    last = ExchangeFailed(error.reason, gate.name, attempts, str(error))
                    break  # no connection to this gate
                except Refused as error:
                    reason = _of_second(error.reason) if may_have_arrived else error.reason
                    raise ExchangeFailed(reason, gate.name, attempts, str(error)) from error
                except LinkLost as error:
                    last = ExchangeFailed(Reason.GATE_LINK_INVALID, gate.name, attempts, str(error))
                    may_have_arrived |= error.sent_whole
            if may_have_arrived:  # then no other gate must get it too (P5)
                raise ExchangeFailed(Reason.GATE_LINK_INVALID, gate.name, attempts, str(last))
        raise last or ExchangeFailed(Reason.GATE_UNAVAILABLE, "", 0, "no gate of this tenant is up")

    async def _once(self, gate: Gate, envelope: Parcel, *, fresh: bool) -> GateAnswer:
        try:
            gate.slots.acquire_nowait()  # no turn of the scheduler while there is room
        except trio.WouldBlock:
            await gate.slots.acquire()
        try:
            connection = await gate.take(fresh=fresh)
            finished = False
            self._patience.begin(connection.stream)
            try:
                answer = await connection.exchange(envelope, response_most=2 * self._limits.response_bytes)
                finished = True
                return answer
            except trio.ClosedResourceError as error:
                raise Refused(Reason.GATE_TIMEOUT, gate.name) from error
            except Refused:
                finished = True  # the gate's own word leaves the connection in order
                raise
            finally:
                self._patience.end(connection.stream)
                gate.put_away(connection, usable=finished)
        finally:
            gate.slots.release()

    async def end_overdue_forever(self) -> None:
        """Exchanges end after `exchange_timeout_ms`. Run it beside them."""
        await self._patience.run()

    async def probe_forever(self, gate: Gate) -> None:
        """Notice within `gate_probe_interval_ms` that a gate went down or came back."""
        interval_s = self._limits.gate_probe_interval_ms / 1000
        while True:
            await self.probe(gate)
            gate.drop_idle(self._limits.gate_idle_ms / 1000)
            await trio.sleep(interval_s)

    async def probe(self, gate: Gate) -> None:
        """One PING over a connection of the pool, or a new one."""
        try:
            async with gate.slots:
                connection = await gate.take()
                await self._ping(gate, connection)
        except Unavailable:
            return  # `take` has marked it down

    async def _ping(self, gate: Gate, connection: GateConnection) -> None:
        answered = False
        try:
            with trio.fail_after(self._limits.connect_timeout_ms / 1000):
                await connection.ping()
            answered = True
            gate.mark_up()
        except (LinkLost, trio.TooSlowError) as error:
            gate.mark_down(Reason.GATE_UNAVAILABLE, str(error) or "no answer to a probe")
        finally:
            gate.put_away(connection, usable=answered)


def _of_second(reason: Reason) -> Reason:
    """What a refusal of the second attempt says of both.

    The application was asked: then not before, as the gate's memory let it through. "Replayed": the first attempt had arrived,
    and its answer is lost. Anything else that the gate itself decides, it decides before it looks into its memory.
    """
    return Reason.GATE_LINK_INVALID if row(reason).stage is Stage.GATE and reason is not Reason.GATE_TIMEOUT else reason
