"""The scanner: what opens a stranger's file. It has clamd's socket, the ICAP service's port where one is set, and nothing else; each file
is opened in a process of its own."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from socket import socket
from typing import Final

import trio

from content.clamd import SETTINGS_BYTES_MAX, Settings, SettingsInvalid, read_settings
from content.icap import Method, Service
from relay.base.errors import Broken, ConfigInvalid, Problem
from relay.net.channel import accept_forever
from relay.net.listen import activated_sockets, open_seqpacket_listener
from relay.ops import start
from relay.ops.logs import Log
from relay.ops.metrics import Registry
from relay.ops.sandbox.privileges import group_of
from relay.ops.sandbox.walls import Held, Walls, python_paths
from relay.ops.status import Health
from relay.scanner.asked import CLAMD, ICAP
from relay.scanner.child import load_ahead
from relay.scanner.clamd import Clamd, answers_ping
from relay.scanner.icap import Icap, why_not_ready
from relay.scanner.measure import Measure
from relay.scanner.pipeline import Scanner
from relay.scanner.serve import SOCKET, serve_front
from relay.settings.addresses import parse_icap
from relay.settings.load import load_host
from relay.settings.model import Scanner as ScannerTable

_DESCRIPTORS_PER_FILE: Final = 5  # the front's connection, clamd's, the ICAP service's, the file, the pipe
_PROBE_S: Final = 10  # between two PINGs or OPTIONS: readiness is asked as often
_NOT_ASKED_YET: Final = "not asked yet"


class ScannerRole:
    """Its listener open, its walls not yet up."""

    def __init__(self, options: argparse.Namespace) -> None:
        settings = load_host(options.config)
        own = settings.scanner
        if own is None:
            problem = Problem(str(options.config), 0, "there is no [scanner]", "add it, or do not start this role")
            raise ConfigInvalid([problem])
        load_ahead()
        self.log = Log("scanner")
        self.limits = settings.limits
        self.clamd = _clamd_of(own)
        self.icap = _icap_of(own)
        self.processes = own.processes
        self.registry = Registry("scanner")
        self.measure = Measure(self.registry)
        self.landlock, self.seccomp = settings.sandbox.landlock, settings.sandbox.seccomp
        self.run_dir = Path(settings.host.run_dir)
        self.drain_timeout_ms = settings.limits.drain_timeout_ms
        given = activated_sockets(os.environ, os.getpid())
        self.status_listener: socket | None = next(iter(given.get("status", ())), None)
        self.status_client = settings.exporter.user
        self.beside: start.Beside | None = None
        self.listener = given[SOCKET][0] if SOCKET in given else self._open_listener(settings.front.user)
        self.walls = Walls(
            role="scanner",
            read=python_paths(),
            open_files=_DESCRIPTORS_PER_FILE * settings.limits.scans_in_flight + 256,
            inet=self.icap is not None,
            connect_tcp=() if own.icap is None else (parse_icap(own.icap).endpoint.port,),
            children=True,
            user=own.user,
        )
        self._health = {name: Health(False, _NOT_ASKED_YET) for name in self._asked()}

    def _asked(self) -> list[str]:
        """Who must answer before a file can pass."""
        return [name for name, who in ((CLAMD, self.clamd), (ICAP, self.icap)) if who is not None]

    def _open_listener(self, client: str | None) -> socket:
        start.own_directory((self.run_dir / SOCKET).parent, start.SOCKETS_MODE)
        return open_seqpacket_listener(str(self.run_dir / SOCKET), mode=0o660, group=group_of(client))

    async def serve(
        self, asked: trio.Event, held: Held, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        scanner = Scanner(
            limits=self.limits,
            clamd=self.clamd,
            icap=self.icap,
            processes=trio.CapacityLimiter(self.processes),
            measure=self.measure,
            is_filtered=held.seccomp,
            open_files=self.walls.open_files,
        )

        async def one(sock: socket) -> None:
            try:
                await serve_front(scanner, self.log, sock)
            except Broken:
                raise
            except Exception as error:  # a bug that one file meets costs that file
                self.log.fault("scan_failed", error)

        async with trio.open_nursery() as background:
            background.start_soon(self._probe_forever)
            async with trio.open_nursery() as serving:
                serving.start_soon(self._accept, one)
                task_status.started()
                await asked.wait()
                serving.cancel_scope.cancel()  # the fronts have ended before, and without them nobody asks
            background.cancel_scope.cancel()

    async def _accept(self, one: Callable[[socket], Awaitable[None]]) -> None:
        await accept_forever(self.listener, one, connections_most=self.limits.scans_in_flight)

    async def _probe_forever(self) -> None:
        while True:
            if self.clamd is not None:
                answers = await answers_ping(self.clamd.path)
                self._health[CLAMD] = Health(True) if answers else Health(False, "not answering")
            if self.icap is not None:
                why_not = await why_not_ready(self.icap)
                self._health[ICAP] = Health(not why_not, why_not)
            await trio.sleep(_PROBE_S)

    def health(self) -> Mapping[str, Health]:
        return dict(self._health)

    def refresh(self) -> None:
        """Its gauges are set as files come and go."""


def _clamd_of(own: ScannerTable) -> Clamd | None:
    """Raises ConfigInvalid. Its configuration says whether it is asked: without its limits its answer would mean nothing."""
    if own.clamd_config is None:
        return None
    return Clamd(Path(own.clamd), _clamd_settings(Path(own.clamd_config)))


def _icap_of(own: ScannerTable) -> Icap | None:
    if own.icap is None:
        return None
    url = parse_icap(own.icap)
    return Icap(str(url.endpoint), Service(str(url.endpoint), url.path), Method(own.icap_mode.upper()))


def _clamd_settings(path: Path) -> Settings:
    """Raises ConfigInvalid."""
    try:
        with path.open("rb") as file:
            return read_settings(file.read(SETTINGS_BYTES_MAX + 1).decode("utf-8", "replace"))
    except OSError as error:
        problem = Problem(str(path), 0, f"cannot be read: {error.strerror}", "let the scanner's user read it")
    except SettingsInvalid as error:
        problem = Problem(str(path), 0, str(error), "correct it and restart clamd and the scanner")
    raise ConfigInvalid([problem])


def main(argv: list[str] | None = None) -> int:
    return start.run("scanner", ScannerRole, argv)


if __name__ == "__main__":
    sys.exit(main())
