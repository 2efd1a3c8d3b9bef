"""`sekisho lab`: the whole topology on this machine, left running until it is asked to end."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from relay.base.errors import ConfigInvalid
from relay.lab.topology import LAB_STOP_ORDER, Lab, LabOptions, children, prepare, write_lab_json
from relay.ops.lifecycle import Notifier
from relay.ops.logs import Log
from relay.ops.supervisor import StartFailed, Supervisor
from relay.settings.report import EX_CONFIG, EX_OK, Subparsers, add_command, say_problems

_EPILOG = """examples:
  sekisho lab --dir /tmp/lab
  curl --cacert $(jq -r .ca_file /tmp/lab/lab.json) $(jq -r .front_url /tmp/lab/lab.json)/status/2026-0415-000001
  sekisho lab --dir /tmp/lab2 --app http://127.0.0.1:8000 --workers 2 --config extra.toml
  sekisho lab --dir /tmp/rules --open-routes --config crs.toml    (to test rules: docs/operate/rules.md)

--config FILE is laid over the generated sekisho.toml; its [limits] and [sandbox] reach the gate too.
DIR/lab.json is written when the lab is ready, and again whenever a process comes or goes. SIGTERM ends the lab;
SIGHUP has its fronts read the rule sets of DIR/sekisho.toml again: write into that file, or a front may not read it.
exit codes: 0 ended as asked, 78 configuration, else the code of the role that did not start"""


def add_parser(subparsers: Subparsers) -> None:
    parser = add_command(
        subparsers, "lab", "run the whole topology on this machine, on loopback (試験環境)", _EPILOG, run
    )
    parser.add_argument("--dir", type=Path, required=True, metavar="DIR", help="new or empty directory for everything")
    parser.add_argument("--app", metavar="URL", help="municipal application; default: a sample that comes with the lab")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="front workers; default 1")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings laid over the generated ones")
    parser.add_argument("--gates", type=int, default=1, metavar="N", help="gates in order of preference; default 1")
    parser.add_argument(
        "--open-routes", action="store_true", help="admit any host, method and path, without a schema (to test rules)"
    )


def run(options: argparse.Namespace) -> int:
    chosen = LabOptions(
        directory=options.dir.absolute(),
        application_url=options.app,
        workers=options.workers,
        extra=options.config.absolute() if options.config else None,
        open_routes=options.open_routes,
        gates=options.gates,
    )
    try:
        lab = prepare(chosen)
    except ConfigInvalid as error:
        say_problems(error.problems)
        return EX_CONFIG
    code = EX_OK
    try:
        trio.run(_until_signal, lab)
    except* StartFailed as group:
        leaf: BaseException = group
        while isinstance(leaf, BaseExceptionGroup):
            leaf = leaf.exceptions[0]
        print(f"sekisho lab: {leaf}", file=sys.stderr)
        code = leaf.exit_code if isinstance(leaf, StartFailed) else 1
    return code


@asynccontextmanager
async def running(lab: Lab, output: int | None = None) -> AsyncIterator[Supervisor]:
    """The lab's processes, all ready; ended in order when the block ends. Raises StartFailed."""

    def changed() -> None:
        if is_ready:
            write_lab_json(lab, supervisor)

    is_ready = False
    supervisor = Supervisor(
        lab.options.directory / "run",
        Log("supervisor", fd=sys.stderr.fileno() if output is None else output),
        drain_timeout_s=lab.config.host.limits.drain_timeout_ms / 1000 + 2,
        changed=changed,
        output=output,
    )
    async with trio.open_nursery() as nursery:
        try:
            await supervisor.start(children(lab), nursery)
            is_ready = True
            write_lab_json(lab, supervisor)
            yield supervisor
        finally:
            is_ready = False
            for listener in lab.listeners:  # or new clients would wait in its queue for workers that are ending
                listener.close()
            with trio.CancelScope(shield=True):
                await supervisor.stop(LAB_STOP_ORDER)
            write_lab_json(lab, supervisor)  # the files stay for looking at; no process is left
            nursery.cancel_scope.cancel()


async def _until_signal(lab: Lab) -> None:
    notifier = Notifier()
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT, signal.SIGHUP) as signals:
        async with running(lab) as supervisor:
            notifier.ready()
            print(f"sekisho lab: ready, {lab.front_url}, see {lab.options.directory / 'lab.json'}", flush=True)
            # not a cancellation: that would end every process at once instead of in order
            async for number in signals:
                if number != signal.SIGHUP:
                    break
                supervisor.hang_up("front")
            notifier.stopping()
