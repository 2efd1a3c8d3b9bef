"""What a front makes of each thing that a scanner can do: only one of them is a pass."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
import trio
import trio.testing
from msgspec.structs import replace as replaced

from policy.attachments import Attachment
from relay.base.errors import Unavailable
from relay.base.reasons import Reason
from relay.front.scanning import FileScan, Scanned
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
from relay.net.parcel import Parcel, unsealed_memfd, write_all

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


SCAN = Attachment("scan", "診断書", "Certificate", ("txt",), max_bytes=1_000_000, required=True, repeat=1)
DISARMED = replace(SCAN, active="disarm")


async def asked(directory: Path, behave: Behaviour, data: bytes = b"hello", attachment: Attachment = SCAN) -> Scanned:
    path = directory / "front.sock"
    listener = open_seqpacket_listener(str(path), mode=0o600)
    found: Scanned | Unavailable = Scanned(("nothing",))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(lambda: accept_forever(listener, behave, connections_most=1))
        with FileScan(path, TIMEOUT_S) as scan:
            try:
                await scan.begin("a.txt", "text/plain", attachment)
                await scan.send(data)
                await scan.end()
                found = await scan.verdict()
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
    assert await asked(tmp_path, keep, data) == Scanned(())
    assert got[0] == ScanFile(1, "a.txt", "text/plain", ("txt",), "refuse")
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
    assert await asked(tmp_path, behave) == Scanned(words)


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


def making(answer: FileScanned, *parcels: Parcel) -> Behaviour:
    """With each parcel beside it, which is closed then."""

    async def answer_with(sock: socket.socket) -> None:
        await requests(sock)
        with ExitStack() as sent:
            descriptors = [descriptor for parcel in parcels for descriptor in sent.enter_context(parcel).descriptors]
            send_nowait(sock, encode(answer), descriptors)

    return answer_with


LARGE = bytes(range(256)) * 1000
ANEW = FileScanned(1, "clean", (), "", "txt", "disarm/1", ("metadata",))


async def test_a_disarmed_file_comes_with_what_was_made_of_it(no_descriptor_is_left: None, tmp_path: Path) -> None:
    found = await asked(tmp_path, making(ANEW, Parcel.of(LARGE)), attachment=DISARMED)
    assert (found.words, found.tool, found.removed) == ((), "disarm/1", ("metadata",))
    assert found.made is not None
    with found.made as made:
        assert b"".join(made.pieces()) == LARGE


async def test_a_disarmed_file_is_refused_as_any(no_descriptor_is_left: None, tmp_path: Path) -> None:
    assert await asked(tmp_path, saying("infected"), attachment=DISARMED) == Scanned(("infected",))
    assert await asked(tmp_path / "..", saying("clean", "damaged"), attachment=DISARMED) == Scanned(("damaged",))


def unsealed() -> Parcel:
    descriptor = unsealed_memfd()
    write_all(descriptor, LARGE)
    return Parcel(None, descriptor, len(LARGE))


@pytest.mark.parametrize(
    ("answer", "parcels", "attachment"),
    [
        (ANEW, 0, DISARMED),
        (ANEW, 2, DISARMED),
        (ANEW, 1, SCAN),
        (ANEW, 0, SCAN),
        (replaced(ANEW, tool=""), 1, DISARMED),
        (replaced(ANEW, tool="", removed=()), 1, DISARMED),
        (replaced(ANEW, tool="", removed=()), 0, DISARMED),
        (replaced(ANEW, tool="", removed=()), 1, SCAN),
        (replaced(ANEW, verdict="infected"), 1, DISARMED),
        (replaced(ANEW, faults=("damaged",)), 1, DISARMED),
        (replaced(ANEW, tool="0123456789"), 1, DISARMED),
        (ANEW, -1, DISARMED),
    ],
)
async def test_what_is_made_where_none_is_asked_for_or_none_where_one_is_passes_nothing(
    no_descriptor_is_left: None, tmp_path: Path, answer: FileScanned, parcels: int, attachment: Attachment
) -> None:
    """-1: one that can still be changed."""
    sent = [unsealed()] if parcels < 0 else [Parcel.of(LARGE) for _ in range(parcels)]
    with pytest.raises(Unavailable) as caught:
        await asked(tmp_path, making(answer, *sent), attachment=attachment)
    assert caught.value.reason is Reason.SCANNER_INVALID


def test_without_a_scanner_there_is_nobody_to_ask(no_descriptor_is_left: None, tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        FileScan(tmp_path / "nobody.sock", TIMEOUT_S)
    assert caught.value.reason is Reason.SCANNER_UNAVAILABLE
