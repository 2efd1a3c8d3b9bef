"""The egress: what reaches the LGWAN side. It only ever holds sealed bytes, and sends none without the ledger's permit."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from socket import socket

import trio

from relay.base.errors import Refused, Unavailable
from relay.base.reasons import Reason, row
from relay.base.rfc3339 import format_time
from relay.egress.exchange import GateConnection
from relay.egress.gates import Gates
from relay.egress.measure import Measure
from relay.egress.pipeline import Egress
from relay.egress.records import Recorder
from relay.egress.serve import SOCKET, serve_front
from relay.envelope.keys import ReceiptVerifier
from relay.envelope.receipt import ReceiptReader
from relay.ipc.link import ALPN
from relay.ipc.permit import PermitDesk
from relay.net.channel import Channel, accept_forever
from relay.net.dial import connect_tcp_from
from relay.net.listen import activated_sockets, open_seqpacket_listener, parse_address
from relay.net.tls_stream import TlsStream
from relay.ops import start
from relay.ops.clock import boottime_ms, now_ms, now_utc
from relay.ops.logs import Log
from relay.ops.metrics import Registry
from relay.ops.sandbox.privileges import group_of
from relay.ops.sandbox.walls import Held, Walls, python_paths
from relay.ops.status import Health
from relay.settings import certificates, keys
from relay.settings.load import load_host
from relay.settings.model import Gate
from relay.settings.peers import REFRESH_S, Peers
from relay.tls.contexts import ClientContext, client_context
from relay.tls.engine import TlsEngine
from relay.tree.record import Operation

_FRONTS_MOST = 256  # connections; front.workers is at most that
_RETRY_S = 0.2


class EgressRole:
    """The one egress of this host, its socket open, its walls not yet up."""

    def __init__(self, options: argparse.Namespace) -> None:
        settings = load_host(options.config)
        self.settings, limits = settings, settings.limits
        self.landlock, self.seccomp = settings.sandbox.landlock, settings.sandbox.seccomp
        self.run_dir = Path(settings.host.run_dir)
        self.drain_timeout_ms = limits.drain_timeout_ms
        self.log = Log("egress")
        names = {"gate": [gate.name for gate in settings.gate], "certificate": ["egress"]}
        self.registry = Registry("egress", names)
        self.measure = Measure(self.registry)
        self.peers = {gate.name: Peers((gate,), "server", now_utc()) for gate in settings.gate}
        self.links = {gate.name: (gate, self._context(gate)) for gate in settings.gate}
        self.ledger = Channel(
            self.run_dir / "ledger/egress.sock",
            unavailable=Reason.LEDGER_UNAVAILABLE,
            timeout_s=limits.ipc_timeout_ms / 1000,
        )
        self.recorder = Recorder(self.ledger)
        self.gates = Gates({tenant.name: tenant.gates for tenant in settings.tenant}, self._connect, limits)
        self.egress = Egress(
            limits=limits,
            desk=self._desk(),
            gates=self.gates,
            receipts={
                gate.name: ReceiptReader(keys.public_key(gate.receipt_key, ReceiptVerifier.from_text))
                for gate in settings.gate
            },
            recorder=self.recorder,
            measure=self.measure,
        )
        given = activated_sockets(os.environ, os.getpid())
        self.status_listener: socket | None = next(iter(given.get("status", ())), None)
        self.status_client = settings.exporter.user
        self.beside: start.Beside | None = None
        self.listener: socket = given[SOCKET][0] if SOCKET in given else self._open_listener()
        self.walls = self._walls()

    def _desk(self) -> PermitDesk:
        """It takes no permit from before this moment: which of those were used, only the process before this one knew."""
        settings = self.settings
        return PermitDesk(
            keys.permit_key(settings.egress.permit_key, settings.host.keys_dir),
            lifetime_ms=settings.limits.permit_lifetime_ms,
            started_ms=boottime_ms(),
        )

    def _walls(self) -> Walls:
        settings = self.settings
        return Walls(
            role="egress",
            read=(*python_paths(), *(directory for peer in self.peers.values() for directory in peer.directories)),
            connect_tcp=tuple(sorted({parse_address(gate.address)[1] for gate in settings.gate})),
            bind_tcp=(0,) if settings.egress.source_address else (),
            inet=True,
            open_files=2 * settings.limits.transfers_in_flight * settings.front.workers + 1024,
            user=settings.egress.user,
        )

    def _open_listener(self) -> socket:
        start.own_directory((self.run_dir / SOCKET).parent, start.SOCKETS_MODE)
        return open_seqpacket_listener(str(self.run_dir / SOCKET), mode=0o660, group=group_of(self.settings.front.user))

    def _context(self, gate: Gate) -> ClientContext:
        settings = self.settings
        own = certificates.identity(
            settings.egress.certificate, settings.egress.key, settings.host.keys_dir, "client", (), now_utc()
        )
        self.measure.expiries([("egress", own.chain[0].not_valid_after_utc.timestamp())])
        return client_context(own, self.peers[gate.name].profiles, now=now_utc, alpn=(ALPN,))

    async def _connect(self, name: str) -> GateConnection:
        """A verified connection, by the LGWAN interface and source address. Raises Unavailable, Refused."""
        gate, context = self.links[name]
        sock = await connect_tcp_from(gate.address, self.settings.egress.source_address, self.settings.egress.interface)
        stream = TlsStream(sock, TlsEngine(context))
        try:
            facts = await stream.handshake()
            if facts.alpn != ALPN.decode("ascii"):
                raise Unavailable(Reason.GATE_LINK_INVALID, "the peer does not speak the link protocol")
        except (Refused, Unavailable) as error:
            stream.close()
            self.measure.handshake("", "", error.reason)
            if row(error.reason).status:
                raise
            # a reason for our own clients, as that a peer went away: no citizen could be told of it
            raise Unavailable(Reason.GATE_UNAVAILABLE, str(error)) from error
        except BaseException:
            stream.close()
            raise
        self.measure.handshake(facts.version, facts.group)
        return GateConnection(stream)

    async def serve(
        self, asked: trio.Event, held: Held, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        async with trio.open_nursery() as background:
            background.start_soon(self.ledger.run)
            background.start_soon(self.recorder.retry_forever)
            await self._record_start(held)
            background.start_soon(self._renew_forever)
            background.start_soon(self.gates.end_overdue_forever)
            for gate in self.gates.by_name.values():
                background.start_soon(self.gates.probe_forever, gate)
            async with trio.open_nursery() as serving:
                serving.start_soon(self._accept, serving.cancel_scope)
                task_status.started()
                await asked.wait()
                await self._finish()
                serving.cancel_scope.cancel()
            background.cancel_scope.cancel()
        for gate in self.gates.by_name.values():
            gate.drop_idle(0)  # by close_notify, so that the gate sees an end and no fault

    async def _accept(self, _scope: trio.CancelScope) -> None:
        await accept_forever(self.listener, self._serve_front, connections_most=_FRONTS_MOST)

    async def _serve_front(self, sock: socket) -> None:
        await serve_front(self.egress, sock)

    async def _finish(self) -> None:
        """The fronts drain first; what they sent is carried through, and what the ledger has not got is offered again."""
        while self.egress.load.transfers or self.recorder.held:  # noqa: ASYNC110  # two counters that many tasks change
            await trio.sleep(_RETRY_S)

    async def _renew_forever(self) -> None:
        """Revocation lists that were replaced; each is an operation record, as it changes who may be talked to."""
        while True:
            await trio.sleep(REFRESH_S)
            for renewal in (found for peer in self.peers.values() for found in peer.refresh(now_utc())):
                result = "ok" if renewal.problem is None else "refused"
                with contextlib.suppress(Unavailable):
                    await self._record("renew-crl", renewal.peer, result, "")

    async def _record_start(self, held: Held) -> None:
        """Nothing is carried before the log says that this role started, and behind which walls."""
        while True:
            try:
                await self._record("start", "", "walls-up", start.walls_detail(held))
            except Unavailable:
                await trio.sleep(_RETRY_S)
            else:
                return

    async def _record(self, operation: str, subject: str, result: str, detail: str) -> None:
        """An operation record. Raises Unavailable."""
        time = format_time(now_ms())
        await self.recorder.operation(
            Operation(time=time, role="egress", operation=operation, subject=subject, result=result, detail=detail)
        )

    def health(self) -> Mapping[str, Health]:
        found = {"ledger": Health(True) if self.ledger.is_connected else Health(False, "not connected")}
        for gate in self.gates.by_name.values():
            found[f"gate_{gate.name}"] = Health(True) if gate.is_up else Health(False, gate.reason.value)
        return found

    def refresh(self) -> None:
        self.measure.outcomes_held.set(self.recorder.held)
        for gate in self.gates.by_name.values():
            self.measure.gate(gate.name, is_up=gate.is_up, connections=gate.connections)


def main(argv: list[str] | None = None) -> int:
    return start.run("egress", EgressRole, argv)


if __name__ == "__main__":
    sys.exit(main())
