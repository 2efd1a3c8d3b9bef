"""An egress and gates as their own entry points make them, in this process and without walls, on loopback, from the files of a lab."""

from __future__ import annotations

import ssl
from argparse import Namespace
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import trio

from bench.ports import free_port
from relay.base.ids import new_transfer_id
from relay.egress.__main__ import EgressRole
from relay.envelope.bhttp import RequestEncoder
from relay.envelope.format import Header
from relay.envelope.keys import RecipientPublicKey, SenderPrivateKey
from relay.envelope.seal import Sealer
from relay.envelope.wrapping import KeyWrapper
from relay.gate.__main__ import GateRole
from relay.ops.clock import now_ms
from relay.ops.sandbox.walls import Held
from relay.settings import keys
from relay.settings.pki import LabChoices, LabConfig, Pki, create_pki, write_lab_config
from tests.roles import FakeLedger
from tests.unit.envelope.making import LIFETIME_MS, admitted

TENANT = "city-a"
_HELD = Held("none", 0, 0, 0, False, (), ())
Tables = dict[str, Any]


class Site:
    """The files of one relay and its gates. `gate`, `host`: what is laid over them, once the keys are there."""

    def __init__(
        self,
        directory: Path,
        *,
        gates: int = 1,
        gate: Callable[[Pki], Tables] = lambda _: {},
        host: Callable[[Pki], Tables] = lambda _: {},
    ) -> None:
        self.directory = directory
        self.pki = create_pki(directory / "lab", tenants={TENANT: ["localhost"]}, gates=gates)
        self.gate_ports = [free_port() for _ in range(gates)]
        self.config: LabConfig = write_lab_config(
            self.pki,
            LabChoices(
                front_port=free_port(),
                exporter_port=free_port(),
                gate_ports=self.gate_ports,
                applications={TENANT: f"http://127.0.0.1:{free_port()}"},  # nobody listens there
                gate=gate(self.pki),
                host=host(self.pki),
            ),
        )

    @asynccontextmanager
    async def gate(self, position: int = 0) -> AsyncIterator[tuple[GateRole, trio.Event]]:
        """A gate that serves, and what asks it to end."""
        role = GateRole(Namespace(config=self.config.gate_files[position]))
        try:
            async with _serving(role) as (asked, _):
                yield role, asked
        finally:
            role.gate.delivered.close()

    @contextmanager
    def egress(self) -> Iterator[EgressRole]:
        """With its socket open; `serving` has it serve."""
        role = EgressRole(Namespace(config=self.config.host_file))
        try:
            yield role
        finally:
            role.listener.close()
            role.ledger.close()
            for gate in role.gates.by_name.values():
                gate.drop_idle(-1.0)

    async def stand_in(
        self,
        whose: int,
        alpn: list[str],
        play: Callable[[trio.SSLStream[trio.SocketStream]], Awaitable[None]],
        *,
        task_status: trio.TaskStatus[object],
    ) -> None:
        """Where the first gate should be: a TLS server with this gate's certificate, that says what `play` says."""
        home = self.pki.gates[whose].directory
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(home / "gate.crt", home / "keys" / "gate")
        context.set_alpn_protocols(alpn)

        async def serve(stream: trio.SocketStream) -> None:
            async with stream:
                with suppress(trio.BrokenResourceError):
                    await play(trio.SSLStream(stream, context, server_side=True))

        await trio.serve_tcp(serve, self.gate_ports[0], host="127.0.0.1", task_status=task_status)

    def ledger(self) -> FakeLedger:
        """Where the egress looks for one. It answers as soon as it runs."""
        made = FakeLedger(self.directory, "ledger/egress.sock")
        place = Path(self.config.host.host.run_dir, made.name)
        place.parent.mkdir(parents=True)
        place.symlink_to(made.path)
        return made

    def sealed(self) -> bytes:
        """An envelope for the first gate, as a front of this relay makes it."""
        home, relay = self.pki.gates[0].directory, self.pki.relay_directory
        sender = keys.private_key("front-signing", str(relay / "keys"), SenderPrivateKey.from_text)
        recipient = keys.public_key(str(home / f"sealing-{TENANT}.pub"), RecipientPublicKey.from_text)
        header = Header(new_transfer_id(now_ms()), TENANT, "exchange", recipient.key_id, sender.key_id)
        pieces: list[bytes] = []
        sealer = Sealer(header, KeyWrapper(recipient, now_ms), sender, pieces.append)
        request = RequestEncoder(b"GET", b"town.example", b"/status", ())
        sealer.write(request.start() + request.end())
        created_ms = now_ms()
        sealer.finish(admitted(TENANT), created_ms=created_ms, expires_ms=created_ms + LIFETIME_MS)
        return b"".join(pieces)


@asynccontextmanager
async def serving(role: EgressRole) -> AsyncIterator[tuple[trio.Event, trio.Event]]:
    """The egress serves; the first event asks it to end, the second says that it has."""
    async with _serving(role) as events:
        yield events


@asynccontextmanager
async def _serving(role: EgressRole | GateRole) -> AsyncIterator[tuple[trio.Event, trio.Event]]:
    asked, ended = trio.Event(), trio.Event()

    async def live(task_status: trio.TaskStatus[None]) -> None:
        await role.serve(asked, _HELD, task_status=task_status)
        ended.set()

    try:
        async with trio.open_nursery() as nursery:
            await nursery.start(live)
            yield asked, ended
            nursery.cancel_scope.cancel()
    finally:
        role.listener.close()
