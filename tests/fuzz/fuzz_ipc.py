"""Whatever packet comes between two roles, the reader gives a result or Refused (or a violation), never anything else.

And: what is read is written again to the same message, and every record that a client may send can be written to the log.
"""

from __future__ import annotations

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))

import msgspec

from relay.base.errors import Refused
from relay.ipc.messages import (
    ANSWERS_MOST,
    PERMITTED,
    Answers,
    Exchange,
    FileScanned,
    LedgerAnswer,
    ProtocolViolation,
    ScanEnd,
    ScanFile,
    ScanPiece,
    decode_answers,
    decode_request,
    decode_scanned,
    encode,
)
from relay.ipc.permit import PermitDesk
from relay.ledger.pipeline import _checked, _record_of
from relay.tree.record import decode_record, encode_received, encode_record, stamped
from tests.fuzz import driver
from tests.unit.ipc.test_messages import ANSWERS, REQUESTS

TIME = "2026-11-23T00:00:00.000Z"
KEY = bytes(32)


def _asked(packet: bytes, socket_name: str) -> str:
    try:
        request = decode_request(packet, socket_name)
        assert encode(decode_request(encode(request), socket_name)) == encode(
            request
        )  # as bytes: a NaN is unlike itself
        if isinstance(request, Exchange):
            return _redeemed(request)
        if isinstance(request, ScanFile | ScanPiece | ScanEnd):
            return type(request).__name__  # the scanner's: no record is made of it
        checked = _checked(request, socket_name)
    except ProtocolViolation as violation:
        return str(violation)
    record = _record_of(checked)
    line = encode_record(stamped(record, TIME))  # Misuse here: decoding let something pass that the log does not take
    assert encode_received(record, TIME) == line
    assert encode_record(decode_record(line)) == line
    return type(request).__name__


def _redeemed(request: Exchange) -> str:
    desk = PermitDesk(KEY, lifetime_ms=1000, started_ms=0)
    try:
        desk.redeem(
            request.permit,
            transfer=request.transfer,
            tenant=request.tenant,
            held_digest=bytes(32),
            claimed_digest=request.claimed_digest,
            now_ms=1000,
        )
    except Refused as refused:
        return refused.reason.value
    raise AssertionError("a permit without its key")


def _answered(packet: bytes) -> str:
    try:
        answers = decode_answers(packet)
    except ProtocolViolation as violation:
        return str(violation)
    for answer in answers:
        assert decode_answers(encode(answer)) == (answer,)
    if len(answers) > 1:
        assert decode_answers(encode(Answers(answers))) == answers
    return " ".join(sorted({type(answer).__name__ for answer in answers}))


def _scanned(packet: bytes) -> str:
    try:
        answer = decode_scanned(packet, SCANNED.call)
    except ProtocolViolation as violation:
        return str(violation)
    assert decode_scanned(encode(answer), SCANNED.call) == answer
    return answer.verdict


def target(data: bytes) -> object:
    return (*(_asked(data, name) for name in PERMITTED), _answered(data), _scanned(data))


TOKENS = (
    msgspec.msgpack.encode(1 << 63),
    msgspec.msgpack.encode(float("nan")),
    msgspec.msgpack.encode(float("inf")),
    msgspec.msgpack.encode(-1),
    msgspec.msgpack.encode(None),
    msgspec.msgpack.encode(""),
    msgspec.msgpack.encode("１２３4567890"),
    msgspec.msgpack.encode("a\n"),
    msgspec.msgpack.encode([]),
    msgspec.msgpack.encode({}),
    msgspec.msgpack.encode({"a": 1}),
    b"\x91" * 50,
    b"\xdc\xff\xff",
    b"\xc7\x01\xff\x00",
)


GROUPED = tuple(answer for answer in ANSWERS if isinstance(answer, LedgerAnswer))
SCANNED = FileScanned(call=8, verdict="infected", faults=("polyglot",), signature="Eicar-Signature", kind="pdf")
DISARMED = FileScanned(8, "clean", (), "", "pdf", "disarm/1 pikepdf/9.4.0", ("pdf_script", "metadata"))
GROUPS = (Answers(GROUPED), Answers(GROUPED[:1] * ANSWERS_MOST))


if __name__ == "__main__":
    sys.exit(
        driver.run(
            "fuzz_ipc",
            target,
            [encode(message) for message in (*REQUESTS, *ANSWERS, *GROUPS, SCANNED, DISARMED)],
            TOKENS,
        )
    )
