"""What a front makes of each thing that a scanner can do: only one of them is a pass."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trio
import trio.testing

from relay.base.errors import Unavailable
from relay.base.reasons import Reason
from relay.front.scanning import FileScan
from relay.ipc.messages import (
    INLINE_BYTES,
    FileScanned,
    Recorded,
    Request,
    ScanEnd,
    ScanFile,
    ScanPiece,
    decode_request,
    encode,
)
from relay.net.channel import accept_forever, receive_packet, send_nowait
from relay.net.listen import open_seqpacket_listener

SOCKET = "scanner/front.sock"
TIMEOUT_S = 5.0
Behaviour = Callable[[socket.socket], Awaitable[None]]


async def requests(sock: socket.socket) -> list[Request]:
    """All of one file."""
    found: list[Request] = []
    while not found or not isinstance(found[-1], ScanEnd):
        await trio.lowlevel.wait_readable(sock)
        packet = receive_packet(sock)
        if packet is not None:
            found.append(decode_request(packet.data, SOCKET))
    return found


def answering(raw: bytes) -> Behaviour:
    async def answer(sock: socket.socket) -> None:
        await requests(sock)
        send_nowait(sock, raw)

    return answer


def saying(verdict: str, *faults: str) -> Behaviour:
    return answering(encode(FileScanned(1, verdict, faults, "", "")))  # type: ignore[arg-type]  # what msgspec would not check


async def silent(sock: socket.socket) -> None:
    await requests(sock)
    await trio.sleep_forever()


async def midway(sock: socket.socket) -> None:
    """It ends the connection after the file's first piece."""
    await trio.lowlevel.wait_readable(sock)
    receive_packet(sock)


async def asked(directory: Path, behave: Behaviour, data: bytes = b"hello") -> tuple[str, ...]:
    path = directory / "front.sock"
    listener = open_seqpacket_listener(str(path), mode=0o600)
    found: tuple[str, ...] | Unavailable = ()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(lambda: accept_forever(listener, behave, connections_most=1))
        with FileScan(path, TIMEOUT_S) as scan:
            try:
                await scan.begin("a.txt", "text/plain", ("txt",))
                await scan.send(data)
                await scan.end()
                found = await scan.refused_for()
            except Unavailable as error:
                found = error
        nursery.cancel_scope.cancel()
    listener.close()
    if isinstance(found, Unavailable):
        raise found
    return found


async def test_the_file_comes_whole_and_a_clean_one_passes(no_descriptor_is_left: None, tmp_path: Path) -> None:
    got: list[Request] = []

    async def keep(sock: socket.socket) -> None:
        got.extend(await requests(sock))
        send_nowait(sock, encode(FileScanned(1, "clean", (), "", "txt")))

    data = bytes(range(256)) * 1000
    assert await asked(tmp_path, keep, data) == ()
    assert got[0] == ScanFile(1, "a.txt", "text/plain", ("txt",))
    assert got[-1] == ScanEnd(1, len(data))
    pieces = [piece.data for piece in got if isinstance(piece, ScanPiece)]
    assert b"".join(pieces) == data
    assert max(len(piece) for piece in pieces) == INLINE_BYTES


@pytest.mark.parametrize(
    ("behave", "words"),
    [
        (saying("infected"), ("infected",)),
        (saying("unscannable"), ("unscannable",)),
        (saying("clean", "damaged", "polyglot"), ("damaged", "polyglot")),
        (saying("error", "damaged"), ("damaged",)),
        (saying("timeout", "damaged"), ("damaged",)),
    ],
)
async def test_what_is_wrong_with_the_file_is_told(tmp_path: Path, behave: Behaviour, words: tuple[str, ...]) -> None:
    assert await asked(tmp_path, behave) == words


@pytest.mark.parametrize(
    ("behave", "reason"),
    [
        (saying("error"), Reason.SCAN_FAILED),
        (saying("timeout"), Reason.SCAN_TIMEOUT),
        (silent, Reason.SCAN_TIMEOUT),
        (midway, Reason.SCANNER_UNAVAILABLE),
        (answering(b"\xc1"), Reason.SCANNER_INVALID),
        (answering(b"clean"), Reason.SCANNER_INVALID),
        (saying("CLEAN"), Reason.SCANNER_INVALID),
        (answering(encode(FileScanned(2, "clean", (), "", "txt"))), Reason.SCANNER_INVALID),
        (answering(encode(Recorded(1, 1))), Reason.SCANNER_INVALID),
        (answering(encode(FileScanned(1, "clean", (), "", "txt")) + b"\x00"), Reason.SCANNER_INVALID),
    ],
    ids=[
        "error", "timeout", "slow", "closes midway", "no message", "a word", "an unknown verdict", "another file's",
        "another answer", "more behind it",
    ],
)  # fmt: skip
async def test_a_scanner_that_fails_lets_nothing_pass(
    no_descriptor_is_left: None,
    tmp_path: Path,
    autojump_clock: trio.testing.MockClock,
    behave: Behaviour,
    reason: Reason,
) -> None:
    with pytest.raises(Unavailable) as caught:
        await asked(tmp_path, behave)
    assert caught.value.reason is reason


def test_without_a_scanner_there_is_nobody_to_ask(no_descriptor_is_left: None, tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        FileScan(tmp_path / "nobody.sock", TIMEOUT_S)
    assert caught.value.reason is Reason.SCANNER_UNAVAILABLE
