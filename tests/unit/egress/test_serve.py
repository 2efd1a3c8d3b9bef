"""The whole egress between a front, a ledger and a gate: what leaves, what is recorded, what is answered, what is counted."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest
import trio
import trio.testing

from relay.base.ids import TransferId, transfer_id_to_bytes
from relay.base.reasons import Reason
from relay.egress.records import OUTCOMES_HELD
from relay.envelope.keys import ReceiptSigner
from relay.ipc.messages import Recorded, encode
from relay.net.channel import receive_packet, send_nowait
from relay.ops.metrics import GATE_EXCHANGES, PERMITS
from relay.tree.record import Outcome, Refusal
from tests.egresses import GATE, LARGE, LIMITS, RESPONSE, SMALL, TENANT, World, delivers, receipt
from tests.gates import GateEnd, is_silent, refuses, takes_and_closes
from tests.log_samples import transfer
from tests.metrics import counted

Make = Callable[..., World]


@pytest.fixture
async def make(no_descriptor_is_left: None, tmp_path: Path, nursery: trio.Nursery) -> AsyncIterator[Make]:
    made: list[World] = []

    def one(*scripts: object) -> World:
        made.append(World(tmp_path, nursery, *(scripts or (delivers,))))
        return made[-1]

    yield one
    nursery.cancel_scope.cancel()
    for world in made:
        world.close()


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["inline", "memfd"])
async def test_what_is_permitted_crosses_and_its_outcome_is_recorded_first(make: Make, content: bytes) -> None:
    world = make()
    front = world.front()
    envelope = front.send(7, content)
    assert await front.result() == ("delivered", GATE, RESPONSE)
    (record,) = world.ledger.records
    assert isinstance(record, Outcome)
    assert (record.transfer, record.intent, record.result, record.gate, record.attempts) == (
        transfer(7),
        7,
        "delivered",
        GATE,
        1,
    )
    assert record.receipt.encode() == receipt(7, envelope, RESPONSE)
    assert (record.response_digest, record.response_bytes) == (hashlib.sha256(RESPONSE).hexdigest(), len(RESPONSE))
    assert len(record.peer) == 64
    assert counted(world.registry, PERMITS) == {("accepted",): 1}
    assert counted(world.registry, GATE_EXCHANGES) == {(GATE, "admitted"): 1}
    assert world.refusals() == {}


async def test_a_large_response_comes_as_a_descriptor(make: Make) -> None:
    async def at_length(end: GateEnd) -> None:
        await delivers(end, LARGE)

    front = make(at_length).front()
    front.send(1)
    assert await front.result() == ("delivered", GATE, LARGE)


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"no_permit": True}, Reason.PERMIT_MISSING),
        ({"sent": b"\x07other bytes"}, Reason.PERMIT_MISMATCH),
        ({"sent": b"\x07other bytes", "claimed": bytes(32)}, Reason.PERMIT_INVALID),
    ],
    ids=["none", "for other bytes", "for nothing"],
)
async def test_what_is_not_permitted_does_not_cross(make: Make, how: dict[str, object], reason: Reason) -> None:
    world = make()
    front = world.front()
    front.send(7, **how)  # type: ignore[arg-type]  # names of send
    assert await front.result() == (reason, "", b"")
    (record,) = world.ledger.records
    assert isinstance(record, Refusal)
    assert (record.transfer, record.tenant, record.reason, record.role) == (transfer(7), TENANT, reason, "egress")
    assert world.gate.connected == 0
    assert counted(world.registry, PERMITS) == {(reason.value,): 1}
    assert world.refusals() == {("egress", reason.value, "none"): 1}


async def test_a_permit_is_used_once_whoever_shows_it(make: Make) -> None:
    world = make()
    front, other = world.front(), world.front()
    front.send(7)
    assert (await front.result())[0] == "delivered"
    other.send(7)
    assert await other.result() == ("permit_reused", "", b"")
    assert world.ledger.kinds == ["outcome", "refusal"]


@pytest.mark.parametrize(
    ("script", "reason"),
    [(refuses(Reason.APPLICATION_UNAVAILABLE), "application_unavailable"), (takes_and_closes, "gate_link_invalid")],
    ids=["refused", "lost"],
)
async def test_what_the_gate_does_not_answer(make: Make, script: object, reason: str) -> None:
    world = make(script)
    front = world.front()
    front.send(7)
    assert await front.result() == (reason, GATE, b"")
    (record,) = world.ledger.records
    assert isinstance(record, Outcome)
    assert (record.result, record.receipt, record.response_bytes, record.response_digest) == (reason, "", 0, "")
    assert counted(world.registry, GATE_EXCHANGES) == {(GATE, reason): 1}


async def test_a_gate_that_is_silent(make: Make, autojump_clock: trio.testing.MockClock) -> None:
    world = make(is_silent)
    front = world.front()
    front.send(7)
    assert await front.result() == ("gate_timeout", GATE, b"")
    (record,) = world.ledger.records
    assert isinstance(record, Outcome)
    assert (record.result, record.duration_ms) == ("gate_timeout", 5_000)


OTHER_GATE = ReceiptSigner.generate("gate-b.example")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda envelope: b"",
        lambda envelope: b"\xff\xfe",
        lambda envelope: receipt(8, envelope, RESPONSE),
        lambda envelope: receipt(7, b"another envelope", RESPONSE),
        lambda envelope: receipt(7, envelope, b"another response"),
        lambda envelope: receipt(7, envelope, RESPONSE, OTHER_GATE),
        lambda envelope: receipt(7, envelope, RESPONSE, result="application_timeout"),
        lambda envelope: receipt(7, envelope, RESPONSE) + b"\n",
    ],
    ids=["none", "no text", "transfer", "envelope", "response", "gate", "result", "more"],
)
async def test_an_answer_without_its_receipt_is_none(make: Make, wrong: Callable[[bytes], bytes]) -> None:
    async def forges(end: GateEnd) -> None:
        _, envelope = await end.frame()
        await end.answer(RESPONSE, wrong(envelope))

    world = make(forges)
    front = world.front()
    front.send(7)
    assert await front.result() == ("receipt_invalid", GATE, b"")
    (record,) = world.ledger.records
    assert isinstance(record, Outcome)
    assert (record.result, record.receipt, record.response_bytes) == ("receipt_invalid", "", 0)


async def test_many_at_a_time(make: Make) -> None:
    world = make()
    front = world.front()
    for number in range(20):
        front.send(number, LARGE if number % 3 == 0 else SMALL)
    found = [await front.answer() for _ in range(20)]
    assert sorted(answer.call for answer, _ in found) == list(range(1, 21))
    assert world.ledger.kinds == ["outcome"] * 20
    assert world.egress.load.transfers == 0


async def test_an_answer_is_not_withheld_for_a_ledger_that_is_gone(
    make: Make, autojump_clock: trio.testing.MockClock
) -> None:
    world = make()
    front = world.front()
    world.ledger.mode = "silent"
    front.send(7)
    assert await front.result() == ("delivered", GATE, RESPONSE)
    assert world.egress.recorder.held == 1


async def test_nothing_leaves_while_too_many_outcomes_wait_for_the_ledger(
    make: Make, nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    """The log would not know of what leaves now, should the egress end."""
    world = make()
    recorder, front = world.egress.recorder, world.front()
    world.ledger.mode = "silent"
    front.send(6)
    assert await front.result() == ("delivered", GATE, RESPONSE)
    recorder._held *= OUTCOMES_HELD
    sent_before = counted(world.registry, GATE_EXCHANGES)
    front.send(7)
    await trio.sleep(10)
    assert counted(world.registry, GATE_EXCHANGES) == sent_before
    assert receive_packet(front.sock) is None
    world.ledger.mode = "ok"
    nursery.start_soon(recorder.retry_forever)
    assert await front.result() == ("delivered", GATE, RESPONSE)


def _exchange(**changes: object) -> bytes:
    fields: dict[str, object] = {
        "call": 1,
        "transfer": transfer_id_to_bytes(TransferId(transfer(1))),
        "tenant": TENANT,
        "claimed_digest": bytes(32),
        "permit": None,
        "inline": b"x",
    }
    return msgspec.msgpack.encode(["Exchange", *(fields | changes).values()])


@pytest.mark.parametrize(
    ("packet", "descriptors"),
    [
        (b"\xc1", 0),
        (b"\xc1", 1),
        (encode(Recorded(call=1, index=1)), 0),
        (_exchange(transfer=bytes(16)), 0),  # not a UUIDv7
        (_exchange(transfer=bytes(16)), 1),
        (_exchange(inline=None), 0),
        (_exchange(inline=None), 1),  # no memfd
        (_exchange(inline=None), 2),
        (_exchange(inline=b"x"), 1),
        (_exchange(tenant="MINATO"), 0),
    ],
)
async def test_a_front_that_breaks_the_protocol(make: Make, packet: bytes, descriptors: int) -> None:
    """It is disconnected, counted and recorded once; what it had begun is carried through; other fronts go on."""
    world = make()
    front, other = world.front(), world.front()
    front.send(7)
    with open("/dev/null") as file:
        send_nowait(front.sock, packet, [file.fileno()] * descriptors)
    front.send(8)  # after the violation: nobody reads it
    with pytest.raises(EOFError):
        while True:
            await front.packet()
    await trio.testing.wait_all_tasks_blocked()
    assert sorted(world.ledger.kinds) == ["outcome", "refusal"]
    (record,) = world.ledger.of(Refusal)
    assert isinstance(record, Refusal)
    assert (record.reason, record.transfer, record.tenant) == (Reason.IPC_VIOLATION, "", "")
    assert world.refusals() == {("internal", "ipc_violation", "none"): 1}
    other.send(9)
    assert (await other.result())[0] == "delivered"


async def test_a_front_that_goes_away_takes_no_transfer_with_it(make: Make) -> None:
    world = make()
    front = world.front()
    front.send(7, LARGE)
    front.sock.close()
    await trio.testing.wait_all_tasks_blocked()
    (record,) = world.ledger.records
    assert isinstance(record, Outcome)
    assert record.result == "delivered"
    assert world.egress.load.transfers == 0


async def test_a_front_that_does_not_read_its_answers(make: Make) -> None:
    """Its answers wait for it; nobody else does."""
    world = make()
    front, other = world.front(), world.front()
    world.socks[1].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    for number in range(30):
        front.send(number)
    await trio.testing.wait_all_tasks_blocked()
    waiting = world.egress.load.transfers
    assert waiting > 2
    other.send(40)
    assert (await other.result())[0] == "delivered"
    found = [(await front.result())[0] for _ in range(30)]
    assert found == ["delivered"] * 30
    await trio.testing.wait_all_tasks_blocked()
    assert world.egress.load.transfers == 0


async def test_a_front_that_goes_away_while_its_answers_wait(make: Make) -> None:
    world = make()
    front = world.front()
    world.socks[1].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    for number in range(30):
        front.send(number)
    await trio.testing.wait_all_tasks_blocked()
    front.sock.close()
    await trio.testing.wait_all_tasks_blocked()
    assert world.egress.load.transfers == 0
    assert world.ledger.kinds == ["outcome"] * 30


async def test_a_front_gets_so_many_transfers_at_a_time(make: Make) -> None:
    """One that does not bound them itself cannot take the memory and the descriptors of the others."""
    go = trio.Event()

    async def waits(end: GateEnd) -> None:
        while True:
            _, envelope = await end.frame()
            await go.wait()
            await end.answer(RESPONSE, receipt(envelope[0], envelope, RESPONSE))

    world = make(waits)
    front = world.front()
    for number in range(LIMITS.transfers_in_flight + 2):
        front.send(number)
    await trio.testing.wait_all_tasks_blocked()
    assert world.egress.load.transfers == LIMITS.transfers_in_flight
    go.set()
    found = [(await front.result())[0] for _ in range(LIMITS.transfers_in_flight + 2)]
    assert found == ["delivered"] * (LIMITS.transfers_in_flight + 2)
