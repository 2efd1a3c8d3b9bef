"""Who stands in for a service that is broken in a way in which a real one cannot be broken: on its socket, in threads of the test."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.live.labs import PATIENCE_S, Lab, until

PACKET_BYTES = 1024 * 1024
Act = Callable[[socket.socket], None]  # for each connection, which ends behind it


class StandIn:
    """Use it as a context manager. `acted`: how many connections it has done with."""

    def __init__(self, listener: socket.socket, act: Act) -> None:
        self._listener = listener
        self._act = act
        self._threads: list[threading.Thread] = []
        self._connections: list[socket.socket] = []
        self.acted = 0

    def __enter__(self) -> StandIn:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        for sock in (self._listener, *self._connections):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self._connections.append(sock)
                self._start(self._serve, sock)

    def _serve(self, sock: socket.socket) -> None:
        with sock, suppress(OSError):
            self._act(sock)
        self.acted += 1


def hold(sock: socket.socket) -> None:
    """Take everything, say nothing."""
    while sock.recv(PACKET_BYTES):
        pass


def hang_up(sock: socket.socket) -> None:
    """Not even listen."""


def after_a_packet(sock: socket.socket) -> None:
    """End the connection when something has been asked."""
    sock.recv(PACKET_BYTES)


class Says:
    """When `enough` has come (default: anything), say `raw`; then wait for the other's end. `said`: how often."""

    def __init__(self, raw: bytes, *, enough: bytes = b"") -> None:
        self._raw = raw
        self._enough = enough
        self.said = 0

    def __call__(self, sock: socket.socket) -> None:
        seen = b""
        while data := sock.recv(PACKET_BYTES):
            seen = seen[-len(self._enough) :] + data
            if self._enough in seen:
                sock.sendall(self._raw)
                self.said += 1
                hold(sock)


def unix(path: Path, kind: int, *, is_listening: bool = True) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, kind)
    sock.bind(str(path))
    if is_listening:
        sock.listen(64)
    return sock


@contextmanager
def set_aside(path: Path) -> Iterator[None]:
    """No socket there; whoever serves it goes on, and is found again afterwards."""
    aside = path.with_name(path.name + ".aside")
    path.rename(aside)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        aside.rename(path)


@contextmanager
def away(lab: Lab, role: str) -> Iterator[None]:
    """The role is killed, and does not come back before the block ends: who would start it again is stopped."""
    supervisor = until(lambda: lab.pid("supervisor"), "the supervisor runs")
    os.kill(supervisor, signal.SIGSTOP)
    old = lab.kill(role)
    try:
        until(lambda: _has_ended(old), f"{role} is gone")
        yield
    finally:
        os.kill(supervisor, signal.SIGCONT)
        lab.wait_back(role, old)


@contextmanager
def stopped(*pids: int) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def _has_ended(pid: int) -> bool:
    """Gone, or a zombie that nobody has waited for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True
