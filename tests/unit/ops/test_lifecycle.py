"""A role's life: readiness, reload, drain, watchdog, as its service manager sees it."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio
import trio.testing

from relay.base.errors import ConfigInvalid, Problem
from relay.ops.lifecycle import Notifier, run_until_signal
from relay.ops.logs import Log


class Manager:
    """The other end of `$NOTIFY_SOCKET`."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind(str(path))
        self.environ = {"NOTIFY_SOCKET": str(path)}

    def heard(self) -> list[str]:
        found = []
        while True:
            try:
                found.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return found

    async def wait_for(self, word: str) -> str:
        while True:
            await trio.lowlevel.wait_readable(self.socket)
            message = self.socket.recv(4096).decode()
            if word in message:
                return message


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    made = Manager(tmp_path / "notify")
    yield made
    made.socket.close()


@pytest.fixture
def log() -> Iterator[Log]:
    handle = os.open("/dev/null", os.O_WRONLY)
    yield Log("front", None, handle, {})
    os.close(handle)


class Role:
    def __init__(self, *, stubborn: bool = False) -> None:
        self.events: list[str] = []
        self.stubborn = stubborn

    async def __call__(self, drain: trio.Event, *, task_status: trio.TaskStatus[None]) -> None:
        self.events.append("starting")
        task_status.started()
        await drain.wait()
        self.events.append("draining")
        if self.stubborn:
            await trio.sleep_forever()
        self.events.append("done")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_drains_and_ends(manager: Manager, log: Log, number: signal.Signals) -> None:
    role, notifier = Role(), Notifier(manager.environ)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(lambda: run_until_signal(role, notifier=notifier, log=log, drain_timeout_ms=60_000))
        assert await manager.wait_for("READY=1") == "READY=1\nSTATUS=serving"
        os.kill(os.getpid(), number)
    assert role.events == ["starting", "draining", "done"]
    assert manager.heard() == ["STOPPING=1\nSTATUS=draining"]
    notifier.close()


async def test_what_does_not_end_is_cancelled_at_the_deadline(
    manager: Manager, log: Log, autojump_clock: trio.testing.MockClock
) -> None:
    role, notifier = Role(stubborn=True), Notifier(manager.environ)
    autojump_clock.autojump_threshold = 0.01
    async with trio.open_nursery() as nursery:
        nursery.start_soon(lambda: run_until_signal(role, notifier=notifier, log=log, drain_timeout_ms=5_000))
        await manager.wait_for("READY=1")
        asked = trio.current_time()
        os.kill(os.getpid(), signal.SIGTERM)
    assert trio.current_time() - asked >= 5
    assert role.events == ["starting", "draining"]
    notifier.close()


async def test_a_second_signal_cuts_the_drain_short(manager: Manager, log: Log) -> None:
    role, notifier = Role(stubborn=True), Notifier(manager.environ)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(lambda: run_until_signal(role, notifier=notifier, log=log, drain_timeout_ms=600_000))
        await manager.wait_for("READY=1")
        os.kill(os.getpid(), signal.SIGTERM)
        await manager.wait_for("STOPPING=1")
        os.kill(os.getpid(), signal.SIGTERM)
    assert role.events == ["starting", "draining"]
    notifier.close()


async def test_hangup_reloads_and_a_refused_reload_goes_on(manager: Manager, log: Log) -> None:
    role, notifier = Role(), Notifier(manager.environ)
    reloads = 0

    async def reload() -> None:
        nonlocal reloads
        reloads += 1
        if reloads == 2:
            raise ConfigInvalid([Problem("sekisho.toml", 1, "wrong", "mend it")])

    async with trio.open_nursery() as nursery:
        nursery.start_soon(
            lambda: run_until_signal(role, notifier=notifier, log=log, drain_timeout_ms=60_000, reload=reload)
        )
        await manager.wait_for("READY=1")
        os.kill(os.getpid(), signal.SIGHUP)
        assert "MONOTONIC_USEC=" in await manager.wait_for("RELOADING=1")
        assert await manager.wait_for("READY=1") == "READY=1\nSTATUS=serving"
        os.kill(os.getpid(), signal.SIGHUP)
        assert "refused" in await manager.wait_for("READY=1")
        assert role.events == ["starting"]
        os.kill(os.getpid(), signal.SIGTERM)
    assert reloads == 2
    notifier.close()


class Reload:
    """A reload hook that ends when it is told to."""

    def __init__(self) -> None:
        self.began, self.ended = 0, 0
        self.go_on = trio.Event()

    async def __call__(self) -> None:
        self.began += 1
        await self.go_on.wait()
        self.ended += 1


async def test_signals_during_a_reload_ask_for_one_more(manager: Manager, log: Log) -> None:
    role, notifier, reload = Role(), Notifier(manager.environ), Reload()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(
            lambda: run_until_signal(role, notifier=notifier, log=log, drain_timeout_ms=60_000, reload=reload)
        )
        await manager.wait_for("READY=1")
        os.kill(os.getpid(), signal.SIGHUP)
        await manager.wait_for("RELOADING=1")
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGHUP)
            await trio.testing.wait_all_tasks_blocked()
        assert (reload.began, reload.ended) == (1, 0)
        reload.go_on.set()
        for _ in range(2):
            await manager.wait_for("READY=1")
        await trio.testing.wait_all_tasks_blocked()
        os.kill(os.getpid(), signal.SIGTERM)
    assert (reload.began, reload.ended) == (2, 2)
    notifier.close()


async def test_an_end_does_not_wait_for_a_reload(manager: Manager, log: Log) -> None:
    role, notifier, reload = Role(), Notifier(manager.environ), Reload()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(
            lambda: run_until_signal(role, notifier=notifier, log=log, drain_timeout_ms=60_000, reload=reload)
        )
        await manager.wait_for("READY=1")
        os.kill(os.getpid(), signal.SIGHUP)
        await manager.wait_for("RELOADING=1")
        os.kill(os.getpid(), signal.SIGTERM)
    assert (reload.began, reload.ended) == (1, 0)
    assert role.events == ["starting", "draining", "done"]
    assert manager.heard() == ["STOPPING=1\nSTATUS=draining"]
    notifier.close()


async def test_a_reload_that_fails_by_a_bug_leaves_the_role_serving(manager: Manager, tmp_path: Path) -> None:
    role, notifier = Role(), Notifier(manager.environ)

    async def reload() -> None:
        raise KeyError("a value that is not logged")

    with (tmp_path / "log").open("wb") as out:
        log = Log("front", None, out.fileno(), {})
        async with trio.open_nursery() as nursery:
            nursery.start_soon(
                lambda: run_until_signal(role, notifier=notifier, log=log, drain_timeout_ms=60_000, reload=reload)
            )
            await manager.wait_for("READY=1")
            os.kill(os.getpid(), signal.SIGHUP)
            assert "failed" in await manager.wait_for("READY=1")
            assert role.events == ["starting"]
            os.kill(os.getpid(), signal.SIGTERM)
    said = (tmp_path / "log").read_text()
    assert '"event":"reload_failed"' in said and "not logged" not in said
    notifier.close()


async def test_every_problem_of_a_refused_reload_is_on_a_line(manager: Manager, tmp_path: Path) -> None:
    notifier = Notifier(manager.environ)
    problems = [Problem("/etc/rules.conf", line, "is wrong", "write it right") for line in range(1, 60)]

    async def reload() -> None:
        raise ConfigInvalid(problems)

    with (tmp_path / "log").open("wb") as out:
        log = Log("front", None, out.fileno(), {})
        async with trio.open_nursery() as nursery:
            nursery.start_soon(
                lambda: run_until_signal(Role(), notifier=notifier, log=log, drain_timeout_ms=60_000, reload=reload)
            )
            await manager.wait_for("READY=1")
            os.kill(os.getpid(), signal.SIGHUP)
            await manager.wait_for("READY=1")
            os.kill(os.getpid(), signal.SIGTERM)
    lines = [line for line in (tmp_path / "log").read_text().splitlines() if '"event":"problem"' in line]
    assert len(lines) == 50
    assert '"problem":"/etc/rules.conf:1: is wrong mend: write it right"' in lines[0]
    assert '"problems":59' in (tmp_path / "log").read_text()
    notifier.close()


def test_a_start_that_takes_longer_asks_for_time(manager: Manager) -> None:
    notifier = Notifier(manager.environ)
    notifier.extend(120, "compiling\nrules")
    assert manager.heard() == ["EXTEND_TIMEOUT_USEC=120000000\nSTATUS=compiling rules"]
    notifier.close()


async def test_hangup_without_a_reload_changes_nothing(manager: Manager, log: Log) -> None:
    role, notifier = Role(), Notifier(manager.environ)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(lambda: run_until_signal(role, notifier=notifier, log=log, drain_timeout_ms=60_000))
        await manager.wait_for("READY=1")
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGTERM)
    assert role.events == ["starting", "draining", "done"]
    notifier.close()


async def test_a_role_that_ends_by_itself_ends_the_run(log: Log) -> None:
    async def serve(drain: trio.Event, *, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()

    await run_until_signal(serve, notifier=Notifier({}), log=log, drain_timeout_ms=1)


async def test_a_role_that_fails_raises(log: Log) -> None:
    async def serve(drain: trio.Event, *, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        raise LookupError

    with pytest.RaisesGroup(LookupError):
        await run_until_signal(serve, notifier=Notifier({}), log=log, drain_timeout_ms=1)


async def test_the_watchdog_is_fed_by_the_loop(
    manager: Manager, log: Log, autojump_clock: trio.testing.MockClock
) -> None:
    notifier = Notifier({**manager.environ, "WATCHDOG_USEC": "3000000"})

    async def serve(drain: trio.Event, *, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        await trio.sleep(9.5)

    await run_until_signal(serve, notifier=notifier, log=log, drain_timeout_ms=1)
    assert manager.heard().count("WATCHDOG=1") == 10  # at 0 s, and then each second
    notifier.close()


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, 0.0),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, 0.0),
        ({"WATCHDOG_USEC": "soon"}, 0.0),
    ],
)
def test_the_watchdog_is_ours_only_if_it_says_so(environ: dict[str, str], seconds: float) -> None:
    assert Notifier(environ).watchdog_s == seconds


@pytest.mark.parametrize("address", ["", "relative", "/nowhere/at/all", "@sekisho-nobody-listens-here"])
def test_a_manager_that_is_not_there_is_no_fault(address: str) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": address})
    notifier.ready()
    notifier.status("line\nbreaks")
    notifier.close()


def test_a_status_is_one_line(manager: Manager) -> None:
    notifier = Notifier(manager.environ)
    notifier.status("two\nlines")
    assert manager.heard() == ["STATUS=two lines"]
    manager.socket.close()
    notifier.alive()
    notifier.close()
