"""What a role says of itself to the exporter: metrics and the health of each thing it depends on.

The protocol: a unix stream socket `run_dir/status/ROLE[-WORKER].sock`; whoever connects gets one answer and the end of the stream;
nothing that is sent is read. The answer is 4 bytes of length (big-endian) and that many bytes of MessagePack, a `Status`.
So there is no request to parse, and a client that is slow or silent holds one of `STATUS_CLIENTS` places until a deadline.

`open_listener` is called before `sandbox.enter`. Under systemd the socket comes from a socket unit instead.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path

import msgspec
import trio

from relay.ops.clients import serve_clients
from relay.ops.metrics import Series

STATUS_BYTES = 8 * 1024 * 1024  # 20,000 series of 100 bytes are 2 MB
STATUS_CLIENTS = 4  # the exporter, and an operator beside it
STATUS_TIMEOUT_S = 2.0  # on one host an answer takes milliseconds
STATUS_BACKLOG = 8

_LENGTH = struct.Struct(">I")


class Health(msgspec.Struct, frozen=True):
    """One dependency: whether it works, and if not, why; a word or sentence of our own."""

    ok: bool
    reason: str = ""


class Status(msgspec.Struct, frozen=True):
    """`instance` differs between two processes of the same role and worker; counters start at zero with a new one."""

    role: str
    worker: int
    instance: str
    series: list[Series]
    health: dict[str, Health]


class Absent(msgspec.Struct, frozen=True):
    """No status could be had from a socket."""

    reason: str


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Status).decode


def socket_path(run_dir: Path, role: str, worker: int | None = None) -> Path:
    return run_dir / "status" / (f"{role}.sock" if worker is None else f"{role}-{worker}.sock")


def open_listener(path: Path, group: int | None = None) -> socket.socket:
    """A listening socket at `path`, for the owner and `group` only. An older one of the same name is replaced."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    before = os.umask(0o117)  # the mode must be right from the first instant: srw-rw----
    try:
        made.bind(str(path))
        if group is not None:
            os.chown(path, -1, group)
    except OSError:
        made.close()
        raise
    finally:
        os.umask(before)
    made.listen(STATUS_BACKLOG)
    return made


async def serve_status(
    listener: socket.socket,
    current: Callable[[], Status],
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Answer whoever connects, until cancelled. `current` is called once per answer."""

    async def answer(client: trio.socket.SocketType) -> None:
        with trio.move_on_after(STATUS_TIMEOUT_S):
            body = _encode(current())
            rest = memoryview(_LENGTH.pack(len(body)) + body)
            while rest:
                rest = rest[await client.send(rest) :]

    await serve_clients(listener, answer, most=STATUS_CLIENTS, task_status=task_status)


async def ask_status(path: Path) -> Status | Absent:
    """The status of the process behind `path`. Anything but one whole, well-formed answer in time is Absent."""
    with trio.move_on_after(STATUS_TIMEOUT_S):
        try:
            with trio.socket.socket(trio.socket.AF_UNIX, trio.socket.SOCK_STREAM) as client:
                await client.connect(str(path))
                return await _read(client)
        except OSError:
            return Absent("no answer")
    return Absent("no answer in time")


async def _read(client: trio.socket.SocketType) -> Status | Absent:
    (size,) = _LENGTH.unpack(await _exactly(client, _LENGTH.size) or b"\xff\xff\xff\xff")
    if size > STATUS_BYTES:
        return Absent("invalid answer")
    try:
        return _decode(await _exactly(client, size))
    except msgspec.DecodeError:  # ValidationError included
        return Absent("invalid answer")


async def _exactly(client: trio.socket.SocketType, size: int) -> bytes:
    """`size` bytes, or none when the stream ends before."""
    pieces = bytearray()
    while len(pieces) < size:
        piece = await client.recv(min(size - len(pieces), 256 * 1024))
        if not piece:
            return b""
        pieces += piece
    return bytes(pieces)
