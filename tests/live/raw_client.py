"""A TLS client that sends exactly the bytes it is given, cut as it is told, and reads whole answers with a reader of its own."""

from __future__ import annotations

import re
import select
import socket
import ssl
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple

from tests.live.labs import PATIENCE_S, Cut, Lab

DRIP_S = 0.02
_STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) [\x20-\x7e]*")
_FIELD_LINE = re.compile(rb"([A-Za-z0-9-]+): ([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)")


class RawAnswer(NamedTuple):
    status: int
    fields: dict[str, str]
    body: bytes

    @property
    def transfer(self) -> str:
        return self.fields["sekisho-transfer"]


def read_answers(stream: bytes, methods: Sequence[str]) -> list[RawAnswer]:
    """All final answers in `stream`, which must hold nothing else. `methods`: what each is an answer to."""
    answers: list[RawAnswer] = []
    while stream:
        head, end, rest = stream.partition(b"\r\n\r\n")
        assert end, f"an answer that is not whole: {stream!r}"
        first, *lines = head.split(b"\r\n")
        status = _STATUS_LINE.fullmatch(first)
        assert status, first
        if status[1] == b"100":
            assert not lines
            stream = rest
            continue
        found = [_FIELD_LINE.fullmatch(line) for line in lines]
        assert all(found), lines
        pairs = [(match[1].decode().lower(), match[2].decode()) for match in found if match]
        assert len(dict(pairs)) == len(pairs), pairs
        fields = dict(pairs)
        assert "transfer-encoding" not in fields
        method = methods[len(answers)] if len(answers) < len(methods) else ""
        body_bytes = 0 if method == "HEAD" else int(fields["content-length"])
        assert len(rest) >= body_bytes
        answers.append(RawAnswer(int(status[1]), fields, rest[:body_bytes]))
        stream = rest[body_bytes:]
    return answers


class RawClient:
    """One connection. `end` says close_notify and goes on reading; the server must say it too."""

    def __init__(
        self, lab: Lab, context: ssl.SSLContext, source: str = "127.0.0.1", receive_buffer: int | None = None
    ) -> None:
        self._sock = socket.socket()
        self._sock.settimeout(PATIENCE_S)
        if receive_buffer is not None:  # before the connection, as it decides on the window
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._sock.bind((source, 0))
        self._sock.connect(("127.0.0.1", lab.front_port))
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname="localhost")
        try:
            while not self._try_handshake():
                self._flush()
                self._fill()
            self._flush()
        except BaseException:
            self._sock.close()
            raise

    def _try_handshake(self) -> bool:
        with suppress(ssl.SSLWantReadError):
            self._tls.do_handshake()
            return True
        return False

    def _flush(self) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):  # the server may have answered and closed already
            self._sock.sendall(self._out.read())

    def _fill(self) -> None:
        try:
            data = self._sock.recv(65536)
        except OSError as error:
            raise Cut(str(error)) from error
        if data:
            self._in.write(data)
        else:
            self._in.write_eof()

    def send(self, pieces: Iterable[bytes]) -> None:
        """Each piece is a TLS record of its own, or more where it is too large for one."""
        for piece in pieces:
            self._tls.write(piece)
        self._flush()

    def receive(self) -> bytes:
        """What has come, at least one byte; b"" at the server's close_notify. Raises Cut when it just went away."""
        while True:
            try:
                return self._tls.read(65536)
            except ssl.SSLWantReadError:
                self._fill()
            except ssl.SSLZeroReturnError:
                return b""
            except ssl.SSLError as error:
                raise Cut(str(error)) from error

    def drip(self, data: bytes, piece: int = 1) -> bytes:
        """Send `data` a piece at a time, waiting a little after each, until the server says something: that, to its end."""
        for at in range(0, len(data), piece):
            self.send([data[at : at + piece]])
            if select.select([self._sock], [], [], DRIP_S)[0]:
                break
        return self.to_end()

    def to_end(self) -> bytes:
        """Everything until the server's close_notify."""
        received = b""
        while data := self.receive():
            received += data
        return received

    def end(self) -> bytes:
        with suppress(ssl.SSLWantReadError):
            self._tls.unwrap()
        self._flush()
        return self.to_end()

    def close(self) -> None:
        self._sock.close()

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def client_context(lab: Lab) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=lab.about["ca_file"])
