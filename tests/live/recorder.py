"""An application that keeps every byte of every connection, and a strict reader of its own for what it kept.

Nothing here comes from `relay` or h11: what reaches the application is judged by a grammar that is written down a second time.
"""

from __future__ import annotations

import re
import socket
import threading
from contextlib import suppress
from typing import NamedTuple

from tests.live.labs import PATIENCE_S

_REQUEST_LINE = re.compile(
    rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) "
    rb"(/(?!/)(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*(?:\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?)"
    rb" HTTP/1\.1"
)
_FIELD_LINE = re.compile(
    rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)"
)
_HOST = re.compile(rb"(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::[1-9][0-9]{0,4})?")
_LENGTH = re.compile(rb"0|[1-9][0-9]{0,17}")
LARGE_BYTES = 12 << 20  # more than the buffers of two sockets hold
_NEVER = frozenset(
    b"connection keep-alive proxy-connection te trailer transfer-encoding upgrade http2-settings expect proxy "
    b"proxy-authorization x-forwarded-for x-forwarded-host x-forwarded-proto".split()
)


class Malformed(Exception):
    """What the application got is not exactly well-formed requests."""


class Kept(NamedTuple):
    """One request as the application got it. `fields`: without Host; names in lower case."""

    line: str
    host: bytes
    fields: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def field(self, name: bytes) -> bytes:
        (value,) = [value for field, value in self.fields if field == name]
        return value

    @property
    def transfer(self) -> str:
        return self.field(b"sekisho-transfer").decode()


def read_one(stream: bytes) -> tuple[Kept, int] | None:
    """The first request of `stream` and its size; None while it is not whole. Raises Malformed."""
    end = stream.find(b"\r\n\r\n")
    if end < 0:
        return None
    first, *lines = stream[:end].split(b"\r\n")
    if not _REQUEST_LINE.fullmatch(first):
        raise Malformed(f"request line {first!r}")
    fields: list[tuple[bytes, bytes]] = []
    written = [first]
    for line in lines:
        found = _FIELD_LINE.fullmatch(line)
        if found is None:
            raise Malformed(f"field line {line!r}")
        fields.append((found[1].lower(), found[2]))
        written.append(found[1] + b": " + found[2])
    body_bytes = _judge(fields)
    size = end + 4 + body_bytes
    if len(stream) < size:
        return None
    body = stream[end + 4 : size]
    if b"\r\n".join(written) + b"\r\n\r\n" + body != stream[:size]:
        raise Malformed(f"does not come back as itself: {stream[:size]!r}")
    (host,) = [value for name, value in fields if name == b"host"]
    rest = tuple((name, value) for name, value in fields if name != b"host")
    return Kept(first.decode("ascii").removesuffix(" HTTP/1.1"), host, rest, body), size


def _judge(fields: list[tuple[bytes, bytes]]) -> int:
    """The length of the body."""
    names = [name for name, _ in fields]
    for name in (b"host", b"forwarded", b"sekisho-transfer"):
        if names.count(name) != 1:
            raise Malformed(f"{names.count(name)} of {name!r}")
    if not _NEVER.isdisjoint(names):
        raise Malformed(f"hop-by-hop or forged: {_NEVER.intersection(names)}")
    values = dict(fields)
    if not _HOST.fullmatch(values[b"host"]):
        raise Malformed(f"host {values[b'host']!r}")
    if b"content-length" not in values:
        return 0
    if names.count(b"content-length") != 1 or not _LENGTH.fullmatch(values[b"content-length"]):
        raise Malformed("content-length")
    return int(values[b"content-length"])


class Recorder:
    """Use it as a context manager. Every whole request is answered with its transfer id; a malformed one with nothing.

    A request of /large gets a large answer, one of /wait none before `may_answer` is set.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.may_answer = threading.Event()  # for requests of /wait
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self.streams: list[bytearray] = []  # of each connection, everything that came
        self.kept: list[Kept] = []
        self.faults: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Recorder:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        for sock in (self._listener, *self._open):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()

    def take(self) -> list[Kept]:
        """What came since the last call."""
        taken, self.kept = self.kept, []
        return taken

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._open.add(sock)
                thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, sock: socket.socket) -> None:
        stream = bytearray()
        self.streams.append(stream)
        read = 0
        with sock, suppress(OSError):
            while data := sock.recv(65536):
                stream += data
                try:
                    while (found := read_one(bytes(stream[read:]))) is not None:
                        kept, size = found
                        read += size
                        self.kept.append(kept)
                        sock.sendall(self._answer(kept))
                except Malformed as fault:
                    self.faults.append(str(fault))
                    return
        if read != len(stream):
            self.faults.append(f"a request that never became whole: {bytes(stream[read:])!r}")

    def _answer(self, kept: Kept) -> bytes:
        if kept.line.endswith(" /wait"):
            assert self.may_answer.wait(PATIENCE_S)
        body = kept.transfer.encode() + (b"." * LARGE_BYTES if kept.line.endswith(" /large") else b"")
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: %d\r\n\r\n" % len(body)
        return head if kept.line.startswith("HEAD ") else head + body
