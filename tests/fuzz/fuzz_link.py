"""Whatever bytes come over the link, both ends give a result or Refused (the egress: LinkLost), never anything else.

And: whatever the bytes, the gate hands nothing to an application, as no envelope here was signed.
"""

from __future__ import annotations

import pathlib
import sys
from types import SimpleNamespace
from typing import Any, cast

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))

import trio
import trio.testing

from relay.base.errors import Refused
from relay.base.limits import Limits
from relay.base.reasons import Reason
from relay.egress.exchange import GateConnection, LinkLost
from relay.envelope.keys import ReceiptSigner
from relay.envelope.unseal import Opener
from relay.gate.delivered import Delivered
from relay.gate.link import Link
from relay.gate.measure import Measure
from relay.gate.pipeline import Gate
from relay.gate.receipts import Receipts
from relay.ipc.link import FrameType, answer_head, frame_head
from relay.net.drain import Drain
from relay.net.parcel import Parcel
from relay.net.tls_stream import TlsStream
from relay.ops.metrics import Registry
from tests.fuzz import driver
from tests.unit.envelope.making import seal, trust

LIMITS = Limits(body_bytes=1_000, route_body_bytes=1_000)
PIECES = (1 << 30, 1, 5)
GATE = Gate(
    limits=LIMITS,
    delivered=Delivered(pathlib.Path(":memory:")),
    receipts=Receipts(ReceiptSigner.generate("gate.example")),
    applications={},
    measure=Measure(Registry("gate", {"tenant": [], "certificate": []})),
)
OPENER = Opener(trust())


class Given:
    """A link on which these bytes come, in pieces, and then its end; what is said goes nowhere."""

    def __init__(self, data: bytes, piece_bytes: int) -> None:
        self._data = data
        self._piece_bytes = piece_bytes
        self.said = b""
        self.facts = SimpleNamespace(peer=SimpleNamespace(spki_sha256=bytes(32)))

    async def receive_some(self, max_bytes: int) -> bytes:
        size = min(self._piece_bytes, max_bytes)
        piece, self._data = self._data[:size], self._data[size:]
        return piece

    async def send_all(self, data: bytes) -> None:
        self.said += data


def _stream(data: bytes, piece_bytes: int) -> Any:
    return cast(TlsStream, Given(data, piece_bytes))


async def _egress(data: bytes, piece_bytes: int) -> str:
    try:
        with Parcel.of(b"envelope") as envelope:
            answer = await GateConnection(_stream(data, piece_bytes)).exchange(envelope, response_most=100)
    except Refused as refused:
        return refused.reason.value
    except LinkLost as lost:
        assert lost.sent_whole
        return "lost"
    with answer.response as response:
        return f"answered {len(answer.receipt)} {response.size}"


async def _gate(data: bytes, piece_bytes: int) -> str:
    stream = _stream(data, piece_bytes)
    end = "closed"
    try:
        await Link(GATE, OPENER, stream, Drain(1.0)).serve()
    except Refused as refused:
        assert refused.reason is Reason.GATE_LINK_INVALID
        end = "refused"
    assert bytes([FrameType.ANSWER]) != stream.said[:1]
    return f"{end} {stream.said.hex()}"


async def _both(data: bytes) -> object:
    egress = {await _egress(data, size) for size in PIECES}
    gate = {await _gate(data, size) for size in PIECES}
    assert (len(egress), len(gate)) == (1, 1), "what comes does not depend on how it is cut"
    return egress.pop(), gate.pop()[:60]


def target(data: bytes) -> object:
    return trio.run(_both, data)


def corpus() -> list[bytes]:
    ping, pong = frame_head(FrameType.PING, 0), frame_head(FrameType.PONG, 0)
    envelope = seal(b"x", tenant="minato")[0]
    return [
        ping,
        ping + ping,
        pong,
        frame_head(FrameType.ENVELOPE, len(envelope)) + envelope + ping,
        frame_head(FrameType.ENVELOPE, 3) + b"abc",
        answer_head(b"receipt", 8) + b"response",
        answer_head(b"", 0),
        frame_head(FrameType.REFUSAL, 14) + b"envelope_stale",
        frame_head(FrameType.REFUSAL, 8) + b"admitted",
        b"",
    ]


TOKENS = (
    *(bytes([kind]) + bytes(8) for kind in FrameType),
    b"\xff" * 8,
    bytes(7) + b"\x09",
    *(reason.value.encode() for reason in (Reason.GATE_LINK_INVALID, Reason.APPLICATION_TIMEOUT, Reason.ADMITTED)),
)


if __name__ == "__main__":
    sys.exit(driver.run("fuzz_link", target, corpus(), TOKENS))
