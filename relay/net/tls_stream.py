"""A trio stream over one TCP socket and one `TlsEngine`.

How it works. The engine is only ever called between two awaits, so a reading and a writing task may share it. What it has
to send goes out in one place: the writer's `_flush` while a `send_all` runs, otherwise `_flush_now` of the reader, which
never waits; so a peer that does not read cannot stop us from reading, and ciphertext keeps its order. One task may read
and one may write at a time; a second gets `trio.BusyResourceError`.
Costs. A system call is tried before waiting for the socket, except by a read that follows a write: its answer is not here
yet. Ciphertext and plaintext pass through buffers that all streams of the process share and that are empty again before
anything waits, so an idle connection holds none of its own beyond what OpenSSL keeps. Bulk data goes through in large
pieces, as what one call costs is more than what a record costs. A call that did not have to wait is a checkpoint for
cancellation, but lets other tasks run only every `STREAK` calls or `STREAK` times `TURN_BYTES`: a full reschedule costs
more than the decryption of a form.
An end of the connection without close_notify, and a reset, are PEER_CLOSED; a clean end is b"".
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Awaitable, Callable
from typing import Final

import trio
from trio.lowlevel import cancel_shielded_checkpoint, checkpoint_if_cancelled, wait_readable, wait_writable

from relay.base.reasons import Reason
from relay.tls.engine import RECORD_BYTES, Buffer, TlsEngine, TlsFacts
from relay.tls.native import Scratch

RECEIVE_BYTES: Final = 128 * 1024  # one recv, and the most that `receive_some` gives
FEED_BYTES: Final = 32 * 1024  # to OpenSSL at once: its input buffer keeps up to 4/3 of it for the life of a connection
WRITE_BYTES: Final = 32 * 1024  # plaintext encrypted at once: two records, and the same for OpenSSL's output buffer
SEND_BYTES: Final = 4 * WRITE_BYTES  # plaintext encrypted before the socket takes it
_OVERHEAD_BYTES: Final = 4 * 1024  # more than what records add to it
UNSENT_BYTES: Final = 64 * 1024  # answers to key updates that a peer may pile up without reading them
DISCARD_BYTES: Final = 64 * 1024  # unread input dropped at close: closing over it would reset our last words away
STREAK: Final = 8  # calls without waiting before other tasks get their turn
TURN_BYTES: Final = 64 * 1024  # that count as a call more

_Ready = Callable[[socket.socket], Awaitable[None]]

_received = Scratch(RECEIVE_BYTES)
_plaintext = Scratch(RECEIVE_BYTES)
_outgoing = Scratch(SEND_BYTES + _OVERHEAD_BYTES)


class TlsStream(trio.abc.Stream):
    """Owns the socket, which must not block. `handshake` first."""

    __slots__ = ("_asked", "_engine", "_receiving", "_sending", "_socket", "_stopped", "_streak", "_unsent")

    def __init__(self, sock: socket.socket, engine: TlsEngine) -> None:
        self._socket = sock
        self._engine = engine
        self._unsent: bytes | memoryview = b""
        self._receiving = False
        self._sending = False
        self._streak = 0
        self._asked = False  # something was sent since the last read: what answers it is not here yet
        self._stopped = False  # by `stop_waiting`

    @property
    def facts(self) -> TlsFacts:
        return self._engine.facts

    @property
    def socket(self) -> socket.socket:
        """For addresses and options only."""
        return self._socket

    async def handshake(self) -> TlsFacts:
        """Deadlines are the caller's (`trio.fail_after`). After an error the peer has its alert; then `aclose`."""
        if self._receiving or self._sending:
            raise trio.BusyResourceError("the handshake needs both directions")
        self._receiving = self._sending = True
        try:
            await checkpoint_if_cancelled()
            while not self._engine.handshake_step():
                await self._flush()
                await self._fill()
            await self._flush()
        except BaseException:
            self._flush_now()
            raise
        finally:
            self._receiving = self._sending = False
        return self._engine.facts

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """What is here, at most `max_bytes` (by default one record) and RECEIVE_BYTES; b"" after the peer's close_notify."""
        if self._receiving:
            raise trio.BusyResourceError("another task is receiving")
        self._receiving = True
        engine = self._engine
        most = min(max_bytes or RECORD_BYTES, RECEIVE_BYTES)
        try:
            await self._checkpoint()
            while True:
                if engine.buffered:
                    data = engine.read(most)
                    if engine.waiting:
                        self._answer()
                    if data is not None:
                        return data
                received = await self._receive(most)
                if received == 0:
                    engine.feed(b"")
                    return engine.read(1) or b""  # raises, unless the peer said close_notify
                if data := self._decrypt(received, most):
                    return data
        finally:
            self._receiving = False

    async def send_all(self, data: Buffer) -> None:
        """Returns when the kernel has all of it."""
        if self._sending:
            raise trio.BusyResourceError("another task is sending")
        self._sending = True
        try:
            await self._checkpoint()
            if self._unsent:  # of a call that was cancelled, or of `send_now`; the order must stay
                await self._flush()
            if len(data) <= WRITE_BYTES:
                self._encrypt(data)
                if self._unsent:
                    await self._flush()
                return
            view = memoryview(data)
            for start in range(0, len(view), SEND_BYTES):
                self._encrypt(view[start : start + SEND_BYTES])
                await self._flush()
        finally:
            self._sending = False

    def send_now(self, data: bytes) -> bool:
        """`send_all` of at most WRITE_BYTES that never waits, and so needs no deadline.

        False: `send_all(b"")` has to follow, as the socket does not take all of it, or other tasks are due.
        """
        if self._sending:
            raise trio.BusyResourceError("another task is sending")
        if self._socket.fileno() < 0:
            raise trio.ClosedResourceError("this stream was closed")
        if len(data) > WRITE_BYTES:
            raise ValueError("more than is encrypted at once")
        if self._unsent:
            self._engine.write(data)
            return False
        self._encrypt(data)
        if self._unsent:
            return False
        self._streak += 1
        return self._streak < STREAK

    async def wait_send_all_might_not_block(self) -> None:
        if self._sending:
            raise trio.BusyResourceError("another task is sending")
        self._sending = True
        try:
            await self._flush()
            await wait_writable(self._socket)
        finally:
            self._sending = False

    def stop_waiting(self) -> None:
        """Who waits for the peer now, or would later, gets trio.ClosedResourceError; until `wait_again`.

        What needs no wait goes on: a request that is here already is read.
        """
        self._stopped = True
        trio.lowlevel.notify_closing(self._socket)

    def wait_again(self) -> None:
        """`stop_waiting` is over."""
        self._stopped = False

    async def aclose(self) -> None:
        """Says close_notify where that is possible without waiting, and closes."""
        self.close()
        await trio.lowlevel.checkpoint()

    def close(self) -> None:
        sock = self._socket
        if sock.fileno() < 0:
            return
        self._engine.close()
        self._flush_now()
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_WR)
            self._discard(DISCARD_BYTES)
        trio.lowlevel.notify_closing(sock)
        sock.close()

    async def linger(self, max_bytes: int) -> None:
        """Say close_notify and drop what still comes, until the peer ends or `max_bytes` came; then `aclose`.

        For an answer that ends a request before its body was read: closing at once would reset the connection, and
        the client might lose the answer (RFC 9112 9.6). The deadline is the caller's.
        """
        self._engine.close()
        self._sending = True
        try:
            await self._flush()
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)
                while max_bytes > 0:
                    dropped = self._discard(max_bytes)
                    if dropped is None:
                        await wait_readable(self._socket)
                    elif dropped == 0:
                        return
                    else:
                        max_bytes -= dropped
        finally:
            self._sending = False

    async def _checkpoint(self) -> None:
        if self._socket.fileno() < 0:
            raise trio.ClosedResourceError("this stream was closed")
        await checkpoint_if_cancelled()
        self._streak += 1
        if self._streak >= STREAK:
            self._streak = 0
            await cancel_shielded_checkpoint()

    async def _fill(self) -> None:
        """Feed the engine from the socket, or tell it of the socket's end."""
        self._engine.feed(_received.view[: await self._receive(FEED_BYTES)])

    async def _receive(self, most: int) -> int:
        """Ciphertext from the socket into `_received`: `most` bytes, or FEED_BYTES where that is more; 0 at the socket's end."""
        sock = self._socket
        most = max(most, FEED_BYTES)
        while True:
            if self._asked and not self._stopped:
                self._asked = False
                await self._wait(wait_readable)
            try:
                return sock.recv_into(_received.view, most)
            except BlockingIOError:
                await self._wait(wait_readable)
            except OSError as error:
                raise self._lost(error) from error

    def _decrypt(self, received: int, most: int) -> bytes:
        """The plaintext of that much of `_received`; b"" where there is none, or its end is what `read` has to tell."""
        engine = self._engine
        count = 0
        for start in range(0, received, FEED_BYTES):
            engine.feed_from(_received, start, min(start + FEED_BYTES, received))
            count = engine.fill(_plaintext, count, most)
            if engine.waiting:
                self._answer()
        self._streak += received // TURN_BYTES
        return bytes(_plaintext.view[:count])

    def _encrypt(self, data: Buffer) -> None:
        """Encrypt all of it, and send what the socket takes at once. Nothing else may wait to be sent."""
        count = 0
        for start in range(0, len(data), WRITE_BYTES):
            self._engine.write(data[start : start + WRITE_BYTES])
            count = self._engine.drain(_outgoing, count, len(_outgoing.view))
        self._streak += len(data) // TURN_BYTES
        self._unsent = _outgoing.view[:count]
        try:
            while self._unsent and self._send_once():
                pass
        finally:
            self._unsent = bytes(self._unsent)  # the buffer is everybody's

    async def _flush(self) -> None:
        """Send all that waits."""
        while self._next_output():
            if not self._send_once():
                await self._wait(wait_writable)

    async def _wait(self, ready: _Ready) -> None:
        """Until the socket is `ready`."""
        if self._stopped:
            raise trio.ClosedResourceError("this stream may not wait")
        self._streak = 0
        await ready(self._socket)

    def _next_output(self) -> bool:
        """Whether there is something to send, which `_unsent` then has."""
        if not self._unsent:
            self._unsent = self._engine.outgoing()
        return bool(self._unsent)

    def _flush_now(self) -> None:
        """Send what the socket takes at once; the rest stays for the next flush. Errors show at the next read."""
        with contextlib.suppress(OSError):
            while self._unsent or self._engine.waiting:
                if not self._unsent:
                    self._unsent = self._engine.outgoing()
                try:
                    sent = self._socket.send(self._unsent)
                except BlockingIOError:
                    return
                self._unsent = memoryview(self._unsent)[sent:] if sent < len(self._unsent) else b""

    def _send_once(self) -> bool:
        try:
            sent = self._socket.send(self._unsent)
        except BlockingIOError:
            return False
        except OSError as error:
            raise self._lost(error) from error
        self._unsent = memoryview(self._unsent)[sent:] if sent < len(self._unsent) else b""
        self._asked = True
        return True

    def _answer(self) -> None:
        """What reading made the engine say: an alert, or the answer to a key update."""
        if not self._sending:
            self._flush_now()
        if self._engine.waiting > UNSENT_BYTES:
            raise self._engine.failure(Reason.TLS_RECORD_INVALID, "key updates without end")

    def _discard(self, max_bytes: int) -> int | None:
        """Drop input; the number of bytes, 0 at its end, None where nothing is there."""
        try:
            return self._socket.recv_into(_received.view, min(max_bytes, RECEIVE_BYTES))
        except BlockingIOError:
            return None

    def _lost(self, error: OSError) -> Exception:
        if self._socket.fileno() < 0:
            return trio.ClosedResourceError("this stream was closed")
        return self._engine.failure(Reason.PEER_CLOSED, error.strerror or "connection lost")
