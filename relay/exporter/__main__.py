"""`sekisho exporter --config FILE`: metrics and health of all roles of this host, on the management address.

Order: read the configuration ▸ open the socket ▸ put the walls up ▸ say that it is ready ▸ serve.
"""

from __future__ import annotations

import argparse
import os
import secrets
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import trio

from relay.base.errors import Broken, ConfigInvalid, WallMissing
from relay.exporter.pipeline import ROLE, Exporter
from relay.net.listen import activated_sockets, open_tcp_listener
from relay.ops.lifecycle import Notifier, run_until_signal
from relay.ops.logs import Log
from relay.ops.metrics import Process, Registry
from relay.ops.sandbox.walls import Walls, enter, python_paths
from relay.settings.load import load_host
from relay.settings.model import HostFile

OPEN_FILES = 512  # 256 front workers and two more are asked at once, for 16 management connections
_BACKLOG = 64


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="sekisho exporter",
        description="Serve /metrics, /healthz and /readyz for all roles of this host.",
        epilog="example: sekisho exporter --config /etc/sekisho/sekisho.toml",
    )
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="sekisho.toml of this host")
    arguments = parser.parse_args(argv)
    try:
        run(load_host(arguments.config))
    except (ConfigInvalid, WallMissing, Broken) as exc:
        print(exc, file=sys.stderr)
        return exc.exit_code
    return 0


def run(settings: HostFile) -> None:
    """Serve until a signal. Raises ConfigInvalid, WallMissing."""
    log, notifier = Log(ROLE), Notifier()
    listener = _listener(settings)
    registry = Registry(ROLE)
    run_dir = Path(settings.host.run_dir)
    exporter = Exporter(
        run_dir,
        settings.front.workers,
        registry,
        Process(registry),
        secrets.token_hex(8),
        has_scanner=settings.scanner is not None,
    )
    walls = Walls(role=ROLE, read=python_paths(), open_files=OPEN_FILES, user=settings.exporter.user)
    held = enter(walls, settings.sandbox.landlock, settings.sandbox.seccomp)
    log.info("walls", walls=held.walls, missing=held.missing, landlock_abi=held.landlock_abi)

    async def serve(drain: trio.Event, *, task_status: trio.TaskStatus[None]) -> None:
        await exporter.serve(listener, drain, task_status=task_status)

    async def until_signal() -> None:
        await run_until_signal(serve, notifier=notifier, log=log, drain_timeout_ms=settings.limits.drain_timeout_ms)

    trio.run(until_signal)


def _listener(settings: HostFile) -> socket.socket:
    given = activated_sockets(os.environ, os.getpid()).get("management")
    if given:
        return given[0]
    return open_tcp_listener(settings.exporter.listen, interface=settings.exporter.interface, backlog=_BACKLOG)


if __name__ == "__main__":
    sys.exit(main())
