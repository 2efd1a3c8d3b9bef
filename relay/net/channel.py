"""Messages between roles over unix SEQPACKET sockets (docs/spec/ipc.md sections 1 and 2): the client's and the server's end.

Sockets are used directly, without trio's socket objects: one wake-up empties the socket, so that under load many messages
cost one turn of the scheduler, and the ledger's group commit falls out of it by itself.
"""

from __future__ import annotations

import array
import contextlib
import math
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import trio

from relay.base.errors import Unavailable
from relay.base.reasons import Reason
from relay.ipc.messages import PACKET_BYTES, Answer, Message, ProtocolViolation, decode_answers, encode

_DESCRIPTOR_SPACE = socket.CMSG_SPACE(2 * 4)  # room for two, so that a second, forbidden one is seen and closed
# as plain numbers: Python's flags are enumerations, and to combine them takes longer than to receive a packet
_TO_CLOEXEC = int(socket.MSG_CMSG_CLOEXEC)
_CUT_SHORT = int(socket.MSG_TRUNC | socket.MSG_CTRUNC)
_RECONNECT_S = 0.5  # on one host; a service that restarts takes about as long
_DRAIN_MOST = 256  # packets taken from one connection before others get their turn


class Packet(NamedTuple):
    data: bytes
    descriptors: list[int]


def receive_packet(sock: socket.socket) -> Packet | None:
    """The next packet; None when there is none now. Raises EOFError at the end, ProtocolViolation when truncated."""
    try:
        data, ancillary, flags, _ = sock.recvmsg(PACKET_BYTES, _DESCRIPTOR_SPACE, _TO_CLOEXEC)
    except (BlockingIOError, InterruptedError):
        return None
    except OSError as error:
        raise EOFError from error
    descriptors = _descriptors(ancillary) if ancillary else []
    if flags & _CUT_SHORT:
        close_descriptors(descriptors)
        raise ProtocolViolation("a packet or its descriptors were cut short")
    if not data:
        close_descriptors(descriptors)
        raise EOFError
    return Packet(data, descriptors)


def send_nowait(sock: socket.socket, data: bytes, descriptors: Sequence[int] = ()) -> bool:
    """Send one packet, or return False when the peer's buffer is full. Raises EOFError when the peer is gone."""
    try:
        if descriptors:
            sock.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))])
        else:
            sock.send(data)
    except BlockingIOError:
        return False
    except OSError as error:
        raise EOFError from error
    return True


async def send_when_there_is_room(
    sock: socket.socket, full: trio.Lock, data: bytes, descriptors: Sequence[int] = ()
) -> None:
    """As `send_nowait`, and waits for a peer whose buffer is full. `full`: one task at a time may wait for a socket."""
    if send_nowait(sock, data, descriptors):
        return
    async with full:
        while not send_nowait(sock, data, descriptors):  # first of all: the socket may be closed by now
            await trio.lowlevel.wait_writable(sock)


def close_descriptors(descriptors: Sequence[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _descriptors(ancillary: Sequence[tuple[int, int, bytes]]) -> list[int]:
    found = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            found.frombytes(data[: len(data) - len(data) % found.itemsize])
    return found.tolist()


class _Waiting:
    """One open call: the task that waits, until when, and later its answer."""

    __slots__ = ("answer", "deadline", "descriptors", "task")

    def __init__(self, task: trio.lowlevel.Task, deadline: float) -> None:
        self.task = task
        self.deadline = deadline
        self.answer: Answer | None = None
        self.descriptors: list[int] = []


class Channel:
    """The client's end: `call` sends a request and waits for its answer; calls of many tasks share one socket.

    All calls wait equally long, so the oldest is the next whose time is over: one task sees to the deadlines of all of them.
    The connection is opened by `run`, and by a call that needs it before, and again after it was lost: a service may come later
    and may restart, and `is_connected` is the truth about it while nobody calls.
    Whatever goes wrong is Unavailable: the caller need not know how a dependency failed, only that it did, and whether
    the request can have been acted on: `unavailable` says that it cannot, `lost` (where that differs) that it may.
    """

    def __init__(self, path: Path, *, unavailable: Reason, timeout_s: float, lost: Reason | None = None) -> None:
        self._path = path
        self._reason = unavailable
        self._lost_reason = lost or unavailable
        self._timeout_s = timeout_s
        self._sock: socket.socket | None = None
        self._waiting: dict[int, _Waiting] = {}  # oldest first
        self._last_call = 0
        self._connected_at = -math.inf
        self._connected = trio.Event()
        self._full = trio.Lock()

    @property
    def open_calls(self) -> int:
        return len(self._waiting)

    @property
    def is_connected(self) -> bool:
        return self._sock is not None

    def next_call(self) -> int:
        """A number for the request that is about to be made."""
        self._last_call = (self._last_call + 1) & 0xFFFFFFFF
        return self._last_call

    async def call(self, request: Message, descriptors: Sequence[int] = ()) -> tuple[Answer, list[int]]:
        """The answer and the descriptors that came with it. Raises Unavailable."""
        sock = self._sock or self._connect()
        await self._send(sock, encode(request), descriptors)
        waiting = _Waiting(trio.lowlevel.current_task(), trio.current_time() + self._timeout_s)
        self._waiting[request.call] = waiting

        def abandon(_: trio.lowlevel.RaiseCancelT) -> trio.lowlevel.Abort:
            self._waiting.pop(request.call, None)
            return trio.lowlevel.Abort.SUCCEEDED

        await trio.lowlevel.wait_task_rescheduled(abandon)
        if waiting.answer is None:
            lost = "connection lost" if self._sock is not sock else f"no answer within {self._timeout_s} s"
            raise Unavailable(self._lost_reason, f"{self._path.name}: {lost}")
        return waiting.answer, waiting.descriptors

    async def run(self) -> None:
        """Keep the connection, read answers and end calls whose time is over, for ever. Run it beside the callers."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._expire_forever)
            await self._read_forever()

    async def _send(self, sock: socket.socket, data: bytes, descriptors: Sequence[int]) -> None:
        """Raises Unavailable: then nothing can have been acted on."""
        try:
            if send_nowait(sock, data, descriptors):
                return
            with trio.fail_after(self._timeout_s):
                await send_when_there_is_room(sock, self._full, data, descriptors)
        except (EOFError, trio.ClosedResourceError) as error:
            self._lose(sock)
            raise Unavailable(self._reason, f"{self._path.name}: connection lost") from error
        except trio.TooSlowError as error:
            raise Unavailable(self._reason, f"{self._path.name}: no room within {self._timeout_s} s") from error

    async def _expire_forever(self) -> None:
        while True:
            oldest = next(iter(self._waiting.items()), None)
            if oldest is None:
                await trio.sleep(self._timeout_s)  # a call that comes meanwhile cannot be over before
            elif oldest[1].deadline > trio.current_time():
                await trio.sleep_until(oldest[1].deadline)
            else:
                del self._waiting[oldest[0]]
                trio.lowlevel.reschedule(oldest[1].task)

    async def _read_forever(self) -> None:
        while True:
            sock = self._sock
            if sock is None:
                await self._reconnect()
                continue
            try:
                await trio.lowlevel.wait_readable(sock)
                for _ in range(_DRAIN_MOST):
                    packet = receive_packet(sock)
                    if packet is None:
                        break
                    self._deliver(packet)
                    if not self._waiting:
                        break  # nothing else is owed
            except (EOFError, ProtocolViolation, trio.ClosedResourceError):
                self._lose(sock)

    def close(self) -> None:
        if self._sock is not None:
            self._lose(self._sock)

    async def _reconnect(self) -> None:
        """One attempt, and a while until the next; before it too, where the last connection did not last."""
        with trio.move_on_at(self._connected_at + _RECONNECT_S):
            await self._connected.wait()
            return
        await trio.lowlevel.checkpoint_if_cancelled()  # a wait that was over by itself has not told of it
        if self._sock is None:
            with contextlib.suppress(Unavailable):
                self._connect()
        with trio.move_on_after(_RECONNECT_S):
            await self._connected.wait()

    def _connect(self) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        try:
            sock.connect(str(self._path))
        except OSError as error:
            sock.close()
            raise Unavailable(self._reason, f"{self._path.name}: {error.strerror}") from error
        self._sock = sock
        self._connected_at = trio.current_time()
        self._connected.set()
        return sock

    def _deliver(self, packet: Packet) -> None:
        descriptors = packet.descriptors
        try:
            answers = decode_answers(packet.data)
            if descriptors and len(answers) > 1:
                raise ProtocolViolation("a descriptor beside several answers")
        except ProtocolViolation:
            close_descriptors(descriptors)
            raise
        for answer in answers:
            waiting = self._waiting.pop(answer.call, None)
            if waiting is None:  # its caller has given up
                close_descriptors(descriptors)
                continue
            waiting.answer = answer
            waiting.descriptors = descriptors
            trio.lowlevel.reschedule(waiting.task)

    def _lose(self, sock: socket.socket) -> None:
        if self._sock is not sock:
            return
        self._sock = None
        self._connected = trio.Event()
        with contextlib.suppress(OSError):
            trio.lowlevel.notify_closing(sock)
        sock.close()
        lost, self._waiting = self._waiting, {}
        for waiting in lost.values():
            trio.lowlevel.reschedule(waiting.task)


async def accept_forever(
    listener: socket.socket, serve: Callable[[socket.socket], Awaitable[None]], *, connections_most: int
) -> None:
    """Serve each connection in a task of its own, at most `connections_most` at a time; `serve` owns its socket."""
    limit = trio.CapacityLimiter(connections_most)
    async with trio.open_nursery() as nursery:
        while True:
            await limit.acquire_on_behalf_of(token := object())
            sock = await _accept(listener)
            nursery.start_soon(_serve_one, serve, sock, limit, token)


async def _accept(listener: socket.socket) -> socket.socket:
    while True:
        await trio.lowlevel.wait_readable(listener)
        with contextlib.suppress(BlockingIOError, ConnectionError):
            sock, _ = listener.accept()
            sock.setblocking(False)
            return sock


async def _serve_one(
    serve: Callable[[socket.socket], Awaitable[None]], sock: socket.socket, limit: trio.CapacityLimiter, token: object
) -> None:
    try:
        await serve(sock)
    finally:
        sock.close()
        limit.release_on_behalf_of(token)
