"""The gate's end of the link (docs/spec/link.md): frames in, frames out, one exchange at a time on a connection."""

from __future__ import annotations

import trio

from relay.base.errors import Refused
from relay.base.reasons import Reason
from relay.envelope.unseal import Opener
from relay.gate.pipeline import Gate, exchange
from relay.ipc.link import FROM_EGRESS, HEAD_BYTES, FrameType, answer_head, frame_head, parse_frame_head
from relay.net.drain import Drain
from relay.net.parcel import PIECE_BYTES, Parcel, ParcelWriter
from relay.net.tls_stream import TlsStream

IDLE_FACTOR = 2  # of gate_idle_ms: the relay is the one to close (section 1.2)


class Link:
    """One verified connection of a relay."""

    def __init__(self, gate: Gate, opener: Opener, stream: TlsStream, drain: Drain) -> None:
        self._gate = gate
        self._drain = drain
        self._opener = opener
        self._stream = stream
        self._received = b""

    async def serve(self) -> None:
        """Until the relay closes, or has nothing to say for long. Raises Refused when it breaks the protocol."""
        limits = self._gate.limits
        while True:
            head = await self._next_frame()
            if not head:
                return
            kind, length = parse_frame_head(head, FROM_EGRESS, limits.envelope_bytes)
            if kind is FrameType.PING:
                await self._send(frame_head(FrameType.PONG, 0))
                continue
            with trio.fail_after(limits.exchange_timeout_ms / 1000):
                envelope = await self._parcel(length)
            await self._answer(envelope)

    async def _next_frame(self) -> bytes:
        """The head of the next frame; nothing when the relay closed, was idle for too long, or this gate drains."""
        patience = self._drain.hold_idle(self._stream, is_first=False)
        if patience is None:
            return b""
        try:
            return await self._exactly(HEAD_BYTES)
        except trio.ClosedResourceError:
            return b""
        finally:
            patience.end(self._stream)

    async def _answer(self, envelope: Parcel) -> None:
        with envelope:
            try:
                answer = await exchange(self._gate, self._opener, envelope)
            except Refused as refused:
                self._gate.measure.refused(refused.reason)
                reason = refused.reason.value.encode("ascii")
                await self._send(frame_head(FrameType.REFUSAL, len(reason)) + reason)
                return
        with answer.response as response:
            head = answer_head(answer.receipt, response.size)
            for piece in response.pieces():
                await self._send(head + piece if head else piece)
                head = b""

    async def _send(self, data: bytes) -> None:
        """Raises TooSlowError for a relay that does not read."""
        with trio.fail_after(self._gate.limits.write_timeout_ms / 1000):
            await self._stream.send_all(data)

    async def _exactly(self, count: int) -> bytes:
        """`count` bytes; none when the relay has closed between two frames."""
        while len(self._received) < count:
            data = await self._stream.receive_some(PIECE_BYTES)
            if not data:
                if self._received:
                    raise Refused(Reason.GATE_LINK_INVALID, "the relay closed within a frame")
                return b""
            self._received += data
        taken, self._received = self._received[:count], self._received[count:]
        return taken

    async def _parcel(self, length: int) -> Parcel:
        with ParcelWriter() as writer:
            while writer.size < length:
                data = self._received or await self._stream.receive_some(PIECE_BYTES)
                if not data:
                    raise Refused(Reason.GATE_LINK_INVALID, "the relay closed within an envelope")
                rest = length - writer.size
                writer.write(data[:rest])
                self._received = data[rest:]
            return writer.freeze()
