"""A front worker in this process: real TLS, a real policy, and a ledger and an egress that stand for the real ones."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import trio
import trio.testing

from policy.load import INSTALLED, load_policy
from policy.rule_book import RuleChoice
from policy.rule_set import RuleSet
from relay.base.ids import transfer_id_from_bytes
from relay.base.limits import Limits
from relay.base.reasons import Reason
from relay.envelope.bhttp import RequestDecoder, ResponseEncoder
from relay.envelope.bhttp_grammar import Bounds, Fields
from relay.envelope.response import ResponseSealer
from relay.front.budget import Budget
from relay.front.context import Front, Tenant
from relay.front.measure import Measure
from relay.front.serve import Connection
from relay.ipc.messages import Exchange, Message
from relay.net.channel import Channel
from relay.net.drain import Drain
from relay.net.parcel import Parcel
from relay.ops.clock import now_ms
from relay.ops.metrics import Registry
from relay.tls.contexts import server_context
from tests.links import Link, identity, python_client
from tests.roles import FakeEgress, FakeLedger
from tests.unit.envelope.making import SENDER, WRAPPER, verified
from tests.unit.policy.conftest import PROCEDURE

LINK = Link()
HOSTS = {"minato": "minato.example", "chuo": "chuo.example"}
IDENTITIES = [identity(LINK.authority.issue([host], "server"), [host]) for host in HOSTS.values()]
BOUNDS = Bounds(head_bytes=65_536, fields=100, content_bytes=1 << 26)
Behaviour = Callable[["Arrived"], "tuple[str, Parcel] | Message | None"]


class Arrived(NamedTuple):
    """A request as the gate opens it."""

    transfer: str
    method: str
    authority: str
    path: str
    headers: Mapping[str, str]
    content: bytes
    seal: Callable[..., Parcel]  # (status, headers, content, to_head): the sealed response


def ok(arrived: Arrived) -> tuple[str, Parcel]:
    return "delivered", arrived.seal(200, ((b"content-type", b"text/plain"), (b"server", b"inside")), b"hello")


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Citizen:
    """A client on one connection."""

    def __init__(self, stream: trio.SSLStream[trio.SocketStream]) -> None:
        self.stream = stream
        self._received = b""

    async def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            await self.stream.send_all(piece)

    async def ask(self, request: bytes) -> Reply:
        await self.send(request)
        return await self.reply(to_head=request.startswith(b"HEAD"))

    async def reply(self, *, to_head: bool = False) -> Reply:
        """The next whole response. Raises EOFError when the connection ends before its end."""
        while b"\r\n\r\n" not in self._received:
            await self._more()
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        number = int(status.split(" ")[1])
        if to_head or number in (100, 204, 304):
            return Reply(number, headers, b"")
        if headers.get("transfer-encoding") == "chunked":
            return Reply(number, headers, await self._chunks())
        return Reply(number, headers, await self._exactly(int(headers["content-length"])))

    async def close(self) -> None:
        """With close_notify, as a client that has what it wanted."""
        await self.stream.aclose()

    async def is_closed(self) -> bool:
        return self._received == b"" and await self.stream.receive_some() == b""

    async def _chunks(self) -> bytes:
        found = b""
        while True:
            while b"\r\n" not in self._received:
                await self._more()
            size, _, self._received = self._received.partition(b"\r\n")
            piece = await self._exactly(int(size, 16) + 2)
            if size == b"0":
                return found
            found += piece[:-2]

    async def _exactly(self, count: int) -> bytes:
        while len(self._received) < count:
            await self._more()
        taken, self._received = self._received[:count], self._received[count:]
        return taken

    async def _more(self) -> None:
        data = await self.stream.receive_some()
        if not data:
            raise EOFError
        self._received += bytes(data)


class World:
    """One front worker and everything around it."""

    def __init__(
        self,
        directory: Path,
        nursery: trio.Nursery,
        *,
        open_routes: bool = False,
        egress: bool = True,
        rules: RuleSet | None = None,
        procedure: str = PROCEDURE,
        scanner: Path | None = None,
        **limits: int,
    ) -> None:
        self.nursery = nursery
        self.limits = Limits(**limits)
        self.ledger = FakeLedger(directory, "ledger/front.sock")
        self.arrived: list[Arrived] = []
        self.behave: Behaviour = ok
        procedures = directory / "procedures"
        procedures.mkdir()
        (procedures / "sample.toml").write_text(procedure)
        policy = load_policy(
            [INSTALLED, procedures],
            {name: (host,) for name, host in HOSTS.items()},
            open_routes=open_routes,
            rules=RuleChoice() if rules is None else RuleChoice({rules.name: rules}, rules.name),
        )
        self.registry = Registry(
            "front",
            {
                "tenant": list(HOSTS),
                "route": [route.id for route in policy.routes],
                "version": ["0", "1", "2"],
                "certificate": list(HOSTS),
            },
        )
        tenants = [Tenant(name, WRAPPER) for name in HOSTS]
        self.drain = Drain(self.limits.idle_timeout_ms / 1000)
        nursery.start_soon(self.drain.run)
        self.front = Front(
            worker=1,
            limits=self.limits,
            policy=policy,
            by_host=dict(zip(HOSTS.values(), tenants, strict=True)),
            open_tenant=tenants[0] if open_routes else None,
            sender=SENDER,
            ledger=Channel(self.ledger.path, unavailable=Reason.LEDGER_UNAVAILABLE, timeout_s=5.0),
            egress=Channel(
                directory / "egress-front.sock",
                unavailable=Reason.EGRESS_UNAVAILABLE,
                lost=Reason.EGRESS_LOST,
                timeout_s=130.0,
            ),
            budget=Budget(self.limits),
            measure=Measure(self.registry),
            scanner=scanner,
        )
        self.context = server_context(IDENTITIES, default=IDENTITIES[0], any_name=open_routes)
        self.egress = FakeEgress(directory, self._carry) if egress else None
        for service in (self.ledger, self.egress):
            if service is not None:
                nursery.start_soon(service.run)
        for channel in (self.front.ledger, self.front.egress):
            nursery.start_soon(channel.run)
        self._socks: list[socket.socket] = []
        self.serving = 0

    async def raw(self, source: str = "192.0.2.7") -> trio.SocketStream:
        """A connection before its handshake."""
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        self._socks += [ours, theirs]
        self.nursery.start_soon(self._serve, theirs, source)
        return trio.SocketStream(trio.socket.from_stdlib_socket(ours))

    async def citizen(self, name: str | None = HOSTS["minato"], source: str = "192.0.2.7") -> Citizen:
        """`name`: of the server, in the handshake."""
        context = python_client()
        stream = trio.SSLStream(await self.raw(source), context, server_hostname=name, https_compatible=True)
        await stream.do_handshake()
        return Citizen(stream)

    async def ask(self, request: bytes) -> Reply:
        """On a connection of its own, closed afterwards."""
        citizen = await self.citizen()
        reply = await citizen.ask(request)
        await citizen.close()
        await trio.testing.wait_all_tasks_blocked()
        return reply

    async def _serve(self, sock: socket.socket, source: str) -> None:
        self.serving += 1
        await Connection(self.front, self.context, sock, source, self.drain).serve()
        self.serving -= 1

    async def _carry(self, request: Exchange, envelope: Parcel) -> tuple[str, Parcel] | Message | None:
        opened = verified(b"".join(envelope.pieces()), now_ms()).open()
        decoder = RequestDecoder(BOUNDS)
        content = b"".join(piece for chunk in opened.chunks() for piece in decoder.feed(chunk))
        decoder.finish()
        assert decoder.head is not None
        head, transfer_id = decoder.head, transfer_id_from_bytes(request.transfer)

        def seal(status: int, headers: Fields, content: bytes) -> Parcel:
            pieces: list[bytes] = []
            sealer = ResponseSealer(transfer_id, opened.response_key, pieces.append)
            to_head = head.method == b"HEAD"
            encoder = ResponseEncoder(status, headers, to_head=to_head)
            sealer.write(encoder.start() + (b"" if to_head else encoder.content(content)) + encoder.end())
            sealer.finish()
            return Parcel.of(b"".join(pieces))

        self.arrived.append(
            Arrived(
                transfer_id,
                head.method.decode(),
                head.authority.decode(),
                head.path.decode(),
                {name.decode(): value.decode("latin-1") for name, value in head.headers},
                content,
                seal,
            )
        )
        return self.behave(self.arrived[-1])

    def close(self) -> None:
        self.front.ledger.close()
        self.front.egress.close()
        for sock in self._socks:
            sock.close()


__all__ = ["HOSTS", "Arrived", "Citizen", "Reply", "World", "ok"]


@asynccontextmanager
async def worlds(nursery: trio.Nursery) -> AsyncIterator[list[World]]:
    """Where a test puts the worlds that it makes; they are closed when all that runs in them has ended."""
    made: list[World] = []
    yield made
    nursery.cancel_scope.cancel()
    with trio.CancelScope(shield=True):
        await trio.testing.wait_all_tasks_blocked()
    for world in made:
        world.close()
