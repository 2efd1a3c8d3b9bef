"""A gate between a relay and an application, over a real link: docs/spec/link.md, from the frame to the receipt."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import trio
import trio.testing

from relay.base.errors import Refused
from relay.base.ids import TransferId, new_transfer_id
from relay.base.limits import Limits
from relay.base.reasons import Reason
from relay.egress.exchange import GateConnection, LinkLost
from relay.envelope.bhttp import RequestEncoder, ResponseDecoder
from relay.envelope.bhttp_grammar import Bounds
from relay.envelope.receipt import ReceiptReader
from relay.envelope.response import ResponseOpener
from relay.envelope.seal import Envelope, Sealer
from relay.envelope.unseal import Opener
from relay.gate.application import Application
from relay.gate.delivered import Delivered
from relay.gate.link import IDLE_FACTOR, Link
from relay.gate.measure import Measure
from relay.gate.pipeline import Gate
from relay.gate.receipts import Receipts
from relay.ipc.link import FrameType, frame_head
from relay.ipc.messages import INLINE_BYTES
from relay.net.drain import Drain
from relay.net.parcel import Parcel
from relay.net.tls_stream import TlsStream
from relay.ops.clock import now_ms
from relay.ops.metrics import GATE_REQUESTS, REFUSALS, Registry
from tests.applications import ScriptedApplication, Visit
from tests.gates import link
from tests.metrics import counted
from tests.unit.envelope.making import LIFETIME_MS, RECEIPT, SENDER, WRAPPER, admitted, header, trust

LIMITS = Limits(
    gate_idle_ms=1_000,
    exchange_timeout_ms=5_000,
    application_timeout_ms=60_000,
    write_timeout_ms=3_000,
    response_bytes=1 << 20,
)
BOUNDS = Bounds(head_bytes=4096, fields=20, content_bytes=1 << 20)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-From: inside\r\n\r\nok"


def sealed(
    content: bytes = b"a form",
    *,
    tenant: str = "minato",
    transfer_id: TransferId | None = None,
    method: bytes = b"POST",
) -> tuple[bytes, Envelope]:
    """An envelope as a front makes it, and what it keeps for the answer."""
    pieces: list[bytes] = []
    head = header(tenant=tenant, transfer_id=transfer_id or new_transfer_id(now_ms()))
    sealer = Sealer(head, WRAPPER, SENDER, pieces.append)
    request = RequestEncoder(method, b"town.example", b"/form", ((b"content-type", b"text/plain"),))
    sealer.write(request.start() + request.content(content) + request.end())
    created_ms = now_ms()
    envelope = sealer.finish(admitted(tenant), created_ms=created_ms, expires_ms=created_ms + LIFETIME_MS)
    return b"".join(pieces), envelope


class World:
    """A gate with one application for the tenant `minato`, and relays."""

    def __init__(self, directory: Path, nursery: trio.Nursery, municipal: ScriptedApplication) -> None:
        self.nursery = nursery
        self.municipal = municipal
        self.registry = Registry("gate", {"tenant": ["minato"], "certificate": ["gate"]})
        self.gate = Gate(
            limits=LIMITS,
            delivered=Delivered(directory / "delivered.sqlite"),
            receipts=Receipts(RECEIPT),
            applications={"minato": Application(municipal.url, LIMITS)},
            measure=Measure(self.registry),
        )
        self.drain = Drain(IDLE_FACTOR * LIMITS.gate_idle_ms / 1000)
        nursery.start_soon(self.drain.run)
        self.ended: list[BaseException | None] = []
        self._streams: list[TlsStream] = []

    async def relay(self, buffer_bytes: int | None = None) -> tuple[GateConnection, TlsStream]:
        """A verified connection, by the egress's own code and as a bare stream."""
        ours, theirs = await link(buffer_bytes)
        self._streams += [ours, theirs]
        self.nursery.start_soon(self._serve, theirs)
        return GateConnection(ours), ours

    async def _serve(self, stream: TlsStream) -> None:
        try:
            await Link(self.gate, Opener(trust()), stream, self.drain).serve()
            self.ended.append(None)
        except (Refused, trio.TooSlowError) as error:
            self.ended.append(error)
        finally:
            stream.close()

    def close(self) -> None:
        for stream in self._streams:
            stream.close()
        self.gate.delivered.close()


Make = Callable[..., "World"]


@pytest.fixture
async def world(no_descriptor_is_left: None, tmp_path: Path, nursery: trio.Nursery) -> AsyncIterator[World]:
    municipal = ScriptedApplication(nursery)
    municipal.scripts = [municipal.answers(OK)]
    await municipal.start()
    world = World(tmp_path, nursery, municipal)
    yield world
    for stream in world.gate.applications["minato"]._idle:
        await stream.aclose()
    nursery.cancel_scope.cancel()
    with trio.CancelScope(shield=True):
        await trio.testing.wait_all_tasks_blocked()
    world.close()


async def exchange(connection: GateConnection, raw: bytes, envelope: Envelope) -> tuple[int, bytes]:
    """Status and content of the answer, after its receipt was checked."""
    with Parcel.of(raw) as parcel:
        answer = await connection.exchange(parcel, response_most=2 * LIMITS.response_bytes)
    with answer.response as response:
        whole = b"".join(response.pieces())
    receipt = ReceiptReader(RECEIPT.public_key).read(
        answer.receipt,
        transfer_id=envelope.transfer_id,
        envelope_digest=hashlib.sha256(raw).digest(),
        response_digest=hashlib.sha256(whole).digest(),
    )
    assert receipt.result == "delivered"
    opener, decoder = ResponseOpener(envelope.transfer_id, envelope.response_key), ResponseDecoder(BOUNDS)
    plain = [*opener.feed(whole), opener.finish()]
    content = b"".join(piece for piece in (p for chunk in plain for p in decoder.feed(chunk)))
    decoder.finish()
    assert decoder.head is not None
    return decoder.head.status, content


async def refused(connection: GateConnection, raw: bytes) -> Reason:
    with Parcel.of(raw) as parcel, pytest.raises(Refused) as caught:
        await connection.exchange(parcel, response_most=LIMITS.response_bytes)
    return caught.value.reason


async def test_a_request_is_handed_over_and_its_answer_comes_sealed_with_a_receipt(world: World) -> None:
    connection, _ = await world.relay()
    raw, envelope = sealed()
    assert await exchange(connection, raw, envelope) == (200, b"ok")
    (request,) = world.municipal.requests
    assert request.startswith(b"POST /form HTTP/1.1\r\nhost: town.example\r\n")
    assert request.endswith(b"\r\n\r\na form")
    assert counted(world.registry, GATE_REQUESTS) == {("minato", "admitted"): 1}


@pytest.mark.parametrize("size", [0, INLINE_BYTES, 500_000])
async def test_requests_of_every_size(world: World, size: int) -> None:
    connection, _ = await world.relay()
    raw, envelope = sealed(bytes(size))
    assert await exchange(connection, raw, envelope) == (200, b"ok")
    assert len(world.municipal.requests[0].partition(b"\r\n\r\n")[2]) == size


async def test_a_large_answer(world: World) -> None:
    world.municipal.scripts = [
        world.municipal.answers(b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + bytes(300_000))
    ]
    connection, _ = await world.relay()
    assert await exchange(connection, *sealed()) == (200, bytes(300_000))


async def test_one_after_the_other_with_probes_between(world: World) -> None:
    connection, _ = await world.relay()
    for _ in range(3):
        await connection.ping()
        assert await exchange(connection, *sealed()) == (200, b"ok")
    assert len(world.municipal.requests) == 3


async def test_a_repeat_is_refused_whoever_brings_it(world: World) -> None:
    connection, _ = await world.relay()
    raw, envelope = sealed()
    await exchange(connection, raw, envelope)
    for again in (connection, (await world.relay())[0]):
        assert await refused(again, raw) is Reason.ENVELOPE_REPLAYED
    assert len(world.municipal.requests) == 1
    assert counted(world.registry, REFUSALS) == {("gate", "envelope_replayed", "none"): 2}


async def test_a_repeat_while_the_first_one_is_under_way(world: World, nursery: trio.Nursery) -> None:
    go = trio.Event()

    async def waits(visit: Visit) -> None:
        world.municipal.requests.append(await visit.request())
        await go.wait()
        await visit.say(OK)
        await trio.sleep_forever()

    world.municipal.scripts = [waits]
    raw, envelope = sealed()
    async with trio.open_nursery() as asking:
        asking.start_soon(exchange, (await world.relay())[0], raw, envelope)
        while not world.municipal.requests:
            await trio.testing.wait_all_tasks_blocked()
        assert await refused((await world.relay())[0], raw) is Reason.ENVELOPE_REPLAYED
        go.set()
    assert len(world.municipal.requests) == 1


async def test_a_drain_ends_idle_links_and_finishes_what_is_under_way(world: World) -> None:
    go = trio.Event()

    async def waits(visit: Visit) -> None:
        world.municipal.requests.append(await visit.request())
        await go.wait()
        await visit.say(OK)

    world.municipal.scripts = [waits]
    _, idle = await world.relay()
    async with trio.open_nursery() as asking:
        asking.start_soon(exchange, (await world.relay())[0], *sealed())
        while not world.municipal.requests:
            await trio.testing.wait_all_tasks_blocked()
        world.drain.begin()
        assert await idle.receive_some() == b"", "the idle link ends at once"
        assert world.ended == [None]
        go.set()
    await trio.testing.wait_all_tasks_blocked()
    assert world.ended == [None, None], "the busy one ends after its answer"


def _flipped(at: int) -> bytes:
    raw = bytearray(sealed()[0])
    raw[at] ^= 1
    return bytes(raw)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (lambda: b"", Reason.ENVELOPE_INVALID),
        (lambda: bytes(3_000), Reason.ENVELOPE_INVALID),
        (
            lambda: sealed()[0] + b"x",
            None,
        ),  # its last 80 bytes are not the trailer: which rule they break first depends on them
        (lambda: sealed()[0][:-1], None),
        (lambda: _flipped(0), Reason.ENVELOPE_INVALID),
        (lambda: _flipped(-1), Reason.SIGNATURE_INVALID),
        (lambda: _flipped(-200), Reason.SIGNATURE_INVALID),
        (lambda: sealed(tenant="chuo")[0], Reason.RECIPIENT_UNKNOWN),
        (lambda: sealed(transfer_id=new_transfer_id(0))[0], Reason.ENVELOPE_STALE),
    ],
    ids=["empty", "zeros", "longer", "shorter", "magic", "signature", "ciphertext", "tenant", "age"],
)
async def test_what_the_gate_does_not_open(world: World, raw: Callable[[], bytes], reason: Reason | None) -> None:
    """It says why, hands nothing over, and the connection goes on."""
    connection, _ = await world.relay()
    found = await refused(connection, raw())
    assert reason is None or found is reason
    assert world.municipal.connections == 0
    assert await exchange(connection, *sealed()) == (200, b"ok")


async def test_a_signed_envelope_that_is_no_request(world: World) -> None:
    """It is remembered before it is opened: nothing is opened twice."""
    pieces: list[bytes] = []
    sealer = Sealer(header(transfer_id=new_transfer_id(now_ms())), WRAPPER, SENDER, pieces.append)
    sealer.write(b"\x02\x03GET")
    sealer.finish(admitted(), created_ms=now_ms(), expires_ms=now_ms() + LIFETIME_MS)
    connection, _ = await world.relay()
    assert await refused(connection, b"".join(pieces)) is Reason.ENVELOPE_INVALID
    assert await refused(connection, b"".join(pieces)) is Reason.ENVELOPE_REPLAYED
    assert world.municipal.connections == 0


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", Reason.APPLICATION_INVALID),
        (b"HTTP/1.1 200 OK\r\nX: \xc2\xa0\x7f\r\nContent-Length: 2\r\n\r\nok", Reason.APPLICATION_INVALID),
        (b"HTTP/1.1 999 What\r\nContent-Length: 2\r\n\r\nok", Reason.APPLICATION_INVALID),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + bytes(2_000_000), Reason.RESPONSE_TOO_LARGE),
    ],
    ids=["cut", "field", "status", "size"],
)
async def test_what_the_application_answers_wrongly(world: World, said: bytes, reason: Reason) -> None:
    world.municipal.scripts = [world.municipal.answers(said, close=True)]
    connection, _ = await world.relay()
    assert await refused(connection, sealed()[0]) is reason
    assert len(world.municipal.requests) == 1


@pytest.mark.parametrize(
    "said",
    [
        frame_head(FrameType.PONG, 0),
        frame_head(FrameType.ANSWER, 0),
        frame_head(FrameType.REFUSAL, 0),
        frame_head(FrameType.PING, 1),
        b"\x00" * 9,
        b"GET / HTTP/1.1\r\n\r\n",
        frame_head(FrameType.ENVELOPE, LIMITS.envelope_bytes + 1),
    ],
    ids=lambda said: said[:10].hex(),
)
async def test_a_relay_that_breaks_the_protocol(world: World, said: bytes) -> None:
    _, stream = await world.relay()
    await stream.send_all(said)
    assert await stream.receive_some() == b""
    (error,) = world.ended
    assert isinstance(error, Refused)
    assert error.reason is Reason.GATE_LINK_INVALID


@pytest.mark.parametrize("whole", [frame_head(FrameType.PING, 0), frame_head(FrameType.ENVELOPE, 4) + b"abcd"])
async def test_a_relay_that_closes_at_any_byte(world: World, whole: bytes) -> None:
    for at in range(len(whole)):
        _, stream = await world.relay()
        await stream.send_all(whole[:at])
        stream.close()
    await trio.testing.wait_all_tasks_blocked()
    reasons = [error.reason if isinstance(error, Refused) else error for error in world.ended]
    assert sorted(map(str, reasons)) == sorted(["None", *["gate_link_invalid"] * (len(whole) - 1)])


async def test_frames_in_single_bytes(world: World) -> None:
    _, stream = await world.relay()
    for byte in frame_head(FrameType.PING, 0) * 3:
        await stream.send_all(bytes([byte]))
    said = b""
    while len(said) < 27:
        said += await stream.receive_some()
    assert said == frame_head(FrameType.PONG, 0) * 3


async def test_an_idle_link_is_closed_after_twice_the_relays_time(
    world: World, autojump_clock: trio.testing.MockClock
) -> None:
    connection, stream = await world.relay()
    for _ in range(3):
        await trio.sleep(1.9)
        await connection.ping()
    last = trio.current_time()
    assert await stream.receive_some() == b""
    assert trio.current_time() == last + 2.0
    assert world.ended == [None]


async def test_an_application_may_take_longer_than_an_idle_link_lasts(
    world: World, autojump_clock: trio.testing.MockClock
) -> None:
    async def slow(visit: Visit) -> None:
        await visit.request()
        await trio.sleep(30)
        await visit.say(OK)

    world.municipal.scripts = [slow]
    connection, _ = await world.relay()
    assert await exchange(connection, *sealed()) == (200, b"ok")
    assert trio.current_time() == 30


async def test_an_envelope_that_does_not_end(world: World, autojump_clock: trio.testing.MockClock) -> None:
    _, stream = await world.relay()
    await stream.send_all(frame_head(FrameType.ENVELOPE, 100) + bytes(99))
    assert await stream.receive_some() == b""
    assert trio.current_time() == 5.0
    assert isinstance(world.ended[0], trio.TooSlowError)


async def test_a_relay_that_does_not_read_the_answer(world: World, autojump_clock: trio.testing.MockClock) -> None:
    world.municipal.scripts = [
        world.municipal.answers(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + bytes(1_000_000))
    ]
    _, stream = await world.relay(buffer_bytes=4096)
    raw, _ = sealed()
    await stream.send_all(frame_head(FrameType.ENVELOPE, len(raw)) + raw)
    await trio.sleep(10)
    assert isinstance(world.ended[0], trio.TooSlowError)


async def test_the_link_is_what_both_ends_say_it_is(world: World) -> None:
    """The egress's own code sees a closed gate as lost, and not as an answer."""
    connection, stream = await world.relay()
    await stream.send_all(frame_head(FrameType.ENVELOPE, 4) + b"abcd" + b"\x00" * 9)
    with Parcel.of(b"x") as parcel, pytest.raises((LinkLost, Refused)):
        for _ in range(3):
            await connection.exchange(parcel, response_most=100)
