"""The ledger between its clients and its disk: group commit, permits, and what a client may not do (docs/spec/ipc.md 3)."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import trio
import trio.testing

from relay.base.errors import Broken, Unavailable
from relay.base.ids import TransferId, transfer_id_to_bytes
from relay.base.reasons import Reason
from relay.ipc.messages import (
    ANSWERS_MOST,
    Exchange,
    Failed,
    LedgerAnswer,
    Message,
    Permitted,
    Recorded,
    RecordOutcome,
    RecordRefusal,
    RecordRemark,
    RecordState,
    decode_answers,
    encode,
)
from relay.ipc.permit import PermitDesk
from relay.ledger.intents import KEPT, Intents
from relay.ledger.pipeline import _CLIENTS_MOST, _packets
from relay.ledger.verify import verify
from relay.net.channel import receive_packet
from relay.ops.clock import boottime_ms, now_ms
from relay.ops.metrics import LOG_ENTRIES, PERMITS, RECORDS, REFUSALS
from relay.tree.record import Intent, Operation, State, parse_time
from tests.descriptors import none_left
from tests.ledgers import EGRESS, FRONT, SIGNER, Client, World, intend, operation
from tests.log_samples import START_MS, intent, make_log, outcome, refusal, remark, transfer
from tests.metrics import counted
from tests.roles import PERMIT_KEY
from tests.services import UNSTAMPED


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with none_left():
        world = World(tmp_path)
        yield world
        world.store.failure = None
        world.close()


def test_an_intent_gets_a_permit_that_the_egress_redeems(world: World) -> None:
    front = world.client()
    front.send(intend(1, call=9))
    before = boottime_ms()
    world.turn()
    (answer,) = front.answers()
    assert isinstance(answer, Permitted)
    assert (answer.call, answer.permit.index) == (9, 0)
    assert before <= answer.permit.issued_ms <= boottime_ms()
    desk = PermitDesk(PERMIT_KEY, lifetime_ms=30_000, started_ms=0)
    digest = intend(1).digest
    assert (
        desk.redeem(
            answer.permit,
            transfer=intend(1).transfer,
            tenant="minato",
            held_digest=digest,
            claimed_digest=digest,
            now_ms=boottime_ms(),
        )
        == 0
    )


def test_every_kind_of_record(world: World) -> None:
    front, egress = world.client(FRONT), world.client(EGRESS)
    front.send(
        intend(1),
        RecordRefusal(call=2, refusal=refusal(2)),
        operation(call=3),
        RecordState(call=4, state=State(time=UNSTAMPED, role="front", values={"a": 1})),
    )
    world.turn()
    assert [type(answer) for answer in front.answers()] == [Permitted, Recorded, Recorded, Recorded]
    egress.send(RecordOutcome(call=5, outcome=outcome(1, 0)))
    world.turn()
    assert egress.answers() == [Recorded(call=5, index=4)]
    assert counted(world.registry, RECORDS) == {
        (kind,): 1 for kind in ("intent", "refusal", "operation", "state", "outcome")
    }
    assert counted(world.registry, PERMITS) == {("granted",): 1}
    assert counted(world.registry, LOG_ENTRIES) == {(): 5}


def test_the_time_of_a_record_is_the_ledgers(world: World) -> None:
    front = world.client()
    before = now_ms()
    front.send(intend(1))
    world.turn()
    (record,) = world.records
    assert isinstance(record, Intent)
    assert before <= parse_time(record.time) <= now_ms()
    assert msgspec.structs.replace(record, time=intent(1).time) == intent(1)


def test_what_has_gathered_is_made_durable_at_once(world: World) -> None:
    """Group commit: many clients, one append; each gets its own answers."""
    clients = [world.client() for _ in range(5)]
    for position, client in enumerate(clients):
        client.send(*(intend(10 * position + number, call=number) for number in range(4)))
    world.turn()
    assert [len(batch) for batch in world.store.batches] == [20]
    indexes = []
    for client in clients:
        packet = receive_packet(client.sock)
        assert packet is not None
        assert receive_packet(client.sock) is None  # one packet for all of it
        answers = decode_answers(packet.data)
        assert [answer.call for answer in answers] == [0, 1, 2, 3]
        indexes += [answer.permit.index for answer in answers if isinstance(answer, Permitted)]
    assert sorted(indexes) == list(range(20))
    assert len((world.directory / "transfers.jsonl").read_text().splitlines()) == 20


def test_a_batch_has_a_most(tmp_path: Path) -> None:
    world = World(tmp_path, ledger_batch=8)
    front, other = world.client(), world.client()
    front.send(*(intend(number, call=number) for number in range(9)))
    other.send(intend(20, call=20))
    for _ in range(3):
        world.turn()
    assert [len(batch) for batch in world.store.batches] == [8, 2]
    assert (len(front.answers()), len(other.answers())) == (9, 1)
    world.close()


@pytest.mark.parametrize(("count", "packets"), [(1, 1), (ANSWERS_MOST, 1), (ANSWERS_MOST + 1, 2)])
def test_a_packet_holds_so_many_answers(count: int, packets: int) -> None:
    answers: list[LedgerAnswer] = [Recorded(call=number, index=number) for number in range(count)]
    made = list(_packets(answers))
    assert len(made) == packets
    assert [answer for packet in made for answer in decode_answers(packet)] == answers


def test_a_full_disk_permits_nothing(world: World) -> None:
    front, egress = world.client(FRONT), world.client(EGRESS)
    front.send(intend(0))
    world.turn()
    assert len(front.answers()) == 1
    written = (world.directory / "transfers.jsonl").read_text()
    world.store.failure = Unavailable(Reason.LEDGER_UNAVAILABLE, "no space")
    front.send(intend(1), operation(call=2))
    egress.send(RecordOutcome(call=3, outcome=outcome(0, 0)))
    world.turn()
    assert front.answers() == [Failed(call=1, reason="ledger_unavailable"), Failed(call=2, reason="ledger_unavailable")]
    assert egress.answers() == [Failed(call=3, reason="ledger_unavailable")]
    assert counted(world.registry, REFUSALS) == {("ledger", "ledger_unavailable", "none"): 3}
    assert (world.directory / "transfers.jsonl").read_text() == written
    world.store.failure = None
    front.send(intend(1))
    world.turn()
    assert [type(answer) for answer in front.answers()] == [Permitted]


def test_a_disk_in_doubt_ends_the_role_and_answers_nobody(world: World) -> None:
    front = world.client()
    world.store.failure = Broken("fdatasync")
    front.send(intend(1))
    with pytest.raises(Broken):
        world.turn()
    assert front.answers() == []


def _changed(**changes: object) -> Intent:
    return msgspec.structs.replace(intent(1), **changes)


VIOLATIONS: list[tuple[str, str, Message | bytes]] = [
    ("no message", FRONT, b"\xc1"),
    ("an outcome by a front", FRONT, RecordOutcome(call=1, outcome=outcome(1, 0))),
    ("an intent by the egress", EGRESS, intend(1)),
    (
        "an exchange",
        FRONT,
        Exchange(call=1, transfer=bytes(16), tenant="a", claimed_digest=bytes(32), permit=None, inline=b""),
    ),
    ("another transfer id", FRONT, intend(1, transfer=transfer_id_to_bytes(TransferId(transfer(2))))),
    ("no transfer id", FRONT, intend(1, transfer=bytes(16))),
    ("another digest", FRONT, intend(1, digest=bytes(32))),
    ("the digest of another intent", FRONT, intend(1, intent=_changed(envelope_digest="00" * 32))),
    ("the egress speaks as a front", EGRESS, RecordRefusal(call=1, refusal=refusal(1))),
    ("a front speaks as the ledger", FRONT, operation("ledger")),
    ("a front speaks as an operator", FRONT, operation("operator")),
    (
        "a state of another role",
        EGRESS,
        RecordState(call=1, state=State(time=UNSTAMPED, role="front", values={})),
    ),
    *(
        (
            f"a measurement of {value}",
            FRONT,
            RecordState(call=1, state=State(time=UNSTAMPED, role="front", values={"a": value})),
        )
        for value in (float("nan"), float("inf"), float("-inf"))
    ),
]


@pytest.mark.parametrize(("name", "socket_name", "message"), VIOLATIONS, ids=[name for name, _, _ in VIOLATIONS])
def test_a_client_that_breaks_the_protocol(world: World, name: str, socket_name: str, message: Message | bytes) -> None:
    """It is dropped, counted and recorded; what it said before counts, what it says after is not heard; others go on."""
    bad, good = world.client(socket_name), world.client()
    bad.send(operation("front" if socket_name == FRONT else "egress", call=7))
    bad.send(message)
    bad.send(operation("front" if socket_name == FRONT else "egress", call=8))
    good.send(operation(call=9))
    world.turn()
    world.turn()
    assert bad.is_dropped
    (answer,) = good.answers()
    assert isinstance(answer, Recorded)
    assert answer.call == 9
    recorded = [record for record in world.records if isinstance(record, Operation)]
    assert len(recorded) == 3
    violation = recorded[-1]
    assert (violation.role, violation.operation, violation.subject, violation.result) == (
        "ledger",
        "disconnect",
        socket_name,
        "ipc_violation",
    )
    assert counted(world.registry, REFUSALS) == {("internal", "ipc_violation", "none"): 1}


@pytest.mark.parametrize("restarted", [False, True], ids=["in memory", "on disk"])
@pytest.mark.parametrize(
    ("number", "index", "taken"),
    [(1, 0, True), (2, 2, True), (2, 0, False), (1, 1, False), (1, 2, False), (1, 3, False), (1, 1 << 53, False)],
)
def test_an_outcome_and_a_remark_name_an_intent_of_their_transfer(
    tmp_path: Path, number: int, index: int, taken: bool, restarted: bool
) -> None:
    """The log holds an intent, a refusal and another intent. Whatever is taken, the log verifies."""
    world = World(tmp_path)
    front = world.client()
    front.send(intend(1), RecordRefusal(call=2, refusal=refusal(1)), intend(2))
    world.turn()
    if restarted:
        world.close()
        world = World(tmp_path)
    front, egress = world.client(), world.client(EGRESS)
    egress.send(RecordOutcome(call=1, outcome=outcome(number, index)))
    front.send(RecordRemark(call=1, remark=remark(number, index)))
    world.turn()
    assert (egress.is_dropped, front.is_dropped) == (not taken, not taken)
    world.store.publish(START_MS)
    world.close()
    assert verify(tmp_path / "log", SIGNER.vkey).size == 5  # the two, or the records of the violations


def test_an_outcome_may_be_told_again(world: World) -> None:
    """When the answer was lost: the egress cannot know whether it was recorded."""
    front, egress = world.client(FRONT), world.client(EGRESS)
    front.send(intend(1))
    world.turn()
    for _ in range(2):
        egress.send(RecordOutcome(call=1, outcome=outcome(1, 0)))
        world.turn()
    assert len(egress.answers()) == 2


def test_the_newest_intents_are_kept_and_the_others_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert KEPT * 600 > 8 * 1024 * 1024
    monkeypatch.setattr("relay.ledger.intents.KEPT", 2)
    make_log(tmp_path / "log", 600, SIGNER)
    intents = Intents(tmp_path / "log")
    for index in (600, 601, 602):
        intents.add(index, transfer(index))
    assert [intents.transfer_of(index, 602) for index in (601, 602, 603)] == [transfer(601), transfer(602), ""]
    found = [intents.transfer_of(index, 600) for index in range(600)]
    assert found == [transfer(index // 3) if index % 3 == 0 else "" for index in range(600)]


def test_a_descriptor_is_a_violation(world: World) -> None:
    front = world.client()
    with open("/dev/null") as file:
        socket.send_fds(front.sock, [encode(operation())], [file.fileno()])
    world.turn()
    assert front.is_dropped
    assert counted(world.registry, REFUSALS) == {("internal", "ipc_violation", "none"): 1}


def test_a_violation_on_a_full_disk_is_recorded_later(world: World) -> None:
    clients = [world.client() for _ in range(3)]
    world.store.failure = Unavailable(Reason.LEDGER_UNAVAILABLE, "no space")
    for client in clients:
        client.send(b"\xc1")
    world.turn()
    assert all(client.is_dropped for client in clients)
    assert world.records == []
    world.store.failure = None
    world.ledger.record_violations()
    world.ledger.record_violations()
    assert len(world.records) == 3


def test_a_client_that_does_not_read_its_answers_is_dropped(world: World) -> None:
    deaf, good = world.client(), world.client()
    for number in range(50_000):
        try:
            deaf.send(operation(call=number))
        except BlockingIOError:
            world.turn()
        except ConnectionError:
            break
    else:
        raise AssertionError("it was never dropped")
    good.send(operation())
    world.turn()
    assert len(good.answers()) == 1


def test_a_client_that_went_away_has_its_record(world: World) -> None:
    front, good = world.client(), world.client()
    front.send(intend(1))
    front.sock.close()
    good.send(operation())
    world.turn()
    assert len(world.records) == 2
    assert len(good.answers()) == 1
    assert len(world.ledger._clients) == 1


def test_there_are_so_many_clients_and_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _CLIENTS_MOST == 1024
    monkeypatch.setattr("relay.ledger.pipeline._CLIENTS_MOST", 2)
    first, second, third = world.client(), world.client(), world.client()
    assert third.is_dropped
    first.sock.close()
    world.turn()
    fourth = world.client()
    for client in (second, fourth):
        client.send(operation())
        world.turn()
        assert len(client.answers()) == 1


async def test_it_serves_until_it_is_ended(world: World, nursery: trio.Nursery) -> None:
    nursery.start_soon(world.ledger.serve_forever)
    client = Client(world.directory / FRONT)
    world.clients.append(client)
    client.send(intend(1))
    await trio.testing.wait_all_tasks_blocked()
    assert [type(answer) for answer in client.answers()] == [Permitted]
    client.send(b"\xc1")
    await trio.testing.wait_all_tasks_blocked()
    assert client.is_dropped
    assert [type(record) for record in world.records] == [Intent, Operation]
    nursery.cancel_scope.cancel()


def test_the_copy_has_what_the_log_has(world: World) -> None:
    front = world.client()
    front.send(intend(1), RecordRefusal(call=2, refusal=refusal(2)))
    world.turn()
    front.send(b"\xc1")
    world.turn()
    lines = [json.loads(line) for line in (world.directory / "transfers.jsonl").read_text().splitlines()]
    assert [(line["index"], line["kind"]) for line in lines] == [(0, "intent"), (1, "refusal"), (2, "operation")]
