"""The exporter's work: ask every process ▸ merge ▸ answer.

It holds no key and no listening socket but the management one, and can open nothing but the status sockets.
"""

from __future__ import annotations

import math
import socket
from pathlib import Path

import trio

from relay.ops import exposition
from relay.ops.gathered import Gathered, ProcessName
from relay.ops.management import Source, serve_management
from relay.ops.metrics import Process, Registry
from relay.ops.status import Health, Status, ask_status, socket_path

ROLE = "exporter"


class Exporter:
    """`workers`: how many front processes there should be; they are numbered from 0."""

    def __init__(
        self,
        run_dir: Path,
        workers: int,
        registry: Registry,
        process: Process,
        instance: str,
        *,
        has_scanner: bool = False,
    ) -> None:
        self._asked = {ProcessName("front", number): socket_path(run_dir, "front", number) for number in range(workers)}
        self._asked |= {ProcessName(role): socket_path(run_dir, role) for role in ("egress", "ledger")}
        if has_scanner:
            self._asked[ProcessName("scanner")] = socket_path(run_dir, "scanner")
        self._gathered = Gathered([*self._asked, ProcessName(ROLE)])
        self._registry = registry
        self._process = process
        self._instance = instance
        self._gathering = trio.Lock()
        self._gathered_from = -math.inf

    async def serve(
        self,
        listener: socket.socket,
        drain: trio.Event,
        *,
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Answer on the management address until `drain`. A scrape takes milliseconds: there is nothing to wait for."""
        source = Source(self.metrics, exposition.CONTENT_TYPE, self.readiness)
        async with trio.open_nursery() as nursery:
            await nursery.start(serve_management, listener, source)
            task_status.started()
            await drain.wait()
            nursery.cancel_scope.cancel()

    async def metrics(self) -> bytes:
        await self._gather()
        return exposition.render(self._gathered)

    async def readiness(self) -> dict[str, Health]:
        await self._gather()
        return self._gathered.dependencies()

    async def _gather(self) -> None:
        """Ask everybody; those who wait meanwhile share the next round, so that many scrapes cost as few as one."""
        wanted_from = trio.current_time()
        async with self._gathering:
            if self._gathered_from > wanted_from:
                return
            self._gathered_from = trio.current_time()
            async with trio.open_nursery() as nursery:
                for name, path in self._asked.items():
                    nursery.start_soon(self._ask, name, path)
            self._process.refresh()
            self._gathered.take(ProcessName(ROLE), Status(ROLE, 0, self._instance, self._registry.snapshot(), {}))

    async def _ask(self, name: ProcessName, path: Path) -> None:
        self._gathered.take(name, await ask_status(path))
