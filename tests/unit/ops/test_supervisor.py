"""The small supervisor, with real processes: readiness, starting again, back-off, holding, and the order of the end."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

from relay.ops import supervisor as module
from relay.ops.logs import Log
from relay.ops.supervisor import Child, StartFailed, Supervisor
from tests.descriptors import none_left

# argv: directory, name, what to do. Each start adds a line `name` to `directory`/starts, each SIGTERM to `ends`.
CHILD = """
import os, signal, socket, sys, time

directory, name, *acts = sys.argv[1:]

def note(file, text):
    with open(os.path.join(directory, file), "a") as opened:
        opened.write(text + "\\n")

def ready():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.sendto(b"STATUS=serving\\nREADY=1", os.environ["NOTIFY_SOCKET"])

def asked_to_end(*_):
    note("ends", name)
    if "deaf" not in acts:
        sys.exit(0)

signal.signal(signal.SIGTERM, asked_to_end)
signal.signal(signal.SIGHUP, lambda *_: note("reloads", name))
note("starts", name)
for act in acts:
    verb, _, value = act.partition("=")
    if verb == "ready":
        ready()
    elif verb == "extend":
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.sendto(b"EXTEND_TIMEOUT_USEC=" + value.encode() + b"\\nSTATUS=compiling", os.environ["NOTIFY_SOCKET"])
    elif verb == "wait":
        time.sleep(float(value))
    elif verb == "exit":
        sys.exit(int(value))
    elif verb == "until" and not os.path.exists(os.path.join(directory, value)):
        sys.exit(1)
    elif verb == "sockets":
        fds = int(os.environ["LISTEN_FDS"])
        ports = [socket.socket(fileno=3 + number).getsockname()[1] for number in range(fds)]
        note("sockets", repr((os.environ["LISTEN_PID"] == str(os.getpid()), os.environ["LISTEN_FDNAMES"], ports)))
    elif verb == "environment":
        note("environment", " ".join(sorted(os.environ)))
while True:
    time.sleep(60)
"""


class World:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.changes: list[frozenset[str]] = []
        self.supervisor = Supervisor(
            directory / "run", Log("supervisor"), drain_timeout_s=2.0, changed=self._changed, output=None
        )

    def _changed(self) -> None:
        self.changes.append(frozenset(self.supervisor.pids))

    def child(self, name: str, *acts: str, listeners: tuple[socket.socket, ...] = ()) -> Child:
        return Child(
            name, "supervised_child", (str(self.directory), name, *acts), listeners, "front" if listeners else ""
        )

    def lines(self, file: str) -> list[str]:
        path = self.directory / file
        return path.read_text().splitlines() if path.exists() else []

    async def until(self, file: str, count: int) -> list[str]:
        """The lines of `file` once there are so many."""
        with trio.fail_after(10):
            while len(self.lines(file)) < count:
                await trio.sleep(0.01)
        return self.lines(file)

    @asynccontextmanager
    async def running(self, *children: Child) -> AsyncIterator[trio.Nursery]:
        async with trio.open_nursery() as nursery:
            await self.supervisor.start(children, nursery)
            yield nursery
            nursery.cancel_scope.cancel()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    (tmp_path / "supervised_child.py").write_text(CHILD)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("A_SECRET", "x")
    monkeypatch.setattr(module, "_ENVIRONMENT", (*module._ENVIRONMENT, "PYTHONPATH"))
    monkeypatch.setattr(module, "BACKOFF_S", (0.0,))
    with none_left():
        yield World(tmp_path)


def failed(group: BaseExceptionGroup[BaseException]) -> StartFailed:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        (error,) = error.exceptions
    assert isinstance(error, StartFailed)
    return error


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_each_starts_when_the_one_before_is_ready(world: World) -> None:
    async with world.running(world.child("ledger", "ready"), world.child("egress", "ready")):
        assert list(world.supervisor.pids) == ["ledger", "egress"]
        assert world.lines("starts") == ["ledger", "egress"]
        assert world.changes == [frozenset({"ledger"}), frozenset({"ledger", "egress"})]
        pids = list(world.supervisor.pids.values())
    assert not any(is_alive(pid) for pid in pids)
    assert world.supervisor.pids == {}


@pytest.mark.parametrize(("act", "code"), [("exit=78", 78), ("exit=0", 1), ("exit=3", 3)])
async def test_a_child_that_ends_before_it_is_ready(world: World, act: str, code: int) -> None:
    with pytest.raises(BaseExceptionGroup) as caught:
        async with world.running(
            world.child("ledger", "ready"), world.child("egress", act), world.child("front", "ready")
        ):
            raise AssertionError
    error = failed(caught.value)
    assert (error.exit_code, str(error).partition(" ")[0]) == (code, "egress")
    assert world.lines("starts") == ["ledger", "egress"]
    assert world.supervisor.pids == {}


async def test_a_child_that_is_never_ready(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "READY_TIMEOUT_S", 0.2)
    with pytest.raises(BaseExceptionGroup) as caught:
        async with world.running(world.child("egress")):
            raise AssertionError
    assert failed(caught.value).exit_code == 1


async def test_a_child_that_asks_for_time_is_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "READY_TIMEOUT_S", 1.0)
    async with world.running(world.child("front-0", "extend=30000000", "wait=1.5", "ready")):
        assert "front-0" in world.supervisor.pids
    assert world.lines("starts") == ["front-0"]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ([b"READY=1"], 0),
        ([b"STATUS=x", b"EXTEND_TIMEOUT_USEC=2500000"], 2.5),
        ([b"EXTEND_TIMEOUT_USEC=600000000"], 600),
        ([b"EXTEND_TIMEOUT_USEC=600000001"], 600),
        ([b"EXTEND_TIMEOUT_USEC=" + b"9" * 5000], 600),
        ([b"EXTEND_TIMEOUT_USEC=-1"], 0),
        ([b"EXTEND_TIMEOUT_USEC="], 0),
    ],
)
def test_how_much_time_a_child_gets(said: list[bytes], seconds: float) -> None:
    assert module._extension_s(said) == seconds


async def test_a_reload_is_passed_on_to_those_of_the_name(world: World) -> None:
    children = [world.child(name, "ready") for name in ("egress", "front-0", "front-1")]
    async with world.running(*children):
        world.supervisor.hang_up("front")
        assert sorted(await world.until("reloads", 2)) == ["front-0", "front-1"]


async def test_what_ends_is_started_again(world: World) -> None:
    async with world.running(world.child("egress", "ready")):
        first = world.supervisor.pids["egress"]
        os.kill(first, signal.SIGKILL)
        await world.until("starts", 2)
        with trio.fail_after(10):
            while world.supervisor.pids.get("egress", first) == first:
                await trio.sleep(0.01)
        assert not is_alive(first)
        assert world.changes == [frozenset({"egress"}), frozenset(), frozenset({"egress"})]


async def test_a_child_that_was_ready_once_is_started_again_whatever_it_ends_with(world: World) -> None:
    """Also when it ends before it is ready, or with the code for a bad configuration: an operator may be mending it."""
    (world.directory / "fine").touch()
    async with world.running(world.child("egress", "until=fine", "ready", "exit=78")):
        (world.directory / "fine").unlink()
        assert len(await world.until("starts", 3)) == 3


class Asked(tuple[float, ...]):
    """Delays that tell which of them was asked for."""

    positions: list[int]

    def __getitem__(self, position: Any) -> Any:
        self.positions.append(position)
        return super().__getitem__(position)


async def test_starting_again_takes_longer_each_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    delays = Asked((0.0, 0.0, 0.0))
    delays.positions = []
    monkeypatch.setattr(module, "BACKOFF_S", delays)
    async with world.running(world.child("egress", "ready", "exit=1")):
        await world.until("starts", 6)
    assert delays.positions[:5] == [0, 1, 2, 2, 2]


async def test_a_child_that_ran_for_long_is_no_crash_loop(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    delays = Asked((0.0, 0.0, 0.0))
    delays.positions = []
    monkeypatch.setattr(module, "BACKOFF_S", delays)
    monkeypatch.setattr(module, "STEADY_S", 0.0)
    async with world.running(world.child("egress", "ready", "exit=1")):
        await world.until("starts", 4)
    assert delays.positions[:3] == [0, 0, 0]


async def test_a_child_is_held_and_released(world: World) -> None:
    async with world.running(world.child("gate", "ready")):
        first = world.supervisor.pids["gate"]
        await world.supervisor.hold("gate")
        assert not is_alive(first)
        assert world.supervisor.pids == {}
        await trio.sleep(0.1)
        assert world.lines("starts") == ["gate"]
        await world.supervisor.release("gate")
        assert world.supervisor.pids["gate"] != first
        assert world.lines("starts") == ["gate", "gate"]


async def test_they_end_in_order(world: World) -> None:
    names = ("ledger", "egress", "front-0", "front-1")
    async with world.running(*(world.child(name, "ready") for name in names)):
        await world.supervisor.stop(("front", "egress", "exporter", "ledger"))
        ends = world.lines("ends")
        assert sorted(ends[:2]) == ["front-0", "front-1"]
        assert ends[2:] == ["egress", "ledger"]
        assert world.supervisor.pids == {}
    assert len(world.lines("starts")) == 4  # nothing was started again


async def test_a_child_that_does_not_end_is_ended(world: World) -> None:
    world.supervisor._drain_timeout_s = 0.2
    async with world.running(world.child("front-0", "ready", "deaf"), world.child("front-1", "ready")):
        deaf = world.supervisor.pids["front-0"]
        await world.supervisor.stop(("front",))
        assert not is_alive(deaf)
        assert sorted(world.lines("ends")) == ["front-0", "front-1"]
        assert world.supervisor.pids == {}


async def test_a_child_that_waits_to_be_started_again_is_not_when_all_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BACKOFF_S", (0.2,))
    async with world.running(world.child("ledger", "ready"), world.child("egress", "ready")):
        os.kill(world.supervisor.pids["egress"], signal.SIGKILL)
        with trio.fail_after(10):
            while "egress" in world.supervisor.pids:
                await trio.sleep(0.01)
        await world.supervisor.stop(("egress", "ledger"))
        await trio.sleep(0.4)
    assert world.lines("starts") == ["ledger", "egress"]


async def test_listeners_are_handed_over_as_systemd_does(world: World) -> None:
    with socket.socket() as one, socket.socket() as other:
        for sock in (one, other):
            sock.bind(("127.0.0.1", 0))
            sock.listen()
        ports = [one.getsockname()[1], other.getsockname()[1]]
        async with world.running(world.child("front-0", "sockets", "ready", listeners=(one, other))):
            assert world.lines("sockets") == [repr((True, "front:front", ports))]


async def test_a_child_gets_no_more_of_the_environment_than_it_needs(world: World) -> None:
    async with world.running(world.child("egress", "environment", "ready")):
        (line,) = world.lines("environment")
        assert "A_SECRET" not in line
        assert {"NOTIFY_SOCKET", "PATH"} <= set(line.split())
