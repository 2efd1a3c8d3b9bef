"""Parcels: the bytes of an envelope or a response on their way between processes (docs/spec/ipc.md section 6).

A parcel is written once, front to back, then frozen, then read any number of times. Small ones are a bytes object inside
the message; larger ones a memfd sealed against every change. Neither touches a disk, and memory use of the writer stays at
one piece whatever the size, because a memfd's pages are not mapped here.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator

from relay.base.errors import Misuse, Unavailable
from relay.base.reasons import Reason
from relay.ipc.messages import INLINE_BYTES, ProtocolViolation

PIECE_BYTES = 256 * 1024  # of one read; larger pieces no longer make TLS or hashing faster (measured)
_ALL_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


class Parcel:
    """Frozen bytes, in memory or in a sealed memfd. Close it when done; a closed parcel cannot be read."""

    __slots__ = ("_descriptor", "_inline", "size")

    def __init__(self, inline: bytes | None, descriptor: int, size: int) -> None:
        self._inline = inline
        self._descriptor = descriptor
        self.size = size

    @classmethod
    def of(cls, data: bytes) -> Parcel:
        """A parcel with these bytes, whatever their number. Raises Unavailable."""
        if len(data) <= INLINE_BYTES:
            return cls(data, -1, len(data))
        with ParcelWriter() as writer:
            writer.write(data)
            return writer.freeze()

    @classmethod
    def received(cls, inline: bytes | None, descriptors: list[int], most_bytes: int) -> Parcel:
        """From a message and what came beside it. Raises ProtocolViolation (and closes the descriptors)."""
        if inline is not None and not descriptors:
            if len(inline) > most_bytes:
                raise ProtocolViolation(f"a parcel of {len(inline)} bytes is over the limit")
            return cls(inline, -1, len(inline))
        try:
            if inline is not None or len(descriptors) != 1:
                raise ProtocolViolation("a message needs exactly one parcel")
            return cls(None, descriptors[0], _sealed_size(descriptors[0], most_bytes))
        except ProtocolViolation:
            for descriptor in descriptors:
                os.close(descriptor)
            raise

    @classmethod
    def sealed(cls, descriptor: int, most_bytes: int) -> Parcel:
        """What another process has left in a memfd of `unsealed_memfd`, after its end. Raises ProtocolViolation, and closes nothing."""
        try:
            fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _ALL_SEALS)
        except OSError as error:
            raise ProtocolViolation("a parcel that is still being written") from error
        return cls(None, descriptor, _sealed_size(descriptor, most_bytes))

    @property
    def inline(self) -> bytes | None:
        """The bytes that go inside the message; None when `descriptors` goes beside it."""
        return self._inline

    @property
    def descriptors(self) -> list[int]:
        return [] if self._descriptor < 0 else [self._descriptor]

    def read(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`; fewer only at the end."""
        if self._inline is not None:
            return self._inline[offset : offset + length]
        if self._descriptor < 0:
            raise Misuse("a closed parcel is read")
        return os.pread(self._descriptor, length, offset)

    def pieces(self) -> Iterator[bytes]:
        """All bytes, in pieces of at most PIECE_BYTES."""
        if self._inline is not None:
            yield self._inline
            return
        offset = 0
        while offset < self.size:
            piece = self.read(offset, PIECE_BYTES)
            if not piece:
                raise Misuse("a sealed parcel became shorter")
            offset += len(piece)
            yield piece

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        self._inline = None

    def __enter__(self) -> Parcel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class ParcelWriter:
    """Collects bytes and becomes a Parcel. Beyond INLINE_BYTES they go to a memfd as they come.

    Use it as a context manager, so that what was written is dropped when it is not frozen.
    """

    __slots__ = ("_descriptor", "_pieces", "size")

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._descriptor = -1
        self.size = 0

    def write(self, data: bytes) -> None:
        """Raises Unavailable(OVERLOADED) when memory or descriptors run out."""
        self.size += len(data)
        if self._descriptor < 0:
            self._pieces.append(data)
            if self.size > INLINE_BYTES:
                self._spill()
            return
        try:
            write_all(self._descriptor, data)
        except OSError as error:
            raise Unavailable(Reason.OVERLOADED, str(error.strerror)) from error

    def freeze(self) -> Parcel:
        """The finished parcel; the writer is used up."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor < 0:
            return Parcel(b"".join(self._pieces), -1, self.size)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _ALL_SEALS)
        return Parcel(None, descriptor, self.size)

    def close(self) -> None:
        """Give up what was written."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        self._pieces.clear()

    def _spill(self) -> None:
        try:
            self._descriptor = unsealed_memfd()
            for piece in self._pieces:
                write_all(self._descriptor, piece)
        except OSError as error:
            raise Unavailable(Reason.OVERLOADED, str(error.strerror)) from error
        self._pieces.clear()

    def __enter__(self) -> ParcelWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def unsealed_memfd() -> int:
    """For a parcel that is yet to be written. Raises OSError."""
    return os.memfd_create("sekisho-parcel", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)


def write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _sealed_size(descriptor: int, most_bytes: int) -> int:
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode):
        raise ProtocolViolation("a parcel is not a memfd")
    try:
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        seals = fcntl.fcntl(descriptor, fcntl.F_GET_SEALS)
    except OSError as error:
        raise ProtocolViolation("a parcel is not a memfd") from error
    if seals & _ALL_SEALS != _ALL_SEALS:
        raise ProtocolViolation("a parcel can still be changed by its sender")
    if flags & os.O_ACCMODE == os.O_WRONLY:
        raise ProtocolViolation("a parcel cannot be read")
    if about.st_size > most_bytes:
        raise ProtocolViolation(f"a parcel of {about.st_size} bytes is over the limit")
    return about.st_size
