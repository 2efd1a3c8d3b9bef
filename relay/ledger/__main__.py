"""The ledger: the sole writer of the transfer log, and the only one who can permit a crossing. It has no IP at all."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from socket import socket

import trio

from relay.base.errors import ConfigInvalid, Problem, Unavailable
from relay.base.rfc3339 import format_time
from relay.ipc.messages import PERMITTED
from relay.ledger.jsonl import JsonLines
from relay.ledger.measure import Measure
from relay.ledger.pipeline import Ledger
from relay.ledger.store import LogStore
from relay.net.listen import activated_sockets, open_seqpacket_listener
from relay.ops import start
from relay.ops.clock import now_ms
from relay.ops.logs import Log
from relay.ops.metrics import Registry
from relay.ops.sandbox.privileges import acting_as, group_of
from relay.ops.sandbox.walls import Held, Walls, python_paths
from relay.ops.status import Health
from relay.settings import keys
from relay.settings.load import load_host
from relay.settings.model import HostFile
from relay.tree.note import Signer
from relay.tree.record import Operation

SOCKETS = tuple(name for name in PERMITTED if name.startswith("ledger/"))
_OPEN_FILES = 4096  # a connection for each front worker, and the few files of the log


class LedgerRole:
    """The one ledger of this host: log recovered, sockets open, walls not yet up."""

    def __init__(self, options: argparse.Namespace) -> None:
        settings = load_host(options.config)
        self.landlock, self.seccomp = settings.sandbox.landlock, settings.sandbox.seccomp
        self.run_dir = Path(settings.host.run_dir)
        self.drain_timeout_ms = settings.limits.drain_timeout_ms
        self.log = Log("ledger")
        self.registry = Registry("ledger")
        self.measure = Measure(self.registry)
        given = activated_sockets(os.environ, os.getpid())
        self.status_listener: socket | None = next(iter(given.get("status", ())), None)
        self.status_client = settings.exporter.user
        self.beside: start.Beside | None = None
        self._interval_s = settings.limits.checkpoint_interval_ms / 1000
        self.store = _open_store(settings)
        self._clients = {"ledger/front.sock": settings.front.user, "ledger/egress.sock": settings.egress.user}
        self.jsonl = _open_jsonl(settings)
        self.ledger = Ledger(
            self.store,
            keys.permit_key(settings.ledger.permit_key, settings.host.keys_dir),
            settings.limits,
            {name: given[name][0] if name in given else self._open_listener(name) for name in SOCKETS},
            self.measure,
            self.jsonl,
        )
        self.walls = Walls(
            role="ledger",
            read=(*python_paths(), Path(settings.ledger.directory)),
            write=(Path(settings.ledger.directory),),
            unix=False,  # it is asked, and asks nobody
            open_files=_OPEN_FILES,
            user=settings.ledger.user,
        )

    def _open_listener(self, name: str) -> socket:
        start.own_directory((self.run_dir / name).parent, start.SOCKETS_MODE)
        return open_seqpacket_listener(str(self.run_dir / name), mode=0o660, group=group_of(self._clients[name]))

    async def serve(
        self, asked: trio.Event, held: Held, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._publish_forever)
            await self._record_start(held)
            nursery.start_soon(self.ledger.serve_forever)
            task_status.started()
            await asked.wait()
            # The others have drained by now (sekisho.target orders them); what they sent last is still taken.
            await trio.lowlevel.checkpoint()
            nursery.cancel_scope.cancel()
        with contextlib.suppress(Unavailable):  # a full disk: what is not published is in the journal
            self._operation("stop", "ok", "")
            self.store.publish(now_ms())
        self.store.close()

    async def _record_start(self, held: Held) -> None:
        """Nothing is taken in before the log says that this ledger started, and what it found. A full disk is waited for."""
        recovery = self.store.recovery
        owed = [("start", "walls-up", start.walls_detail(held))]
        if recovery.replayed or recovery.torn:
            owed.append(("recover", "ok", f"{recovery.replayed} records replayed, torn tail: {recovery.torn}"))
        while owed:
            try:
                self._operation(*owed[0])
                del owed[0]
            except Unavailable:
                await trio.sleep(self._interval_s)

    async def _publish_forever(self) -> None:
        """A signed checkpoint at every interval. A full disk is tried again; anything worse ends the role."""
        told = 0
        while True:
            try:
                self.measure.published(now_ms(), self.store.publish(now_ms()).size)
            except Unavailable:
                self.log.warning("checkpoint_late")
            if self.jsonl is not None and self.jsonl.faults > told:
                told = self.jsonl.faults
                self.log.warning("jsonl_incomplete", count=told)
            await trio.sleep(self._interval_s)

    def _operation(self, operation: str, result: str, detail: str) -> None:
        self.ledger.record_operation(
            Operation(
                time=format_time(now_ms()), role="ledger", operation=operation, subject="", result=result, detail=detail
            )
        )

    def health(self) -> Mapping[str, Health]:
        return {"disk": Health(True) if self.store.is_accepting else Health(False, "the log cannot be written")}

    def refresh(self) -> None:
        self.measure.refresh(now_ms())


def _open_jsonl(settings: HostFile) -> JsonLines | None:
    name = settings.ledger.jsonl
    if name is None:
        return None
    try:
        return JsonLines(Path(name))
    except OSError as error:
        raise ConfigInvalid([Problem(name, 0, str(error.strerror), "check that the ledger may write it")]) from error


def _open_store(settings: HostFile) -> LogStore:
    directory = start.own_directory(Path(settings.ledger.directory), user=settings.ledger.user)
    signer = keys.private_key(settings.ledger.signing_key, settings.host.keys_dir, Signer.parse)
    try:
        with acting_as(settings.ledger.user):
            return LogStore.open(directory, settings.ledger.origin, signer, now_ms(), limits=settings.limits)
    except (OSError, ValueError, Unavailable) as error:
        mend = "check the directory, its owner, and that [ledger] origin is the name of the log's key"
        raise ConfigInvalid([Problem(str(directory), 0, str(error), mend)]) from error


def main(argv: list[str] | None = None) -> int:
    return start.run("ledger", LedgerRole, argv)


if __name__ == "__main__":
    sys.exit(main())
