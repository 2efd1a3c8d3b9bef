"""One connection to a gate, and one exchange at a time over it (docs/spec/link.md).

The question that decides about a second attempt is answered here: `LinkLost.sent_whole` is False only when the last byte
of the envelope was never given to the kernel, so that the gate cannot have acted on it.
"""

from __future__ import annotations

import socket
from typing import NamedTuple

import trio

from relay.base.errors import Misuse, Refused, SekishoError
from relay.base.reasons import Reason
from relay.ipc.link import (
    FROM_GATE,
    HEAD_BYTES,
    RECEIPT_BYTES,
    FrameType,
    frame_head,
    parse_frame_head,
    parse_reason,
)
from relay.net.parcel import PIECE_BYTES, Parcel, ParcelWriter
from relay.net.tls_stream import TlsStream


class LinkLost(SekishoError):
    """The connection ended or broke the protocol; `sent_whole`: the gate may hold the whole envelope."""

    def __init__(self, detail: str, *, sent_whole: bool) -> None:
        super().__init__(detail)
        self.sent_whole = sent_whole


class GateAnswer(NamedTuple):
    """`peer`: SHA-256 of the gate's public key, as it proved to hold in the handshake."""

    receipt: bytes
    response: Parcel
    peer: bytes


class GateConnection:
    """A verified mutual-TLS connection to one gate. Not for two tasks at once."""

    def __init__(self, stream: TlsStream) -> None:
        self._stream = stream
        self._received = b""
        self.opened_at = trio.current_time()
        peer = stream.facts.peer
        if peer is None:
            raise Misuse("a gate that was not verified")
        self._peer = peer.spki_sha256

    @property
    def stream(self) -> TlsStream:
        """For deadlines: an exchange whose stream may not wait raises trio.ClosedResourceError."""
        return self._stream

    @property
    def is_reusable(self) -> bool:
        """Nothing has arrived unasked: a readable idle connection is one that the gate has closed."""
        if self._received:
            return False
        try:
            self._stream.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    async def exchange(self, envelope: Parcel, *, response_most: int) -> GateAnswer:
        """Send `envelope`, return what the gate answers. Raises Refused (the gate's REFUSAL) or LinkLost."""
        sent_whole = False
        try:
            await self._send(envelope)
            sent_whole = True
            kind, length = await self._frame(response_most + RECEIPT_BYTES + 2)
            if kind is FrameType.REFUSAL:
                raise Refused(parse_reason(await self._exactly(length)), "the gate refused")
            if kind is not FrameType.ANSWER:
                raise LinkLost(f"a {kind.name} frame is out of turn", sent_whole=True)
            return await self._answer(length)
        except SekishoError as error:
            if isinstance(error, Refused) and sent_whole and error.reason is not Reason.GATE_LINK_INVALID:
                raise
            raise LinkLost(str(error), sent_whole=sent_whole) from error

    async def ping(self) -> None:
        """Return when the gate says that it would take an envelope. Raises LinkLost."""
        try:
            await self._stream.send_all(frame_head(FrameType.PING, 0))
            kind, _ = await self._frame(0)
        except SekishoError as error:
            raise LinkLost(str(error), sent_whole=False) from error
        if kind is not FrameType.PONG:
            raise LinkLost(f"a {kind.name} frame is out of turn", sent_whole=False)

    def close(self) -> None:
        """Says goodbye where that is possible without waiting."""
        self._stream.close()

    async def _send(self, envelope: Parcel) -> None:
        head = frame_head(FrameType.ENVELOPE, envelope.size)
        for piece in envelope.pieces():
            await self._stream.send_all(head + piece if head else piece)
            head = b""

    async def _frame(self, most: int) -> tuple[FrameType, int]:
        return parse_frame_head(await self._exactly(HEAD_BYTES), FROM_GATE, most)

    async def _answer(self, length: int) -> GateAnswer:
        receipt_length = int.from_bytes(await self._exactly(2))
        if receipt_length > RECEIPT_BYTES or receipt_length + 2 > length:
            raise Refused(Reason.GATE_LINK_INVALID, f"a receipt of {receipt_length} bytes")
        receipt = await self._exactly(receipt_length)
        return GateAnswer(receipt, await self._parcel(length - 2 - receipt_length), self._peer)

    async def _parcel(self, length: int) -> Parcel:
        if len(self._received) >= length:  # nearly always: a small answer comes at once
            response, self._received = self._received[:length], self._received[length:]
            return Parcel.of(response)
        with ParcelWriter() as writer:
            while writer.size < length:
                if not self._received:
                    self._received = await self._more()
                piece, self._received = self._received[: length - writer.size], self._received[length - writer.size :]
                writer.write(piece)
            return writer.freeze()

    async def _exactly(self, count: int) -> bytes:
        while len(self._received) < count:
            self._received += await self._more()
        taken, self._received = self._received[:count], self._received[count:]
        return taken

    async def _more(self) -> bytes:
        data = await self._stream.receive_some(PIECE_BYTES)
        if not data:
            raise Refused(Reason.GATE_LINK_INVALID, "the gate closed the connection midway")
        return data
