"""The status socket: one whole answer, or Absent with a reason; never anything else."""

from __future__ import annotations

import os
import socket
import stat
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
import trio
import trio.testing

from relay.ops import status
from relay.ops.metrics import Series
from relay.ops.status import Absent, Health, Status, ask_status, open_listener, serve_status, socket_path

STATUS = Status(
    "front", 1, "0123", [Series("sekisho_requests_total", ("a", "b", "c", "d"), 3)], {"ledger": Health(ok=False, reason="full")}
)  # fmt: skip
ENCODED = msgspec.msgpack.encode(STATUS)


@asynccontextmanager
async def answering(path: Path, answer: bytes, *, close: bool = True) -> AsyncIterator[None]:
    """A process that says exactly `answer`."""
    listener = trio.socket.from_stdlib_socket(open_listener(path))

    async def answer_all() -> None:
        while True:
            client, _ = await listener.accept()
            await client.send(answer)
            if close:
                client.close()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(answer_all)
        yield
        nursery.cancel_scope.cancel()
    listener.close()


async def test_a_status_arrives_as_it_was_sent(tmp_path: Path) -> None:
    path = tmp_path / "front-1.sock"
    with open_listener(path) as listener:
        async with trio.open_nursery() as nursery:
            await nursery.start(serve_status, listener, lambda: STATUS)
            for _ in range(10):
                assert await ask_status(path) == STATUS
            nursery.cancel_scope.cancel()


async def test_a_large_status_arrives_whole(tmp_path: Path) -> None:
    large = Status("front", 1, "0123", [Series("m", (str(number) * 20,), number) for number in range(20_000)], {})
    path = tmp_path / "front-1.sock"
    with open_listener(path) as listener:
        async with trio.open_nursery() as nursery:
            await nursery.start(serve_status, listener, lambda: large)
            assert await ask_status(path) == large
            nursery.cancel_scope.cancel()


async def test_silent_clients_hold_no_more_than_their_places(tmp_path: Path) -> None:
    path = tmp_path / "front-1.sock"
    large = Status("front", 1, "0123", [Series("m", ("x" * 1000,), 0)] * 5000, {})
    with open_listener(path) as listener:
        async with trio.open_nursery() as nursery:
            await nursery.start(serve_status, listener, lambda: large)
            silent = [socket.socket(socket.AF_UNIX) for _ in range(status.STATUS_CLIENTS)]
            for client in silent:
                client.connect(str(path))
            # A further one is answered when the deadline has freed a place.
            with trio.move_on_after(3 * status.STATUS_TIMEOUT_S):
                while await ask_status(path) != large:
                    pass
                nursery.cancel_scope.cancel()
            assert nursery.cancel_scope.cancel_called
            for client in silent:
                client.close()


ABSENT: list[tuple[str, bytes, str]] = [
    ("nothing", b"", "invalid answer"),
    ("part of the length", b"\x00\x00", "invalid answer"),
    ("a length beyond the limit", struct.pack(">I", status.STATUS_BYTES + 1) + ENCODED, "invalid answer"),
    ("less than the length", struct.pack(">I", len(ENCODED)) + ENCODED[:-1], "invalid answer"),
    ("not MessagePack", struct.pack(">I", 4) + b"\xc1\xc1\xc1\xc1", "invalid answer"),
    ("another type", struct.pack(">I", 1) + b"\x01", "invalid answer"),
    ("trailing bytes", struct.pack(">I", len(ENCODED) + 1) + ENCODED + b"\x00", "invalid answer"),
    ("an empty message", struct.pack(">I", 0), "invalid answer"),
]


@pytest.mark.parametrize(("answer", "reason"), [case[1:] for case in ABSENT], ids=[case[0] for case in ABSENT])
async def test_an_answer_that_is_none_is_absent(tmp_path: Path, answer: bytes, reason: str) -> None:
    async with answering(tmp_path / "s", answer):
        assert await ask_status(tmp_path / "s") == Absent(reason)


def test_every_false_answer_is_tried() -> None:
    assert len(ABSENT) == 8


async def test_an_answer_in_single_bytes_is_an_answer(tmp_path: Path) -> None:
    listener = trio.socket.from_stdlib_socket(open_listener(tmp_path / "s"))

    async def drip() -> None:
        client, _ = await listener.accept()
        for byte in struct.pack(">I", len(ENCODED)) + ENCODED:
            await client.send(bytes([byte]))
        client.close()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(drip)
        assert await ask_status(tmp_path / "s") == STATUS
    listener.close()


async def test_who_does_not_answer_in_time_is_absent(tmp_path: Path, autojump_clock: trio.testing.MockClock) -> None:
    autojump_clock.autojump_threshold = 0.01
    with open_listener(tmp_path / "s"):
        assert await ask_status(tmp_path / "s") == Absent("no answer in time")


async def test_a_socket_that_is_not_there_or_dead_is_absent(tmp_path: Path) -> None:
    assert await ask_status(tmp_path / "s") == Absent("no answer")
    open_listener(tmp_path / "s").close()
    assert await ask_status(tmp_path / "s") == Absent("no answer")


def test_the_socket_is_closed_to_others_and_replaces_a_dead_one(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        for _ in range(2):
            listener = open_listener(tmp_path / "s")
            assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o660
            listener.close()
    finally:
        os.umask(before)
    with pytest.raises(FileNotFoundError):
        open_listener(tmp_path / "nowhere" / "s")


def test_paths_are_named_by_role_and_worker(tmp_path: Path) -> None:
    assert socket_path(tmp_path, "ledger") == tmp_path / "status" / "ledger.sock"
    assert socket_path(tmp_path, "front", 2) == tmp_path / "status" / "front-2.sock"
