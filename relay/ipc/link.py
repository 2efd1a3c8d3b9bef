"""Frames between an egress and a gate (docs/spec/link.md section 2). Pure: both ends read the stream, this reads the bytes."""

from __future__ import annotations

import enum
from typing import Final

from relay.base.errors import Refused
from relay.base.reasons import Reason

ALPN: Final = b"sekisho-link/1"
HEAD_BYTES: Final = 9
REASON_BYTES: Final = 64  # of a REFUSAL
RECEIPT_BYTES: Final = 2048  # of the receipt in an ANSWER


class FrameType(enum.IntEnum):
    ENVELOPE = 0x01
    PING = 0x02
    ANSWER = 0x81
    REFUSAL = 0x82
    PONG = 0x83


FROM_EGRESS: Final = frozenset({FrameType.ENVELOPE, FrameType.PING})
FROM_GATE: Final = frozenset({FrameType.ANSWER, FrameType.REFUSAL, FrameType.PONG})
_KINDS: Final = {int(kind): kind for kind in FrameType}
_FIXED_MOST: Final = {FrameType.PING: 0, FrameType.PONG: 0, FrameType.REFUSAL: REASON_BYTES}


def frame_head(kind: FrameType, length: int) -> bytes:
    """The nine bytes ahead of a payload of `length` bytes."""
    return kind.to_bytes(1) + length.to_bytes(8)


def parse_frame_head(head: bytes, expected: frozenset[FrameType], most_bytes: int) -> tuple[FrameType, int]:
    """Type and payload length. `most_bytes` bounds ENVELOPE and ANSWER. Raises Refused(GATE_LINK_INVALID)."""
    if len(head) != HEAD_BYTES:
        raise Refused(Reason.GATE_LINK_INVALID, "a frame head is cut short")
    kind = _KINDS.get(head[0])
    if kind is None:
        raise Refused(Reason.GATE_LINK_INVALID, f"frame type {head[0]:#04x} is not known")
    length = int.from_bytes(head[1:])
    if kind not in expected:
        raise Refused(Reason.GATE_LINK_INVALID, f"a {kind.name} frame is out of turn")
    if length > _FIXED_MOST.get(kind, most_bytes):
        raise Refused(Reason.GATE_LINK_INVALID, f"a {kind.name} frame of {length} bytes is over the limit")
    return kind, length


def answer_head(receipt: bytes, response_bytes: int) -> bytes:
    """Frame head, receipt length and receipt of an ANSWER; the response envelope of `response_bytes` follows."""
    if len(receipt) > RECEIPT_BYTES:
        raise ValueError(f"a receipt of {len(receipt)} bytes")
    return frame_head(FrameType.ANSWER, 2 + len(receipt) + response_bytes) + len(receipt).to_bytes(2) + receipt


def parse_reason(payload: bytes) -> Reason:
    """The reason in a REFUSAL. A gate that gives none that we know is a gate that we do not understand."""
    try:
        reason = Reason(payload.decode("ascii"))
    except ValueError as error:
        raise Refused(Reason.GATE_LINK_INVALID, "a REFUSAL with an unknown reason") from error
    if reason is Reason.ADMITTED:
        raise Refused(Reason.GATE_LINK_INVALID, "a REFUSAL that refuses nothing")
    return reason
