"""Frames of the link: what each end takes from the other, and nothing else (docs/spec/link.md section 2)."""

from __future__ import annotations

import pytest

from relay.base.errors import Refused
from relay.base.reasons import Reason
from relay.ipc.link import (
    FROM_EGRESS,
    FROM_GATE,
    RECEIPT_BYTES,
    FrameType,
    answer_head,
    frame_head,
    parse_frame_head,
    parse_reason,
)

MOST = 1000
LEAST_OVER = {
    FrameType.ENVELOPE: MOST + 1,
    FrameType.PING: 1,
    FrameType.ANSWER: MOST + 1,
    FrameType.REFUSAL: 65,
    FrameType.PONG: 1,
}


def invalid(head: bytes, expected: frozenset[FrameType]) -> None:
    with pytest.raises(Refused) as caught:
        parse_frame_head(head, expected, MOST)
    assert caught.value.reason is Reason.GATE_LINK_INVALID


@pytest.mark.parametrize(("kind", "over"), LEAST_OVER.items())
def test_each_frame_has_its_bound(kind: FrameType, over: int) -> None:
    expected = FROM_EGRESS if kind in FROM_EGRESS else FROM_GATE
    assert parse_frame_head(frame_head(kind, over - 1), expected, MOST) == (kind, over - 1)
    invalid(frame_head(kind, over), expected)
    invalid(frame_head(kind, (1 << 64) - 1), expected)


def test_each_end_says_only_what_is_its_own() -> None:
    assert set(FrameType) == FROM_EGRESS | FROM_GATE and not FROM_EGRESS & FROM_GATE
    for kind in FrameType:
        invalid(frame_head(kind, 0), FROM_GATE if kind in FROM_EGRESS else FROM_EGRESS)
        invalid(frame_head(kind, 0), frozenset())


def test_every_first_byte() -> None:
    known = {int(kind) for kind in FrameType}
    everything = FROM_EGRESS | FROM_GATE
    for first in range(256):
        head = bytes([first]) + bytes(8)
        if first in known:
            assert parse_frame_head(head, everything, MOST) == (FrameType(first), 0)
        else:
            invalid(head, everything)


@pytest.mark.parametrize("length", [0, 1, 8, 10])
def test_a_head_has_nine_bytes(length: int) -> None:
    invalid((frame_head(FrameType.PING, 0) + b"\0")[:length], FROM_EGRESS)


def test_an_answer_begins_with_its_receipt() -> None:
    head = answer_head(b"receipt", 500)
    assert head == frame_head(FrameType.ANSWER, 2 + 7 + 500) + b"\x00\x07receipt"
    assert answer_head(bytes(RECEIPT_BYTES), 0)
    with pytest.raises(ValueError, match="receipt"):
        answer_head(bytes(RECEIPT_BYTES + 1), 0)


def test_every_reason_travels() -> None:
    reasons = [reason for reason in Reason if reason is not Reason.ADMITTED]
    assert [parse_reason(reason.value.encode()) for reason in reasons] == reasons
    assert max(len(reason.value) for reason in Reason) <= 64


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"admitted",
        b"Envelope_stale",
        b"envelope_stale\n",
        b"delivered",
        b"admitted\0",
        "拒否".encode(),
        b"\xff",
        b"x" * 64,
    ],
)
def test_any_other_word_is_no_reason(payload: bytes) -> None:
    with pytest.raises(Refused) as caught:
        parse_reason(payload)
    assert caught.value.reason is Reason.GATE_LINK_INVALID
