"""A municipal application on loopback that says, byte for byte, what its test tells it to."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable

import trio

Script = Callable[["Visit"], Awaitable[None]]


class Visit:
    """One connection of the gate."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self._received = b""

    async def request(self) -> bytes:
        """The next whole request: its head, and the content that content-length says."""
        while b"\r\n\r\n" not in self._received:
            await self._more()
        end = self._received.index(b"\r\n\r\n") + 4
        head = self._received[:end].lower()
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        while len(self._received) < end + length:
            await self._more()
        whole, self._received = self._received[: end + length], self._received[end + length :]
        return whole

    async def _more(self) -> None:
        data = await self.stream.receive_some()
        if not data:
            raise trio.BrokenResourceError
        self._received += bytes(data)

    async def say(self, *pieces: bytes) -> None:
        for piece in pieces:
            await self.stream.send_all(piece)


class ScriptedApplication:
    """Each connection plays the next script, the last one again and again; `requests` are the bytes that came."""

    def __init__(self, nursery: trio.Nursery, *scripts: Script) -> None:
        self.scripts = list(scripts)
        self.connections = 0
        self.requests: list[bytes] = []
        self.url = ""
        self._nursery = nursery

    async def start(self) -> None:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        self.url = f"http://127.0.0.1:{listener.socket.getsockname()[1]}"
        self._nursery.start_soon(trio.serve_listeners, self._serve, [listener])

    async def _serve(self, stream: trio.SocketStream) -> None:
        script = self.scripts[min(self.connections, len(self.scripts) - 1)]
        self.connections += 1
        with contextlib.suppress(trio.BrokenResourceError):
            await script(Visit(stream))
        await stream.aclose()

    def answers(self, *pieces: bytes, close: bool = False) -> Script:
        """Take requests; say `pieces` after each."""

        async def script(visit: Visit) -> None:
            while True:
                self.requests.append(await visit.request())
                await visit.say(*pieces)
                if close:
                    return

        return script
