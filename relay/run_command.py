"""`sekisho run`: every DMZ role of a host under one supervisor. Under systemd use `sekisho.target` instead."""

from __future__ import annotations

import argparse
import signal
import socket
import sys
from pathlib import Path

import trio

from relay.base.errors import ConfigInvalid
from relay.net.listen import open_tcp_listener
from relay.ops.lifecycle import Notifier
from relay.ops.logs import Log
from relay.ops.supervisor import StartFailed, Supervisor
from relay.ops.topology import STOP_ORDER, host_children
from relay.settings.load import load_host
from relay.settings.model import HostFile
from relay.settings.report import EX_CONFIG, EX_OK, Subparsers, add_command, say_problems

_EPILOG = """examples:
  sekisho run --config /etc/sekisho/sekisho.toml
SIGHUP has the fronts read the rule sets again (docs/operate/reload.md); SIGTERM ends all in order.
exit codes: 0 ended as asked, 78 configuration, else the code of the role that did not start"""


def add_parser(subparsers: Subparsers) -> None:
    parser = add_command(
        subparsers, "run", "run every DMZ role of this host in the foreground (1 台での起動)", _EPILOG, run
    )
    parser.add_argument("--config", type=Path, default=Path("/etc/sekisho/sekisho.toml"), metavar="FILE")


def run(options: argparse.Namespace) -> int:
    try:
        settings = load_host(options.config)
        listeners = open_listeners(settings)
    except ConfigInvalid as error:
        say_problems(error.problems)
        return EX_CONFIG
    try:
        trio.run(_supervise, options.config.absolute(), settings, listeners)
    except* StartFailed as group:
        failed = group.exceptions[0]
        while isinstance(failed, BaseExceptionGroup):
            failed = failed.exceptions[0]
        print(f"sekisho run: {failed}", file=sys.stderr)
        return_code = failed.exit_code if isinstance(failed, StartFailed) else 1
    else:
        return_code = EX_OK
    return return_code


def open_listeners(settings: HostFile) -> list[socket.socket]:
    """The listening sockets that all front workers share. Raises ConfigInvalid."""
    return [
        open_tcp_listener(address, interface=settings.front.interface, backlog=settings.limits.listen_backlog)
        for address in settings.front.listen
    ]


async def _supervise(config: Path, settings: HostFile, listeners: list[socket.socket]) -> None:
    notifier = Notifier()
    supervisor = Supervisor(
        Path(settings.host.run_dir),
        Log("supervisor"),
        drain_timeout_s=settings.limits.drain_timeout_ms / 1000 + 2,
        changed=lambda: None,
    )
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT, signal.SIGHUP) as signals:
        async with trio.open_nursery() as nursery:
            roles = host_children(config, settings.front.workers, listeners, has_scanner=settings.scanner is not None)
            await supervisor.start(roles, nursery)
            notifier.ready()
            async for number in signals:
                if number != signal.SIGHUP:
                    break
                supervisor.hang_up("front")
            notifier.stopping()
            for listener in listeners:  # or new clients would wait in its queue for workers that are ending
                listener.close()
            await supervisor.stop(STOP_ORDER)
            nursery.cancel_scope.cancel()
