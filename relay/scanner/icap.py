"""An ICAP service over TCP: its OPTIONS on one connection, the file on another. What is said and meant is in `content.icap`.

Whatever goes wrong with a connection is the verdict ERROR: nothing here raises for it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import trio

from content.icap import Ask, Exchange, Method, Options, Service, options_of, options_request
from content.icap_answer import AnswerReader, Malformed
from content.verdicts import Scanned, Verdict
from relay.base.errors import Misuse
from relay.net.listen import parse_address, set_connection_options, tcp_socket
from relay.scanner.connection import PROBE_TIMEOUT_S, connected, send_all

CONNECT_TIMEOUT_S: Final = 3.0  # a service stands in the same network; three SYNs
RECEIVE_BYTES: Final = 64 * 2**10  # bytes at a time; an answer's bounds are the codec's


@dataclass(frozen=True, slots=True)
class Icap:
    """A service of the configuration. `address`: an IP address and a port."""

    address: str
    service: Service
    method: Method


class IcapStream:
    """One file. Use it as a context manager; `send` each piece as it comes, then `verdict`."""

    def __init__(self, icap: Icap) -> None:
        self._icap = icap
        self._socket: trio.socket.SocketType | None = None
        self._exchange: Exchange | None = None
        self._broken = False

    async def open(self) -> None:
        options = await ask_options(self._icap)
        if options is not None and self._icap.method in options.methods:
            self._socket = await _connected(self._icap)
            self._broken = self._socket is None
            self._exchange = Exchange(self._icap.service, self._icap.method, options)

    async def send(self, piece: bytes) -> None:
        if self._exchange is not None and self._asks(Ask.FILE):
            await self._write(self._exchange.send(piece))
            while self._asks(Ask.PREVIEWED):
                await self._receive()

    async def verdict(self) -> Scanned:
        """The end of the file, and the service's answer."""
        if self._exchange is None:
            return Scanned(Verdict.ERROR)
        if self._asks(Ask.FILE):
            await self._write(self._exchange.end())
        while self._asks(Ask.ANSWER):
            await self._receive()
        return Scanned(Verdict.ERROR) if self._broken else self._exchange.result()

    def _asks(self, what: Ask) -> bool:
        return self._exchange is not None and not self._broken and self._exchange.ask is what

    async def _write(self, data: bytes) -> None:
        """A service may answer while it is sent to (it gives the file back): where nobody reads then, both wait for ever."""
        if not data or self._socket is None:
            return
        async with trio.open_nursery() as both:
            both.start_soon(self._listen, both.cancel_scope)
            await send_all(self._socket, data)
            both.cancel_scope.cancel()

    async def _listen(self, writing: trio.CancelScope) -> None:
        """An answer that is whole, or cannot become whole, ends the writing too."""
        while not self._broken and not self._asks(Ask.NOTHING):
            await self._receive()
        writing.cancel()

    async def _receive(self) -> None:
        """What comes next; an end where more must come breaks the exchange."""
        if self._socket is None or self._exchange is None:
            raise Misuse("there is no service to hear")
        data = b""
        with suppress(OSError):
            data = await self._socket.recv(RECEIVE_BYTES)
        try:
            if not data:
                raise Malformed("an end in the middle")
            self._exchange.receive(data)
        except Malformed:
            self._broken = True

    def __enter__(self) -> IcapStream:
        return self

    def __exit__(self, *_: object) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


async def ask_options(icap: Icap) -> Options | None:
    """What the service says of itself; None where it does not, or not as RFC 3507 has it."""
    sock = await _connected(icap)
    if sock is None:
        return None
    reader = AnswerReader()
    with sock, suppress(OSError, Malformed):
        await sock.send(options_request(icap.service))
        while not reader.done and (data := await sock.recv(RECEIVE_BYTES)):
            reader.feed(data)
        return options_of(reader)
    return None


async def why_not_ready(icap: Icap) -> str:
    """For who looks at the role's health; nothing where the service answers and has the method."""
    options: Options | None = None
    with trio.move_on_after(PROBE_TIMEOUT_S):
        options = await ask_options(icap)
    if options is None:
        return "does not answer OPTIONS: start it, or correct scanner.icap"
    if icap.method not in options.methods:
        return f"has no {icap.method}: set scanner.icap_mode to what it has"
    return ""


async def _connected(icap: Icap) -> trio.socket.SocketType | None:
    host, port = parse_address(icap.address)
    made = tcp_socket(host)
    set_connection_options(made)
    return await connected(trio.socket.from_stdlib_socket(made), (host, port), CONNECT_TIMEOUT_S)
