"""The life of a role: ready, reload, drain, end; told to systemd (or to our supervisor) over `$NOTIFY_SOCKET`.

Rules
1. READY is sent when `serve` has called `task_status.started()`, not before.
2. SIGTERM or SIGINT: STOPPING is sent and the drain event is set; `serve` finishes what it has begun and returns. After
   `drain_timeout_ms`, or on a second signal, what is left is cancelled.
3. SIGHUP: the reload hook runs between RELOADING and READY, beside the service, one at a time; a signal meanwhile has it run once
   more. A reload that raises ConfigInvalid is logged, every problem on a line, and leaves the old state; the role goes on.
   So it does when a bug of ours ends a reload: what is in force has been working.
   An end that is asked for does not wait for a reload.
4. A start or reload that takes its time says so by `Notifier.extend`, which puts off the manager's timeout.
5. WATCHDOG is sent at a third of the interval that systemd asks for, from the same event loop that serves: a loop that
   hangs is a role that is restarted.

The protocol is sd_notify(3): one datagram of `NAME=value` lines. The socket is opened when the Notifier is made, so make it
before `sandbox.enter`: afterwards a role may neither look up the path nor (the ledger) make a socket.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Protocol

import trio

from relay.base.errors import Broken, ConfigInvalid
from relay.ops.logs import Log

_US_PER_S = 1_000_000
_STATUS_CHARS = 200
_PROBLEMS_LOGGED = 50  # of one reload; `sekisho check` shows all
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Serve(Protocol):
    """A role's main task: calls `task_status.started()` when it can serve, and returns once `drain` is set and all is done."""

    def __call__(self, drain: trio.Event, *, task_status: trio.TaskStatus[None]) -> Awaitable[None]: ...


class Notifier:
    """Tells the service manager how the role is. Without `$NOTIFY_SOCKET` it does nothing."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._socket: socket.socket | None = None
        self.watchdog_s = _watchdog_s(environ)
        address = environ.get("NOTIFY_SOCKET", "")
        if address[:1] in ("/", "@"):
            opened = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
            try:
                opened.connect("\0" + address[1:] if address[0] == "@" else address)
            except OSError:
                opened.close()  # a manager that is gone must not keep the role from serving
            else:
                self._socket = opened

    def send(self, *lines: str) -> None:
        """One datagram. Never raises and never waits: the manager may be gone or busy, and the role goes on."""
        if self._socket is not None:
            try:
                self._socket.send("\n".join(lines).encode())
            except OSError:
                return

    def ready(self, status: str = "serving") -> None:
        self.send("READY=1", f"STATUS={_one_line(status)}")

    def reloading(self) -> None:
        self.send("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self, status: str = "draining") -> None:
        self.send("STOPPING=1", f"STATUS={_one_line(status)}")

    def status(self, status: str) -> None:
        self.send(f"STATUS={_one_line(status)}")

    def extend(self, seconds: int, status: str) -> None:
        """The manager is not to give up before `seconds` from now."""
        self.send(f"EXTEND_TIMEOUT_USEC={seconds * _US_PER_S}", f"STATUS={_one_line(status)}")

    def alive(self) -> None:
        self.send("WATCHDOG=1")

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


async def run_until_signal(
    serve: Serve,
    *,
    notifier: Notifier,
    log: Log,
    drain_timeout_ms: int,
    reload: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Run `serve` until it ends by itself or a signal asks it to. See the rules above."""
    drain = trio.Event()
    asked, asks = trio.open_memory_channel[None](1)  # a second SIGHUP waits for the first, a third says nothing new
    with trio.open_signal_receiver(*_SIGNALS) as signals:
        async with trio.open_nursery() as nursery:
            serving = trio.CancelScope()
            await nursery.start(_serve, serve, drain, serving, nursery.cancel_scope)
            notifier.ready()
            log.info("ready")
            if notifier.watchdog_s:
                nursery.start_soon(_beat, notifier, notifier.watchdog_s / 3)
            if reload is not None:
                nursery.start_soon(_reload_when, asks, reload, notifier, log, drain)
            async for number in signals:
                if number == signal.SIGHUP and reload is None:
                    log.info("reload_not_supported")
                elif number == signal.SIGHUP:
                    with suppress(trio.WouldBlock):
                        asked.send_nowait(None)
                elif drain.is_set():
                    log.warning("drain_cut_short")
                    serving.cancel()
                else:
                    notifier.stopping()
                    log.info("draining")
                    drain.set()
                    serving.deadline = trio.current_time() + drain_timeout_ms / 1000


async def _serve(
    serve: Serve,
    drain: trio.Event,
    serving: trio.CancelScope,
    whole: trio.CancelScope,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    with serving:
        await serve(drain, task_status=task_status)
    whole.cancel()


async def _beat(notifier: Notifier, every_s: float) -> None:
    while True:
        notifier.alive()
        await trio.sleep(every_s)


async def _reload_when(
    asks: trio.MemoryReceiveChannel[None],
    reload: Callable[[], Awaitable[None]],
    notifier: Notifier,
    log: Log,
    drain: trio.Event,
) -> None:
    async for _ in asks:
        if not drain.is_set():
            notifier.reloading()
            status = await _reload(reload, log)
            if not drain.is_set():  # STOPPING is the last word
                notifier.ready(status)


async def _reload(reload: Callable[[], Awaitable[None]], log: Log) -> str:
    """What the role's status is afterwards."""
    try:
        await reload()
    except ConfigInvalid as exc:
        log.fault("reload_refused", exc, problems=len(exc.problems))
        problems = exc.problems
    except Broken:
        raise
    except Exception as exc:
        log.fault("reload_failed", exc)
        return "serving; the last reload failed"
    else:
        log.info("reloaded")
        return "serving"
    for problem in problems[:_PROBLEMS_LOGGED]:
        log.error("problem", problem=problem)
    return "serving; the last reload was refused"


def _watchdog_s(environ: Mapping[str, str]) -> float:
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return 0.0
    interval = environ.get("WATCHDOG_USEC", "")
    return int(interval) / _US_PER_S if interval.isascii() and interval.isdigit() else 0.0


def _one_line(text: str) -> str:
    return text.replace("\n", " ")[:_STATUS_CHARS]
