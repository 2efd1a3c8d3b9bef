"""The gate: the LGWAN side's end of the checkpoint. It admits pinned relays only, and hands what it opens to the municipality."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from socket import socket

import trio

from certs.profile import Peer
from relay.base.errors import Broken, Refused, Unavailable
from relay.base.reasons import Reason
from relay.envelope.keys import ReceiptSigner, RecipientPrivateKey, SenderPublicKey
from relay.envelope.unseal import Opener, Trust
from relay.gate.application import Application
from relay.gate.delivered import Delivered
from relay.gate.link import IDLE_FACTOR, Link
from relay.gate.measure import Measure
from relay.gate.pipeline import Gate
from relay.gate.receipts import Receipts
from relay.ipc.link import ALPN
from relay.net.drain import Drain
from relay.net.listen import accept_loop, open_tcp_listener
from relay.net.tls_stream import TlsStream
from relay.ops import start
from relay.ops.clock import now_ms, now_utc
from relay.ops.logs import Log
from relay.ops.management import serve_management, source_of_one
from relay.ops.metrics import Registry
from relay.ops.sandbox.privileges import acting_as
from relay.ops.sandbox.walls import Held, Walls, python_paths
from relay.ops.status import Health, Status
from relay.settings import certificates, keys
from relay.settings.load import load_gate
from relay.settings.model import GateFile
from relay.settings.model import Relay as RelaySettings
from relay.settings.peers import REFRESH_S, Peers
from relay.tls.contexts import server_context
from relay.tls.engine import TlsEngine

_FORGET_S = 60.0
_MANAGEMENT_BACKLOG = 64
_OPEN_FILES = 4096
_SYSTEM_FILES = tuple(
    Path(name) for name in ("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/ssl/certs", "/etc/gai.conf")
)


class GateRole:
    """A gate, its listener open, its walls not yet up."""

    def __init__(self, options: argparse.Namespace) -> None:
        settings = load_gate(options.config)
        own, limits = settings.gate, settings.limits
        self.limits = limits
        self.landlock, self.seccomp = settings.sandbox.landlock, settings.sandbox.seccomp
        self.drain_timeout_ms = limits.drain_timeout_ms
        self.log = Log("gate")
        tenants = [application.tenant for application in settings.application]
        self.registry = Registry("gate", {"tenant": tenants, "certificate": ["gate"]})
        self.measure = Measure(self.registry)
        state_dir = start.own_directory(Path(own.state_dir), 0o700, own.user)
        self.run_dir = state_dir / "run"
        with acting_as(own.user):
            delivered = Delivered(state_dir / "delivered.sqlite")
        self.gate = Gate(
            limits=limits,
            delivered=delivered,
            receipts=Receipts(keys.private_key(own.receipt_key, own.keys_dir, ReceiptSigner.from_text)),
            applications={entry.tenant: Application(entry.url, limits) for entry in settings.application},
            measure=self.measure,
        )
        identity = certificates.identity(own.certificate, own.key, own.keys_dir, "server", (own.name,), now_utc())
        self.measure.expiry("gate", identity.chain[0].not_valid_after_utc.timestamp())
        self.drain = Drain(IDLE_FACTOR * limits.gate_idle_ms / 1000)
        self.peers = Peers(settings.relay, "client", now_utc())
        self.context = server_context(identity, client_profile=self.peers.profiles, now=now_utc, alpn=(ALPN,))
        self.openers = {relay.server_name: Opener(_trust(settings, relay)) for relay in settings.relay}
        self.status_listener: socket | None = None
        self.status_client: str | None = None
        self.beside: start.Beside | None = None
        if own.status_listen is not None:
            self.management = open_tcp_listener(own.status_listen, backlog=_MANAGEMENT_BACKLOG)
            self.beside = self._serve_management
        self.listener = open_tcp_listener(own.listen, interface=own.interface, backlog=limits.listen_backlog)
        self.walls = self._walls(state_dir, own.user)

    def _walls(self, state_dir: Path, user: str | None) -> Walls:
        return Walls(
            role="gate",
            read=(
                *python_paths(),
                *self.peers.directories,
                state_dir,
                *(path for path in _SYSTEM_FILES if path.exists()),
            ),
            write=(state_dir,),
            connect_tcp=tuple(sorted({application.endpoint[1] for application in self.gate.applications.values()})),
            inet=True,
            open_files=_OPEN_FILES,
            user=user,
        )

    async def _serve_management(
        self, current: Callable[[], Status], *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        await serve_management(self.management, source_of_one(current), task_status=task_status)

    async def serve(
        self, asked: trio.Event, held: Held, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        del held  # the gate's host has no ledger; what holds is in its log
        async with trio.open_nursery() as background:
            background.start_soon(self._forget_forever)
            background.start_soon(self._renew_forever)
            background.start_soon(self.drain.run)
            async with trio.open_nursery() as connections:
                accepting = trio.CancelScope()
                connections.start_soon(self._accept, connections, accepting)
                task_status.started()
                await asked.wait()
                accepting.cancel()
                self.drain.begin()
            background.cancel_scope.cancel()

    async def _accept(self, connections: trio.Nursery, accepting: trio.CancelScope) -> None:
        def handle(sock: socket, source: tuple[str, int]) -> None:
            connections.start_soon(self._connection, sock, source[0])

        with accepting:
            await accept_loop(self.listener, handle)

    async def _connection(self, sock: socket, source: str) -> None:
        stream = TlsStream(sock, TlsEngine(self.context))
        try:
            with trio.fail_after(self.limits.handshake_timeout_ms / 1000):
                facts = await stream.handshake()
            self.measure.handshake(facts.version, facts.group)
        except (Refused, Unavailable) as error:
            self.measure.handshake("", "", error.reason)
            self.log.warning("relay_refused", reason=error.reason, source=source)
            stream.close()
            return
        except trio.TooSlowError:
            stream.close()
            return
        self.measure.relays.inc()
        try:
            await Link(self.gate, self._opener(facts.peer), stream, self.drain).serve()
        except (Refused, Unavailable) as error:
            self.log.warning("link_ended", reason=error.reason, source=source)
        except trio.TooSlowError as error:
            self.log.warning("link_ended", error=error, source=source)
        except Broken:
            raise
        except Exception as error:
            self.log.fault("link_failed", error)
        finally:
            self.measure.relays.dec()
            stream.close()

    def _opener(self, peer: Peer | None) -> Opener:
        """The trust that belongs to the relay which this certificate proved: one relay cannot speak for another."""
        if peer is None:
            raise Refused(Reason.RELAY_UNKNOWN)
        return self.openers[peer.name]

    async def _renew_forever(self) -> None:
        """Revocation lists that were replaced take effect at the next handshake."""
        while True:
            await trio.sleep(REFRESH_S)
            for renewal in self.peers.refresh(now_utc()):
                if renewal.problem is None:
                    self.log.notice("crl_renewed", peer_role=renewal.peer)
                else:
                    self.log.fault("crl_refused", renewal.problem, peer_role=renewal.peer)

    async def _forget_forever(self) -> None:
        while True:
            while self.gate.delivered.forget(now_ms() - 2 * self.limits.clock_skew_ms):
                await trio.lowlevel.checkpoint()
            await trio.sleep(_FORGET_S)

    def health(self) -> Mapping[str, Health]:
        return {}

    def refresh(self) -> None:
        return


def _trust(settings: GateFile, relay: RelaySettings) -> Trust:
    own = settings.gate
    recipients = [keys.private_key(name, own.keys_dir, RecipientPrivateKey.from_text) for name in own.sealing_keys]
    senders = [keys.public_key(path, SenderPublicKey.from_text) for path in relay.signing_keys]
    return Trust(
        recipients={key.key_id: key for key in recipients},
        senders={key.key_id: key for key in senders},
        lifetimes_ms={"exchange": settings.limits.envelope_lifetime_ms},
        clock_skew_ms=settings.limits.clock_skew_ms,
    )


def main(argv: list[str] | None = None) -> int:
    return start.run("gate", GateRole, argv)


if __name__ == "__main__":
    sys.exit(main())
