"""A municipal application for the tests: it keeps every request as it came, byte for byte, and answers as the test says.

It runs in threads of the test's process, behind a real TCP socket, so the gate sees an ordinary HTTP/1.1 server.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.live.labs import PATIENCE_S

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)
_TRANSFER = re.compile(rb"\r\nsekisho-transfer: *([0-9a-f-]{36})\r\n", re.IGNORECASE)


@dataclass(frozen=True)
class Received:
    """One request. `received_ms`: Unix time when it was whole."""

    raw: bytes
    transfer: str
    received_ms: int

    @property
    def line(self) -> bytes:
        return self.raw.partition(b"\r\n")[0]

    @property
    def body(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[2]


Behaviour = Callable[[socket.socket, Received], bool]  # whether the connection stays open


def answer(status: str = "200 OK", headers: str = "", body: bytes = b"received\n") -> bytes:
    """A well-formed response."""
    lines = (
        f"HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {len(body)}\r\n{headers}\r\n"
    )
    return lines.encode() + body


def accept(sock: socket.socket, received: Received) -> bool:
    """The ordinary behaviour: what came is echoed by its transfer id."""
    sock.sendall(answer(body=received.transfer.encode() + b"\n"))
    return True


def say(raw: bytes, *, then_close: bool = True) -> Behaviour:
    """Send `raw`, whatever it is."""

    def behaviour(sock: socket.socket, _: Received) -> bool:
        sock.sendall(raw)
        return not then_close

    return behaviour


@dataclass
class Municipality:
    """Use it as a context manager. `behaviour` may be changed between requests."""

    behaviour: Behaviour = accept
    received: list[Received] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._threads: list[threading.Thread] = []
        self._connections: set[socket.socket] = set()
        self._ending = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def transfers(self) -> list[str]:
        """Ids in the order in which they arrived, repeats included."""
        return [received.transfer for received in self.received]

    def __enter__(self) -> Municipality:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._ending = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop_connections()
        for thread in self._threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()

    def drop_connections(self) -> None:
        """End every connection, as a server does with idle ones."""
        for sock in list(self._connections):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nobody listens there while the block lasts."""
        address = self._listener.getsockname()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop_connections()
        try:
            yield
        finally:
            self._listener = socket.create_server(address, backlog=256)
            self._start(self._accept)

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._connections.add(sock)
            self._start(self._serve, sock)

    def _serve(self, sock: socket.socket) -> None:
        pending = b""
        with sock, suppress(OSError):
            while not self._ending:
                head, body_bytes = b"", 0
                while not head or len(pending) < len(head) + body_bytes:
                    end = pending.find(b"\r\n\r\n")
                    if end >= 0 and not head:
                        head = pending[: end + 4]
                        length = _LENGTH.search(head)
                        body_bytes = int(length[1]) if length else 0
                        continue
                    data = sock.recv(65536)
                    if not data:
                        return
                    pending += data
                raw, pending = pending[: len(head) + body_bytes], pending[len(head) + body_bytes :]
                transfer = _TRANSFER.search(head)
                received = Received(raw, transfer[1].decode() if transfer else "", time.time_ns() // 1_000_000)
                self.received.append(received)
                if not self.behaviour(sock, received):
                    return
        self._connections.discard(sock)
