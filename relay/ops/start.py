"""How every role starts and ends: load ▸ open sockets ▸ put up the walls ▸ serve until asked to end.

The order is the point. Keys are read and sockets opened first, with the privileges that needs; then the walls go up and are
tried; only then is the first byte from outside read. Exit codes are those of sysexits.h, see `relay.base.errors`.
"""

from __future__ import annotations

import argparse
import gc
import os
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Protocol, runtime_checkable

import trio

from relay.base.errors import Broken, ConfigInvalid, Problem, WallMissing
from relay.ops import clock, status
from relay.ops.allocator import keep_freed_memory
from relay.ops.lifecycle import Notifier, run_until_signal
from relay.ops.logs import Log
from relay.ops.metrics import LOG_LINES_LOST, Process, Registry
from relay.ops.sandbox.privileges import group_of, identity
from relay.ops.sandbox.walls import Demand, Held, Walls, enter

SOCKETS_MODE = 0o755  # of a directory of sockets: each socket says itself who may connect

_COLLECT_AFTER = 20_000  # new containers; a request leaves some 500, few of them in cycles (Python's default is 700)
_EXIT_SOFTWARE = 70  # EX_SOFTWARE: a bug of ours


class Beside(Protocol):
    """Something that a role serves beside its work; it calls `task_status.started()` and runs until cancelled."""

    async def __call__(self, current: Callable[[], status.Status], *, task_status: trio.TaskStatus[None]) -> None: ...


@runtime_checkable
class Reloads(Protocol):
    """A role that takes SIGHUP."""

    async def reload(self) -> None:
        """Put into force what was changed. Raises ConfigInvalid, and then everything is as it was."""


class Role(Protocol):
    """What `run` needs to know of a role. Made by its `__main__` from its settings, sockets open, walls not yet up."""

    walls: Walls
    landlock: Demand
    seccomp: Demand
    run_dir: Path
    drain_timeout_ms: int
    registry: Registry
    status_listener: socket.socket | None  # opened by systemd; None: opened here
    status_client: str | None  # the user of the exporter, who alone may ask for the status
    beside: Beside | None  # what the role serves beside its work

    async def serve(self, drain: trio.Event, held: Held, *, task_status: trio.TaskStatus[None]) -> None:
        """Serve until `drain` is set and everything begun is finished."""

    def health(self) -> Mapping[str, status.Health]:
        """Each thing that the role depends on."""

    def refresh(self) -> None:
        """Bring the gauges up to date, before a snapshot."""


def arguments(role: str, argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line of a role: `--config FILE` and, where it has several processes, `--worker N`."""
    default = "/etc/sekisho/gate.toml" if role == "gate" else "/etc/sekisho/sekisho.toml"
    parser = argparse.ArgumentParser(
        prog=f"sekisho {role}",
        description=f"The {role} role of Sekisho, in the foreground. systemd or `sekisho run` starts it.",
        epilog=f"example: sekisho {role} --config {default}",
    )
    parser.add_argument("--config", type=Path, default=Path(default), metavar="FILE", help=f"default: {default}")
    if role == "front":
        parser.add_argument("--worker", type=int, default=0, metavar="N", help="number of this worker, from 0")
    return parser.parse_args(argv)


def run(name: str, make: Callable[[argparse.Namespace], Role], argv: Sequence[str] | None = None) -> int:
    """The whole life of a role; its exit code."""
    options = arguments(name, argv)
    worker: int | None = getattr(options, "worker", None)
    log = Log(name, worker)
    try:
        notifier = Notifier()
        role = make(options)
        listener = role.status_listener or _status_listener(role, name, worker)
        process = Process(role.registry)
        _finish_turns()
        keep_freed_memory()
        held = enter(role.walls, role.landlock, role.seccomp)
    except (ConfigInvalid, WallMissing, Broken) as error:  # Broken: a log that does not fit together
        print(f"sekisho {name}: {error}", file=sys.stderr)
        return error.exit_code
    log.info("walls_up", walls=list(held.walls), missing=list(held.missing))
    current = _status_of(role, name, worker or 0, process, log)

    async def serve(drain: trio.Event, *, task_status: trio.TaskStatus[None]) -> None:
        async with trio.open_nursery() as nursery:
            await nursery.start(status.serve_status, listener, current)
            if role.beside is not None:
                await nursery.start(role.beside, current)
            await role.serve(drain, held, task_status=task_status)
            nursery.cancel_scope.cancel()

    _spare_the_collector()
    reload = role.reload if isinstance(role, Reloads) else None
    life = partial(
        run_until_signal, serve, notifier=notifier, log=log, drain_timeout_ms=role.drain_timeout_ms, reload=reload
    )
    return _exit_code(life, log)


def _exit_code(life: Callable[[], Awaitable[None]], log: Log) -> int:
    """How a life ended."""
    try:
        trio.run(life)
    except* Exception as group:
        leaf = _first_leaf(group)
        log.fault("failed", leaf)
        code = leaf.exit_code if isinstance(leaf, Broken) else _EXIT_SOFTWARE
    else:
        log.info("ended")
        code = 0
    return code


def _status_of(role: Role, name: str, worker: int, process: Process, log: Log) -> Callable[[], status.Status]:
    """What tells how this process is at the time it is asked."""
    instance = f"{os.getpid()}-{clock.boottime_ns()}"
    lost = role.registry.scalar(LOG_LINES_LOST).at()

    def current() -> status.Status:
        process.refresh()
        lost.set(log.lost)
        role.refresh()
        return status.Status(name, worker, instance, role.registry.snapshot(), dict(role.health()))

    return current


def _finish_turns() -> None:
    """SCHED_BATCH, sched(7): whom a role wakes does not take its core from it in the middle of a turn (docs/adr/0013).

    Both then work on more at once, with warm caches. Priority and fairness are those of any other process.
    """
    with suppress(OSError):  # a manager may forbid it: then everything is as it should be, only a little dearer
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def _status_listener(role: Role, name: str, worker: int | None) -> socket.socket:
    path = status.socket_path(role.run_dir, name, worker)
    own_directory(path.parent, SOCKETS_MODE)
    return status.open_listener(path, group_of(role.status_client))


def _spare_the_collector() -> None:
    """What is there at the start stays for ever: the cycle collector need not look at it again, nor run for every few tasks."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 100)


def own_directory(path: Path, mode: int = 0o750, user: str | None = None) -> Path:
    """The directory, made for `user` if it is not there. Raises ConfigInvalid, WallMissing."""
    who = identity(user) if os.geteuid() == 0 else None
    try:
        if not path.is_dir():
            path.mkdir(mode=mode, parents=True, exist_ok=True)
            if who is not None:
                os.chown(path, who.uid, who.gid)
    except OSError as error:
        raise ConfigInvalid([Problem(str(path), 0, str(error.strerror), "make it, for this role's user")]) from error
    return path


def walls_detail(held: Held) -> str:
    """What the operation record of a start says of the walls."""
    missing = ", ".join(held.missing) or "none"
    return f"landlock {held.landlock_abi}, seccomp {'on' if held.seccomp else 'off'}, missing: {missing}"[:160]


def _first_leaf(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
