"""One attached file at the scanner, piece by piece as it comes (docs/spec/ipc.md section 7).

Rules:
1. Only the answer `clean` without faults is a pass. What the file is refused for is the citizen's to mend, and returned.
2. Everything else raises Unavailable, each with its own reason: no scanner, one that goes away, is slow, or says what is not defined.
3. A file that is to be disarmed passes with what was made of it, and no other file has anything beside its verdict.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import NamedTuple

import trio

from policy.attachments import DISARM, MAX_FILE_BYTES, Attachment
from relay.base.errors import Unavailable
from relay.base.reasons import Reason
from relay.ipc.messages import (
    INLINE_BYTES,
    FileScanned,
    Message,
    ProtocolViolation,
    ScanEnd,
    ScanFile,
    ScanPiece,
    decode_scanned,
    encode,
)
from relay.net.channel import close_descriptors, receive_packet, send_when_there_is_room
from relay.net.parcel import Parcel

_CALL = 1  # a connection is one file


class Scanned(NamedTuple):
    """`words`: why the file cannot be taken, in words of the scanner's; nothing where it can. `made`: what crosses in its place."""

    words: tuple[str, ...]
    made: Parcel | None = None
    tool: str = ""
    removed: tuple[str, ...] = ()


class FileScan:
    """A connection of its own. Use it as a context manager: without a verdict it says nothing about the file."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        """`timeout_s`: for a piece to be taken, and for the verdict after the last one. Raises Unavailable."""
        self._timeout_s = timeout_s
        self._size = 0
        self._full = trio.Lock()
        self._is_disarmed = False
        self._sock = _connected(path)

    async def begin(self, name: str, media_type: str, attachment: Attachment) -> None:
        """Raises Unavailable."""
        self._is_disarmed = attachment.active == DISARM
        await self._send(ScanFile(_CALL, name, media_type, attachment.kinds, attachment.active))  # type: ignore[arg-type]  # one of ACTIVE

    async def send(self, data: bytes) -> None:
        """Raises Unavailable."""
        self._size += len(data)
        for at in range(0, len(data), INLINE_BYTES):
            await self._send(ScanPiece(_CALL, data[at : at + INLINE_BYTES]))

    async def end(self) -> None:
        """The file is whole: a verdict that is there already is none of it. Raises Unavailable."""
        early = self._received()
        if early is not None:
            close_descriptors(early[1])
            raise Unavailable(Reason.SCANNER_INVALID, "an answer before the end of the file")
        await self._send(ScanEnd(_CALL, self._size))

    async def verdict(self) -> Scanned:
        """The caller closes what was made. Raises Unavailable."""
        answer, descriptors = await self._answer()
        try:
            words = refusal_of(answer)
            is_made = self._is_disarmed and not words
            if is_made != bool(answer.tool) or (answer.removed and not answer.tool) or len(descriptors) != is_made:
                raise Unavailable(Reason.SCANNER_INVALID, "a file is made anew where none should be, or none is")
            made = Parcel.received(None, descriptors, MAX_FILE_BYTES) if is_made else None
        except Unavailable:
            close_descriptors(descriptors)
            raise
        except ProtocolViolation as error:  # which has closed them
            raise Unavailable(Reason.SCANNER_INVALID, str(error)) from error
        return Scanned(words, made, answer.tool, answer.removed)

    async def _send(self, message: Message) -> None:
        try:
            with trio.fail_after(self._timeout_s):
                await send_when_there_is_room(self._sock, self._full, encode(message))
        except EOFError as error:
            raise Unavailable(Reason.SCANNER_UNAVAILABLE, "the scanner has ended the connection") from error
        except trio.TooSlowError as error:
            raise Unavailable(Reason.SCAN_TIMEOUT, "the scanner takes no more of a file") from error

    async def _answer(self) -> tuple[FileScanned, list[int]]:
        try:
            with trio.fail_after(self._timeout_s):
                while (answer := self._received()) is None:
                    await trio.lowlevel.wait_readable(self._sock)
            return answer
        except trio.TooSlowError as error:
            raise Unavailable(Reason.SCAN_TIMEOUT, "no verdict in time") from error

    def _received(self) -> tuple[FileScanned, list[int]] | None:
        """What has come, if anything has, with its descriptors. Raises Unavailable."""
        try:
            packet = receive_packet(self._sock)
            if packet is None:
                return None
        except EOFError as error:
            raise Unavailable(Reason.SCANNER_UNAVAILABLE, "the scanner has ended the connection") from error
        except ProtocolViolation as error:
            raise Unavailable(Reason.SCANNER_INVALID, str(error)) from error
        try:
            return decode_scanned(packet.data, _CALL), packet.descriptors
        except ProtocolViolation as error:
            close_descriptors(packet.descriptors)
            raise Unavailable(Reason.SCANNER_INVALID, str(error)) from error

    def __enter__(self) -> FileScan:
        return self

    def __exit__(self, *_: object) -> None:
        self._sock.close()


def refusal_of(answer: FileScanned) -> tuple[str, ...]:
    """Why the file cannot be taken; nothing where it can. A virus is said first. What could not be scanned is said where nothing
    tells why. Raises Unavailable."""
    if answer.verdict == "infected":
        return (answer.verdict, *answer.faults)
    if answer.faults or answer.verdict == "unscannable":
        return answer.faults or (answer.verdict,)
    if answer.verdict == "timeout":
        raise Unavailable(Reason.SCAN_TIMEOUT, "the scanner ran out of time")
    if answer.verdict != "clean":
        raise Unavailable(Reason.SCAN_FAILED, "the scanner could not look at a file")
    return ()


def _connected(path: Path) -> socket.socket:
    """Raises Unavailable."""
    sock: socket.socket | None = None
    try:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        sock.connect(str(path))
    except OSError as error:
        if sock is not None:
            sock.close()
        raise Unavailable(Reason.SCANNER_UNAVAILABLE, f"{path.name}: {error.strerror}") from error
    return sock
