"""The front: what the Internet talks to. Plaintext lives here, in memory only; from here nothing connects anywhere over IP."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from socket import socket

import trio

from relay.base.errors import Broken, Unavailable
from relay.base.rfc3339 import format_time
from relay.front.context import Front
from relay.front.rules import Rules, detail_of, places_of, rules_at_start
from relay.front.serve import Connection
from relay.front.settings import front_of, identities, names_of, policy_of
from relay.ipc.messages import RecordOperation
from relay.net.drain import Drain
from relay.net.listen import accept_loop, activated_sockets, open_tcp_listener
from relay.ops import start
from relay.ops.clock import now_ms, now_utc
from relay.ops.lifecycle import Notifier
from relay.ops.logs import Log
from relay.ops.metrics import Registry
from relay.ops.sandbox.walls import Held, Walls, python_paths
from relay.ops.status import Health
from relay.settings.load import load_host
from relay.tls.contexts import server_context
from relay.tree.record import Operation

_FORGET_S = 1  # between two looks for wrapping keys whose time is over, where no request drops them
_RETRY_S = 0.2  # between two attempts to record an operation, while the ledger is not there yet


class FrontRole:
    """One worker, its listeners open, its walls not yet up."""

    def __init__(self, options: argparse.Namespace) -> None:
        settings = load_host(options.config)
        self.log = Log("front", options.worker)
        notifier = Notifier()
        rules = rules_at_start(settings, self.log, notifier)
        policy = policy_of(settings, rules)
        self.registry = Registry("front", names_of(settings, policy))
        self.front: Front = front_of(settings, options.worker, policy, self.registry)
        own = identities(settings, now_utc())
        self.front.measure.expiries(
            (tenant.name, identity.chain[0].not_valid_after_utc.timestamp())
            for tenant, identity in zip(settings.tenant, own, strict=True)
        )
        default = own[0] if settings.policy.open_routes or len(own) == 1 else None
        self.context = server_context(
            own, min_version=settings.front.tls_min_version, default=default, any_name=settings.policy.open_routes
        )
        given = activated_sockets(os.environ, os.getpid())
        self.status_listener: socket | None = next(iter(given.get("status", ())), None)
        self.status_client = settings.exporter.user
        self.beside: start.Beside | None = None
        self.listeners: list[socket] = given.get("front") or [
            open_tcp_listener(address, interface=settings.front.interface, backlog=settings.limits.listen_backlog)
            for address in settings.front.listen
        ]
        self.landlock, self.seccomp = settings.sandbox.landlock, settings.sandbox.seccomp
        self.run_dir = Path(settings.host.run_dir)
        self.drain_timeout_ms = settings.limits.drain_timeout_ms
        self.rules = Rules(options.config, settings, rules, policy, self.front.measure, self.log, notifier)
        self.walls = Walls(
            role="front",
            read=(*python_paths(), *places_of(options.config, settings, rules)),
            open_files=settings.limits.connections + 3 * settings.limits.transfers_in_flight + 256,
            user=settings.front.user,
        )

    async def serve(
        self, asked: trio.Event, held: Held, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        drain = Drain(self.front.limits.idle_timeout_ms / 1000)
        async with trio.open_nursery() as channels:
            channels.start_soon(self.front.ledger.run)
            channels.start_soon(self.front.egress.run)
            channels.start_soon(self._forget_old_keys)
            channels.start_soon(drain.run)
            await self._record_start(held)
            async with trio.open_nursery() as connections:
                accepting = trio.CancelScope()
                connections.start_soon(self._accept, connections, accepting, drain)
                task_status.started()
                await asked.wait()
                accepting.cancel()
                drain.begin()
            channels.cancel_scope.cancel()

    async def _accept(self, connections: trio.Nursery, accepting: trio.CancelScope, drain: Drain) -> None:
        def handle(sock: socket, source: tuple[str, int]) -> None:
            connections.start_soon(self._connection, sock, source[0], drain)

        with accepting:
            async with trio.open_nursery() as listening:
                for listener in self.listeners:
                    listening.start_soon(accept_loop, listener, handle)
        for listener in self.listeners:  # only now, when nobody waits for them any more
            listener.close()

    async def _connection(self, sock: socket, source: str, drain: Drain) -> None:
        """One connection. A bug met here ends this connection, is counted and logged; a peer must not switch the service off."""
        try:
            await Connection(self.front, self.context, sock, source, drain).serve()
        except Broken:
            raise
        except Exception as error:
            self.front.measure.bug()
            self.log.fault("connection_failed", error)

    async def _forget_old_keys(self) -> None:
        """Also while no request comes."""
        while True:
            await trio.sleep(_FORGET_S)
            for tenant in self.front.by_host.values():
                tenant.wrapper.forget_old()

    async def _record_start(self, held: Held) -> None:
        """Nothing is served before the log says that this worker started, behind which walls, and by which rules it judges."""
        await self._record("start", "walls-up", start.walls_detail(held))
        if self.rules.loaded.sets:
            await self._record("rules", "in-force", detail_of(self.rules.loaded))

    async def reload(self) -> None:
        """Raises ConfigInvalid."""
        await self.rules.reload(self._record)

    async def _record(self, operation: str, result: str, detail: str) -> None:
        """Returns when it is in the log."""
        record = Operation(
            time=format_time(now_ms()),
            role="front",
            operation=operation,
            subject=f"worker-{self.front.worker}",
            result=result,
            detail=detail,
        )
        while True:
            try:
                await self.front.ledger.call(RecordOperation(call=self.front.ledger.next_call(), operation=record))
            except Unavailable:
                await trio.sleep(_RETRY_S)
            else:
                return

    def health(self) -> Mapping[str, Health]:
        return {
            name: Health(True) if channel.is_connected else Health(False, "not connected")
            for name, channel in (("ledger", self.front.ledger), ("egress", self.front.egress))
        }

    def refresh(self) -> None:
        measure, front = self.front.measure, self.front
        measure.transfers.set(front.budget.transfers)
        measure.at_ledger.set(front.ledger.open_calls)
        measure.at_egress.set(front.egress.open_calls)


def main(argv: list[str] | None = None) -> int:
    return start.run("front", FrontRole, argv)


if __name__ == "__main__":
    sys.exit(main())
