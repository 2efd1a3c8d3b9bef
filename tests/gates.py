"""A gate as the egress sees it: the other end of a verified link, that says what its test tells it to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio

from relay.base.errors import Refused, Unavailable
from relay.base.reasons import Reason
from relay.egress.exchange import GateConnection
from relay.ipc.link import FROM_EGRESS, HEAD_BYTES, FrameType, answer_head, frame_head, parse_frame_head
from relay.net.tls_stream import TlsStream
from tests.links import Link
from tests.streams import connected

LINK = Link()
MOST = 1 << 30


async def link(buffer_bytes: int | None = None) -> tuple[TlsStream, TlsStream]:
    """The egress's end and the gate's, both verified."""
    return await connected(LINK, buffer_bytes)


class GateEnd:
    """Reads frames and says bytes."""

    def __init__(self, stream: TlsStream) -> None:
        self._stream = stream
        self._received = b""

    async def frame(self) -> tuple[FrameType, bytes]:
        kind, length = parse_frame_head(await self.exactly(HEAD_BYTES), FROM_EGRESS, MOST)
        return kind, await self.exactly(length)

    async def exactly(self, count: int) -> bytes:
        while len(self._received) < count:
            data = await self._stream.receive_some()
            if not data:
                raise Refused(Reason.PEER_CLOSED)
            self._received += data
        taken, self._received = self._received[:count], self._received[count:]
        return taken

    async def say(self, data: bytes) -> None:
        await self._stream.send_all(data)

    async def answer(self, response: bytes, receipt: bytes = b"receipt") -> None:
        await self.say(answer_head(receipt, len(response)) + response)

    async def refuse(self, reason: Reason) -> None:
        word = reason.value.encode()
        await self.say(frame_head(FrameType.REFUSAL, len(word)) + word)

    def close(self) -> None:
        self._stream.close()


Script = Callable[[GateEnd], Awaitable[None]]


class FakeGate:
    """One gate. Each connection plays the next script; a script that is an error refuses the connection.

    The last script is played again and again. A connection is closed when its script ends.
    """

    def __init__(self, nursery: trio.Nursery, *scripts: Script | Refused | Unavailable) -> None:
        self.scripts = list(scripts)
        self.connected = 0
        self._nursery = nursery

    async def connect(self) -> GateConnection:
        script = self.scripts[min(self.connected, len(self.scripts) - 1)]
        self.connected += 1
        if isinstance(script, Exception):
            raise script
        egress, gate = await link()
        self._nursery.start_soon(self._play, script, gate)
        return GateConnection(egress)

    async def _play(self, script: Script, stream: TlsStream) -> None:
        try:
            await script(GateEnd(stream))
        except Refused:  # the egress has closed
            return
        finally:
            stream.close()


async def echo(end: GateEnd) -> None:
    """A gate in good order: PONG to PING, and the envelope itself as the answer."""
    while True:
        kind, payload = await end.frame()
        if kind is FrameType.PING:
            await end.say(frame_head(FrameType.PONG, 0))
        else:
            await end.answer(payload)


async def closes_unasked(end: GateEnd) -> None:
    """A connection that was given up before anything was sent."""


async def takes_and_closes(end: GateEnd) -> None:
    """The envelope arrives whole, and no answer comes."""
    await end.frame()


async def is_silent(end: GateEnd) -> None:
    await end.frame()
    await trio.sleep_forever()


def refuses(reason: Reason) -> Script:
    async def script(end: GateEnd) -> None:
        while True:
            await end.frame()
            await end.refuse(reason)

    return script
