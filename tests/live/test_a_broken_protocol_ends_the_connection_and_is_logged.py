"""Whatever a taken-over role says out of turn between the roles: its connection ends, nothing crosses, the log tells (docs/spec/ipc.md)."""

from __future__ import annotations

import fcntl
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import pytest

from relay.base.rfc3339 import format_time
from relay.ipc.messages import (
    Exchanged,
    Permitted,
    Recorded,
    RecordIntent,
    RecordOperation,
    RecordOutcome,
    RecordRefusal,
    RecordState,
    encode,
)
from relay.ops.clock import now_ms
from relay.tree.record import Operation, Outcome, Refusal, State
from tests.live.labs import PATIENCE_S, Lab, until
from tests.live.municipality import Municipality, Received, accept
from tests.live.rogue import Line, Rogue

pytestmark = pytest.mark.live

NOW = format_time(now_ms())
OPERATION = Operation(time=NOW, role="front", operation="start", subject="", result="ok", detail="")
STATE = State(time=NOW, role="front", values={"queue": 1.0})


@pytest.fixture
def rogue(recorded_lab: Lab, municipality: Municipality) -> Rogue:
    return Rogue(recorded_lab)


def _refusal(role: str) -> Refusal:
    return Refusal(
        time=NOW,
        transfer="",
        role=role,
        reason="ipc_violation",
        stage="internal",
        status=0,
        tenant="",
        route="",
        source="",
        findings=(),
        tls_version="",
        tls_group="",
        worker=0,
    )  # type: ignore[arg-type]  # strings on the wire; fmt: skip


@contextmanager
def _memfd(size: int, *, seals: int = 0) -> Iterator[int]:
    descriptor = os.memfd_create("rogue", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.truncate(descriptor, size)
        if seals:
            fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
        yield descriptor
    finally:
        os.close(descriptor)


ALL_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


def _with_descriptors(rogue: Rogue, line: Line, descriptors: list[int]) -> None:
    sealed = rogue.seal()
    request = rogue.exchange(line, sealed, rogue.permit_for(sealed))
    line.send(encode(msgspec.structs.replace(request, inline=None)), descriptors)


def _unsealed(rogue: Rogue, line: Line) -> None:
    with _memfd(2000) as descriptor:
        _with_descriptors(rogue, line, [descriptor])


def _half_sealed(rogue: Rogue, line: Line) -> None:
    with _memfd(2000, seals=ALL_SEALS & ~fcntl.F_SEAL_WRITE) as descriptor:
        _with_descriptors(rogue, line, [descriptor])


def _too_large(rogue: Rogue, line: Line) -> None:
    with _memfd(1 << 40, seals=ALL_SEALS) as descriptor:
        _with_descriptors(rogue, line, [descriptor])


def _not_a_file(rogue: Rogue, line: Line) -> None:
    reading, writing = os.pipe()
    try:
        _with_descriptors(rogue, line, [reading])
    finally:
        os.close(reading)
        os.close(writing)


def _two_parcels(rogue: Rogue, line: Line) -> None:
    with _memfd(2000, seals=ALL_SEALS) as one, _memfd(2000, seals=ALL_SEALS) as two:
        _with_descriptors(rogue, line, [one, two])


def _no_parcel(rogue: Rogue, line: Line) -> None:
    _with_descriptors(rogue, line, [])


def _both_parcels(rogue: Rogue, line: Line) -> None:
    sealed = rogue.seal()
    with _memfd(2000, seals=ALL_SEALS) as descriptor:
        line.send(encode(rogue.exchange(line, sealed, rogue.permit_for(sealed))), [descriptor])


def _a_record(rogue: Rogue, line: Line) -> None:
    line.send(encode(RecordOperation(line.next_call(), OPERATION)))


def _an_answer(rogue: Rogue, line: Line) -> None:
    line.send(encode(Permitted(line.next_call(), rogue.permit_for(rogue.seal()))))


def _garbage(rogue: Rogue, line: Line) -> None:
    line.send(b"\xc1" * 64)


def _trailing_bytes(rogue: Rogue, line: Line) -> None:
    sealed = rogue.seal()
    line.send(encode(rogue.exchange(line, sealed, rogue.permit_for(sealed))) + b"\x00")


def _not_an_id(rogue: Rogue, line: Line) -> None:
    sealed = rogue.seal()
    request = rogue.exchange(line, sealed, rogue.permit_for(sealed))
    line.send(encode(msgspec.structs.replace(request, transfer=bytes(16))))


def _tenant_that_no_record_can_name(rogue: Rogue, line: Line) -> None:
    sealed = rogue.seal()
    line.send(encode(msgspec.structs.replace(rogue.exchange(line, sealed, None), tenant="-")))


def _giant_packet(rogue: Rogue, line: Line) -> None:
    line.send(bytes(160 * 1024))


TO_THE_EGRESS: list[Callable[[Rogue, Line], None]] = [
    _unsealed, _half_sealed, _too_large, _not_a_file, _two_parcels, _no_parcel, _both_parcels, _a_record, _an_answer,
    _garbage, _trailing_bytes, _not_an_id, _tenant_that_no_record_can_name, _giant_packet,
]  # fmt: skip


@pytest.mark.parametrize("violation", TO_THE_EGRESS, ids=lambda violation: violation.__name__.strip("_"))
def test_the_egress_hangs_up_and_records_a_refusal(
    rogue: Rogue, municipality: Municipality, violation: Callable[[Rogue, Line], None]
) -> None:
    before = len(rogue.lab.records(kind="refusal", role="egress", reason="ipc_violation"))
    counted = rogue.lab.metric("sekisho_refusals_total", reason="ipc_violation")
    with rogue.egress() as line:
        violation(rogue, line)
        assert line.is_closed()
    until(
        lambda: len(rogue.lab.records(kind="refusal", role="egress", reason="ipc_violation")) == before + 1,
        "the violation is in the log",
    )
    assert rogue.lab.metric("sekisho_refusals_total", reason="ipc_violation") == counted + 1
    assert municipality.received == []
    assert rogue.lab.get().status == 200  # the others go on


def _exchange(rogue: Rogue, line: Line) -> None:
    sealed = rogue.seal()
    line.send(encode(rogue.exchange(line, sealed, None)))


def _outcome(rogue: Rogue, line: Line) -> None:
    outcome = Outcome(
        time=NOW, transfer=rogue.seal().transfer, intent=0, result="delivered", gate="", peer="", attempts=1,
        duration_ms=1, response_digest="", response_bytes=0, receipt="",
    )  # fmt: skip
    line.send(encode(RecordOutcome(line.next_call(), outcome)))


def _contradicting_digest(rogue: Rogue, line: Line) -> None:
    sealed = rogue.seal()
    line.send(encode(RecordIntent(line.next_call(), sealed.raw_id, bytes(32), rogue.intent_of(sealed))))


def _contradicting_transfer(rogue: Rogue, line: Line) -> None:
    sealed, other = rogue.seal(), rogue.seal()
    line.send(encode(RecordIntent(line.next_call(), other.raw_id, sealed.digest, rogue.intent_of(sealed))))


def _free_text(rogue: Rogue, line: Line) -> None:
    operation = msgspec.structs.replace(OPERATION, detail="\u4f4f\u6c11\u7968")
    line.send(encode(RecordOperation(line.next_call(), operation)))


def _a_long_number(rogue: Rogue, line: Line) -> None:
    operation = msgspec.structs.replace(OPERATION, detail="number 1234567890")
    line.send(encode(RecordOperation(line.next_call(), operation)))


def _in_anothers_name(rogue: Rogue, line: Line) -> None:
    line.send(encode(RecordRefusal(line.next_call(), _refusal("egress"))))


def _not_a_number(rogue: Rogue, line: Line) -> None:
    line.send(encode(RecordState(line.next_call(), msgspec.structs.replace(STATE, values={"queue": float("nan")}))))


def _infinite(rogue: Rogue, line: Line) -> None:
    line.send(encode(RecordState(line.next_call(), msgspec.structs.replace(STATE, values={"queue": float("inf")}))))


def _a_descriptor(rogue: Rogue, line: Line) -> None:
    one, two = socket.socketpair()
    with one, two:
        line.send(encode(RecordOperation(line.next_call(), OPERATION)), [one.fileno()])


TO_THE_LEDGER: list[Callable[[Rogue, Line], None]] = [
    _exchange, _outcome, _contradicting_digest, _contradicting_transfer, _free_text, _a_long_number, _in_anothers_name,
    _not_a_number, _infinite, _a_descriptor, _garbage, _giant_packet,
]  # fmt: skip


@pytest.mark.parametrize("violation", TO_THE_LEDGER, ids=lambda violation: violation.__name__.strip("_"))
def test_the_ledger_hangs_up_and_records_an_operation(
    rogue: Rogue, municipality: Municipality, violation: Callable[[Rogue, Line], None]
) -> None:
    wanted = {"kind": "operation", "role": "ledger", "operation": "disconnect", "subject": "ledger/front.sock"}
    before = len(rogue.lab.records(**wanted))
    ledger = rogue.lab.pid("ledger")
    with rogue.ledger() as line:
        violation(rogue, line)
        assert line.is_closed()
    until(lambda: len(rogue.lab.records(**wanted)) == before + 1, "the violation is in the log")
    assert rogue.lab.pid("ledger") == ledger
    assert rogue.lab.get().status == 200


def test_an_intent_is_not_for_the_egress_to_record(rogue: Rogue) -> None:
    sealed = rogue.seal()
    with rogue.ledger("egress") as line:
        line.send(encode(RecordIntent(line.next_call(), sealed.raw_id, sealed.digest, rogue.intent_of(sealed))))
        assert line.is_closed()
    assert rogue.lab.records(kind="intent", transfer=sealed.transfer) == []
    until(lambda: rogue.lab.records(operation="disconnect", subject="ledger/egress.sock"), "it is in the log")


def test_an_ordinary_record_of_a_front_is_taken(rogue: Rogue) -> None:
    with rogue.ledger() as line:
        assert isinstance(line.ask(RecordState(line.next_call(), STATE)), Recorded)
        assert isinstance(line.ask(RecordRefusal(line.next_call(), _refusal("front"))), Recorded)


def test_what_was_begun_before_a_violation_is_carried_through_and_recorded(
    rogue: Rogue, municipality: Municipality
) -> None:
    may_answer = threading.Event()

    def slow(sock: socket.socket, received: Received) -> bool:
        assert may_answer.wait(PATIENCE_S)
        return accept(sock, received)

    municipality.behaviour = slow
    sealed = rogue.seal()
    with rogue.egress() as line:
        line.send(encode(rogue.exchange(line, sealed, rogue.permit_for(sealed))))
        until(lambda: municipality.received, "the request is at the application")
        line.send(b"garbage")
        assert line.is_closed()
    may_answer.set()
    assert rogue.lab.record(kind="outcome", transfer=sealed.transfer)["result"] == "delivered"


def test_several_transfers_of_one_front_are_answered_each_to_its_call(rogue: Rogue) -> None:
    several = [rogue.seal() for _ in range(8)]
    permits = [rogue.permit_for(sealed) for sealed in several]
    with rogue.egress() as line:
        answers = [line.ask(rogue.exchange(line, sealed, permits[at])) for at, sealed in enumerate(several)]
    assert [answer.result for answer in answers if isinstance(answer, Exchanged)] == ["delivered"] * 8


def test_the_log_verifies_after_all_of_it(rogue: Rogue) -> None:
    rogue.lab.verify_log()
