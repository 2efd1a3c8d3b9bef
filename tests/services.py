"""The other end of a channel: a service on a real socket that says what its test tells it to."""

from __future__ import annotations

import socket
from pathlib import Path

import trio

from relay.base.rfc3339 import format_time
from relay.ipc.messages import Answers, Message, Recorded, RecordOperation, decode_request, encode
from relay.net.channel import Channel, Packet, close_descriptors, receive_packet, send_nowait
from relay.net.listen import open_seqpacket_listener
from relay.tree.record import Operation

UNSTAMPED = format_time(0)  # the ledger puts its own
OPERATION = Operation(time=UNSTAMPED, role="front", operation="start", subject="", result="ok", detail="")


def question(channel: Channel) -> RecordOperation:
    return RecordOperation(call=channel.next_call(), operation=OPERATION)


class Service:
    """Listens at `path`; the test accepts, receives and answers."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._listener: socket.socket | None = None
        self.sock: socket.socket | None = None
        self.start()

    def start(self) -> None:
        self._listener = open_seqpacket_listener(str(self.path), mode=0o600)

    def stop(self) -> None:
        """The process ends: its connections are reset and its socket refuses."""
        for sock in (self.sock, self._listener):
            if sock is not None:
                sock.close()
        self.sock = self._listener = None

    async def accept(self) -> None:
        assert self._listener is not None
        await trio.lowlevel.wait_readable(self._listener)
        self.sock, _ = self._listener.accept()
        self.sock.setblocking(False)

    async def receive(self) -> Packet:
        if self.sock is None:
            await self.accept()
        assert self.sock is not None
        while (packet := receive_packet(self.sock)) is None:
            await trio.lowlevel.wait_readable(self.sock)
        return packet

    async def asked(self) -> int:
        """The call number of the next request; descriptors beside it are closed."""
        packet = await self.receive()
        close_descriptors(packet.descriptors)
        return decode_request(packet.data, "ledger/front.sock").call

    def answer(self, call: int, index: int = 0, descriptors: list[int] | None = None) -> None:
        self.say(Recorded(call=call, index=index), descriptors)

    def say(self, message: Message | Answers | bytes, descriptors: list[int] | None = None) -> None:
        assert self.sock is not None
        packet = message if isinstance(message, bytes) else encode(message)
        assert send_nowait(self.sock, packet, descriptors or [])
        close_descriptors(descriptors or [])
