"""clamd over its unix socket: one connection for one file. What is said, and what an answer means, is in `content.clamd`.

Whatever goes wrong with the connection is the verdict ERROR: nothing here raises for it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import trio

from content.clamd import COMMAND, REPLY_BYTES_MAX, Instream, Settings
from content.verdicts import Scanned
from relay.scanner.connection import PROBE_TIMEOUT_S, connected, send_all


@dataclass(frozen=True, slots=True)
class Clamd:
    """A clamd of the configuration: its socket, and the limits in its own configuration."""

    path: Path
    settings: Settings


class ClamdStream:
    """Use it as a context manager; `send` each piece as it comes, then `verdict`."""

    def __init__(self, clamd: Clamd) -> None:
        self._path = clamd.path
        self._instream = Instream(clamd.settings)
        self._socket: trio.socket.SocketType | None = None

    async def open(self) -> None:
        self._socket = await _connected(self._path)
        await self._write(COMMAND)

    async def send(self, piece: bytes) -> None:
        await self._write(self._instream.send(piece))

    async def verdict(self) -> Scanned:
        """The end of the file, and clamd's answer: what it said before the end is about something else."""
        while self._is_asked() and self._has_spoken() and await self._receive():
            pass
        await self._write(self._instream.finish())
        while self._is_asked() and await self._receive():
            pass
        return self._instream.closed()

    def _is_asked(self) -> bool:
        return self._socket is not None and self._instream.result is None

    def _has_spoken(self) -> bool:
        return self._socket is not None and self._socket.is_readable()

    async def _receive(self) -> bool:
        """False at the end of the connection."""
        data = b""
        with suppress(OSError):
            data = b"" if self._socket is None else await self._socket.recv(REPLY_BYTES_MAX)
        self._instream.receive(data)
        return data != b""

    async def _write(self, data: bytes) -> None:
        if self._socket is not None and self._instream.result is None:
            await send_all(self._socket, data)

    def __enter__(self) -> ClamdStream:
        return self

    def __exit__(self, *_: object) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


async def answers_ping(path: Path) -> bool:
    with trio.move_on_after(PROBE_TIMEOUT_S), suppress(OSError):
        sock = await _connected(path)
        if sock is None:
            return False
        with sock:
            await sock.send(b"zPING\0")
            return await sock.recv(REPLY_BYTES_MAX) == b"PONG\0"
    return False


async def _connected(path: Path) -> trio.socket.SocketType | None:
    return await connected(trio.socket.socket(trio.socket.AF_UNIX, trio.socket.SOCK_STREAM), str(path))
