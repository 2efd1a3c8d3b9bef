"""Messages between roles: what may be said on which socket, and that nothing else is understood (docs/spec/ipc.md)."""

from __future__ import annotations

import msgspec
import pytest

from relay.base.ids import transfer_id_to_bytes
from relay.base.reasons import Reason
from relay.base.rfc3339 import format_time
from relay.ipc.messages import (
    ANSWERS_MOST,
    INLINE_BYTES,
    PACKET_BYTES,
    PERMITTED,
    Answers,
    Exchange,
    Exchanged,
    Failed,
    Message,
    Permit,
    Permitted,
    ProtocolViolation,
    Recorded,
    RecordIntent,
    RecordOperation,
    RecordOutcome,
    RecordRefusal,
    RecordRemark,
    RecordState,
    ScanEnd,
    ScanFile,
    ScanPiece,
    decode_answers,
    decode_request,
    encode,
)
from relay.tree.record import Operation, Outcome, State
from tests.log_samples import START_MS, intent, refusal, remark, transfer

PERMIT = Permit(index=7, issued_ms=START_MS, mac=bytes(32))
TRANSFER = transfer_id_to_bytes(transfer(1))  # type: ignore[arg-type]  # a sample's id is canonical
TIME = format_time(START_MS)
OUTCOME = Outcome(
    time=TIME, transfer=transfer(1), intent=0, result="delivered", gate="gate-1", peer="", attempts=1, duration_ms=4,
    response_digest="", response_bytes=0, receipt="",
)  # fmt: skip
OPERATION = Operation(time=TIME, role="front", operation="start", subject="worker-0", result="walls-up", detail="")
STATE = State(time=TIME, role="egress", values={"held": 0})
REQUESTS: list[Message] = [
    RecordIntent(call=1, transfer=TRANSFER, digest=bytes(32), intent=intent(1)),
    RecordOutcome(call=2, outcome=OUTCOME),
    RecordRefusal(call=3, refusal=refusal(1)),
    RecordOperation(call=4, operation=OPERATION),
    RecordState(call=5, state=STATE),
    Exchange(call=6, transfer=TRANSFER, tenant="city-a", claimed_digest=bytes(32), permit=PERMIT, inline=b"x"),
    RecordRemark(call=7, remark=remark(1, 0)),
    ScanFile(call=8, name="申請書.pdf", media_type="application/pdf", kinds=("pdf",), active="disarm"),
    ScanPiece(call=9, data=b"x"),
    ScanEnd(call=10, size=1),
]
ANSWERS: list[Message] = [
    Permitted(call=1, permit=PERMIT),
    Recorded(call=2, index=9),
    Exchanged(call=3, result="delivered", gate="gate-1", inline=b""),
    Failed(call=4, reason=Reason.LEDGER_UNAVAILABLE),
]


def changed(message: Message, position: int, value: object) -> bytes:
    """`message` with one element of its array exchanged: 0 is the tag, 1 the call, then the fields."""
    parts = msgspec.msgpack.decode(encode(message))
    parts[position] = value
    return msgspec.msgpack.encode(parts)


def test_every_request_on_every_socket() -> None:
    allowed = 0
    for name, permitted in PERMITTED.items():
        for request in REQUESTS:
            if isinstance(request, permitted):
                assert decode_request(encode(request), name) == request
                allowed += 1
            else:
                with pytest.raises(ProtocolViolation, match="not permitted"):
                    decode_request(encode(request), name)
    assert allowed == 13
    assert {type(request) for request in REQUESTS} == {kind for kinds in PERMITTED.values() for kind in kinds}


def test_answers_are_no_requests_and_requests_no_answers() -> None:
    for answer in ANSWERS:
        assert decode_answers(encode(answer)) == (answer,)
        with pytest.raises(ProtocolViolation):
            decode_request(encode(answer), "ledger/front.sock")
    for request in REQUESTS:
        with pytest.raises(ProtocolViolation):
            decode_answers(encode(request))


def _recorded(count: int) -> tuple[Recorded, ...]:
    return tuple(Recorded(call=number, index=number) for number in range(count))


@pytest.mark.parametrize("count", [2, ANSWERS_MOST])
def test_several_answers(count: int) -> None:
    packet = encode(Answers(_recorded(count)))
    assert decode_answers(packet) == _recorded(count)
    with pytest.raises(ProtocolViolation):
        decode_request(packet, "ledger/front.sock")


def test_the_most_answers_are_within_a_packet() -> None:
    largest = Permitted(call=(1 << 32) - 1, permit=msgspec.structs.replace(PERMIT, index=(1 << 63) - 1))
    assert len(encode(Answers((largest,) * ANSWERS_MOST))) < PACKET_BYTES // 4


@pytest.mark.parametrize(
    "answers",
    [(), _recorded(1), _recorded(ANSWERS_MOST + 1), (ANSWERS[0], ANSWERS[2]), (Answers(_recorded(2)),) * 2],
    ids=["none", "one", "too many", "one of the egress", "nested"],
)
def test_several_answers_that_are_none(answers: tuple[object, ...]) -> None:
    with pytest.raises(ProtocolViolation):
        decode_answers(encode(Answers(answers)))  # type: ignore[arg-type]  # what no service says


@pytest.mark.parametrize(
    "packet",
    [
        b"", b"\x00", b"\xc0", b"\x90", b"\x91\xacRecordIntent", b"{}", b"\xff" * 100,
        encode(REQUESTS[3])[:-1], encode(REQUESTS[3]) + b"\x00",
        msgspec.msgpack.encode(["RecordNothing", 1]), msgspec.msgpack.encode({"type": "RecordState"}),
        msgspec.msgpack.encode([*msgspec.msgpack.decode(encode(REQUESTS[4])), "more"]),
        b"\x91" * 10_000,
    ],
)  # fmt: skip
def test_what_is_no_message(packet: bytes) -> None:
    with pytest.raises(ProtocolViolation):
        decode_request(packet, "ledger/front.sock")
    with pytest.raises(ProtocolViolation):
        decode_answers(packet)


EXCHANGE = REQUESTS[5]


@pytest.mark.parametrize(
    ("message", "position", "value"),
    [
        (EXCHANGE, 1, -1), (EXCHANGE, 1, 1 << 32), (EXCHANGE, 1, "1"), (EXCHANGE, 1, 1.0),
        (EXCHANGE, 2, bytes(15)), (EXCHANGE, 2, bytes(17)), (EXCHANGE, 2, "0" * 16),
        (EXCHANGE, 3, ""), (EXCHANGE, 3, "City-A"), (EXCHANGE, 3, "a" * 65), (EXCHANGE, 3, "a0123456789"),
        (EXCHANGE, 3, "a/b"), (EXCHANGE, 3, "a\n"),
        (EXCHANGE, 3, "見本"), (EXCHANGE, 4, bytes(31)), (EXCHANGE, 4, bytes(33)), (EXCHANGE, 5, [7, START_MS, bytes(31)]),
        (EXCHANGE, 5, [7, START_MS]), (EXCHANGE, 5, [-1, START_MS, bytes(32)]), (EXCHANGE, 5, [1 << 63, START_MS, bytes(32)]),
        (EXCHANGE, 6, bytes(INLINE_BYTES + 1)), (EXCHANGE, 6, "text"),
    ],
)  # fmt: skip
def test_a_field_that_is_not_what_it_must_be(message: Message, position: int, value: object) -> None:
    with pytest.raises(ProtocolViolation):
        decode_request(changed(message, position, value), "egress/front.sock")


@pytest.mark.parametrize(
    ("message", "position", "value"),
    [
        (EXCHANGE, 1, 0), (EXCHANGE, 1, (1 << 32) - 1), (EXCHANGE, 3, "a" * 64), (EXCHANGE, 5, None),
        (EXCHANGE, 6, None), (EXCHANGE, 6, bytes(INLINE_BYTES)),
    ],
)  # fmt: skip
def test_a_field_at_its_bound(message: Message, position: int, value: object) -> None:
    decode_request(changed(message, position, value), "egress/front.sock")


def test_a_packet_has_a_most() -> None:
    with pytest.raises(ProtocolViolation, match="packet of"):
        decode_request(bytes(PACKET_BYTES + 1), "ledger/front.sock")
    with pytest.raises(ProtocolViolation, match="answer of"):
        decode_answers(bytes(PACKET_BYTES + 1))
    largest = Exchange(
        call=1, transfer=TRANSFER, tenant="a" * 64, claimed_digest=bytes(32), permit=PERMIT, inline=bytes(INLINE_BYTES)
    )
    assert len(encode(largest)) < PACKET_BYTES // 2 + 1024


def test_a_violation_does_not_repeat_what_was_sent() -> None:
    """The message goes to a log."""
    with pytest.raises(ProtocolViolation) as caught:
        decode_request(changed(EXCHANGE, 3, "見本太郎"), "egress/front.sock")
    assert "見本" not in str(caught.value)
