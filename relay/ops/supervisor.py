"""A small supervisor: starts processes in order, waits until each is ready, starts again what ends, and ends all in order.

For one host and for trying things out (`sekisho run`, `sekisho lab`); under systemd each role is a unit of its own and this is not used.
It speaks the same protocol as systemd: `$NOTIFY_SOCKET` for readiness and for a start that takes longer, `$LISTEN_FDS` for the
shared listener of the front's workers, SIGHUP to reload, SIGTERM to end. A child that outlives it is ended by the kernel
(PR_SET_PDEATHSIG, by setpriv(1)).
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import trio

from relay.base.errors import SekishoError
from relay.ops.logs import Log

READY_TIMEOUT_S: Final = 30.0  # recovery of a long journal is the slowest start of those that do not ask for more
EXTENSION_MOST_S: Final = 600.0  # at once; a child that goes on asking goes on being waited for
BACKOFF_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_USEC_DIGITS: Final = 15  # more is beyond EXTENSION_MOST_S in any case
STEADY_S: Final = 2.0  # a child that ran this long is no crash loop: its back-off starts anew
_ENVIRONMENT: Final = ("PATH", "LANG", "LC_ALL", "TZ", "HOME")


class StartFailed(SekishoError):
    """A child ended before it was ready, or was not ready in time. `exit_code` is the child's, or 1."""

    def __init__(self, name: str, exit_code: int) -> None:
        super().__init__(f"{name} did not start (exit code {exit_code}); what it said stands above")
        self.exit_code = exit_code if exit_code > 0 else 1


@dataclass(frozen=True, slots=True)
class Child:
    """What to run. `listeners` become descriptors 3, 4, … of the child, as systemd hands them over."""

    name: str
    module: str
    arguments: tuple[str, ...] = ()
    listeners: tuple[socket.socket, ...] = ()
    listeners_name: str = ""


class Supervisor:
    """`pids`: of the children that run now, by name. `changed` is called whenever that changes."""

    def __init__(
        self,
        run_dir: Path,
        log: Log,
        *,
        drain_timeout_s: float,
        changed: Callable[[], None],
        output: int | None = None,
    ) -> None:
        """`output`: a descriptor for what the children write, instead of our own stdout and stderr."""
        self._output = output
        self._held: dict[str, trio.Event] = {}
        self.pids: dict[str, int] = {}
        self._notify_dir = run_dir / "notify"
        self._log = log
        self._drain_timeout_s = drain_timeout_s
        self._changed = changed
        self._ending = trio.Event()
        self._ended: dict[str, trio.Event] = {}

    async def start(self, children: Sequence[Child], nursery: trio.Nursery) -> None:
        """Start all, each when the one before is ready. Raises StartFailed."""
        self._notify_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        for child in children:
            await nursery.start(self._keep, child)

    def hang_up(self, name: str) -> None:
        """Have the children of that name that are ready reload; one that is starting reads what is there now."""
        for child in self._named(name):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pids[child], signal.SIGHUP)

    def _named(self, name: str) -> list[str]:
        """A name stands for all that begin with it."""
        return [child for child in self.pids if child == name or child.startswith(f"{name}-")]

    async def stop(self, order: Sequence[str]) -> None:
        """End the children, one name after the other."""
        self._ending.set()
        for name in order:
            ending = self._named(name)
            for child in ending:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pids[child], signal.SIGTERM)
            for child in ending:
                with trio.move_on_after(self._drain_timeout_s) as patience:
                    await self._ended[child].wait()
                if patience.cancelled_caught:
                    self._log.warning("killed_after_drain", pid=self.pids.get(child, 0))
                    with contextlib.suppress(KeyError, ProcessLookupError):
                        os.kill(self.pids[child], signal.SIGKILL)
                    await self._ended[child].wait()

    async def hold(self, name: str) -> None:
        """End one child and keep it from starting again until `release`."""
        self._held[name] = trio.Event()
        if name in self.pids:
            os.kill(self.pids[name], signal.SIGKILL)
            await self._ended[name].wait()

    async def release(self, name: str) -> None:
        """Let a held child start again; returns when it is ready."""
        self._held.pop(name).set()
        while name not in self.pids:  # noqa: ASYNC110  # readiness comes from another process
            await trio.sleep(0.05)

    async def _keep(self, child: Child, task_status: trio.TaskStatus[None]) -> None:
        """Run `child`, again and again. Raises StartFailed when it ends its first start without having been ready."""
        failures = 0
        while not self._ending.is_set():
            began = trio.current_time()
            code = await self._once(child, task_status)
            self._log.info("child_ended", exit_code=code, peer_role=child.name)
            if self._ending.is_set():
                return
            if child.name not in self._ended:
                raise StartFailed(child.name, code)
            if child.name in self._held:
                await self._held[child.name].wait()
                continue
            if trio.current_time() - began > STEADY_S:
                failures = 0
            await trio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
            failures += 1

    async def _once(self, child: Child, task_status: trio.TaskStatus[None]) -> int:
        with self._notify_socket(child.name) as (notify, address):
            process = self._spawn(child, address)
            ended = trio.Event()
            try:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._until_ready, child, process, notify, ended, task_status)
                    await _wait_for(process)
                    nursery.cancel_scope.cancel()
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
                self.pids.pop(child.name, None)
                ended.set()
                self._changed()
        return process.returncode

    async def _until_ready(
        self,
        child: Child,
        process: subprocess.Popen[bytes],
        notify: socket.socket,
        ended: trio.Event,
        task_status: trio.TaskStatus[None],
    ) -> None:
        with trio.move_on_after(READY_TIMEOUT_S) as patience:
            while True:
                await trio.lowlevel.wait_readable(notify)
                said = notify.recv(4096).split(b"\n")
                patience.deadline = max(patience.deadline, trio.current_time() + _extension_s(said))
                if b"READY=1" in said:
                    is_first = child.name not in self._ended
                    self.pids[child.name] = process.pid
                    self._ended[child.name] = ended
                    self._changed()
                    if is_first:
                        task_status.started()
                    return
        process.kill()

    def _spawn(self, child: Child, notify_address: str) -> subprocess.Popen[bytes]:
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        environment["NOTIFY_SOCKET"] = notify_address
        environment["PYTHONUNBUFFERED"] = "1"
        # setpriv(1): the kernel ends a child that outlives us
        command = ["setpriv", "--pdeathsig", "TERM", "--", sys.executable, "-P", "-m", child.module, *child.arguments]
        passed = [listener.fileno() for listener in child.listeners]
        if passed:
            environment["LISTEN_FDS"] = str(len(passed))
            environment["LISTEN_FDNAMES"] = ":".join([child.listeners_name] * len(passed))
            handover = [sys.executable, "-P", "-m", "relay.ops.handover", ",".join(map(str, passed))]
            command = [*handover, *command]
        return subprocess.Popen(
            command,
            env=environment,
            pass_fds=passed,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
        )

    @contextlib.contextmanager
    def _notify_socket(self, name: str) -> Iterator[tuple[socket.socket, str]]:
        """A socket for one child, and its address."""
        path = self._notify_dir / f"{name}.sock"
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC) as notify:
            notify.bind(str(path))
            try:
                yield notify, str(path)
            finally:
                path.unlink(missing_ok=True)


def _extension_s(said: Sequence[bytes]) -> float:
    """What a message asks for by EXTEND_TIMEOUT_USEC (sd_notify(3)); 0 where it does not."""
    asked = [value for name, _, value in (line.partition(b"=") for line in said) if name == b"EXTEND_TIMEOUT_USEC"]
    digits = next((value for value in asked if value.isdigit()), b"0")
    return min(int(digits[:_USEC_DIGITS]) / 1_000_000, EXTENSION_MOST_S)


async def _wait_for(process: subprocess.Popen[bytes]) -> None:
    descriptor = os.pidfd_open(process.pid)
    try:
        await trio.lowlevel.wait_readable(descriptor)
    finally:
        os.close(descriptor)
    process.wait()
