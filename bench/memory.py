"""Memory of the front and the egress: large uploads, many parts, idle connections.

Each function takes a running lab and returns a Report; a live test may call the same functions and assert on it. Growth
is the highest resident memory (VmRSS, sampled, and VmHWM) less what the same processes had just before, when warm.

A lab must be started for it: `LIMITS` below raises the limits that would otherwise, rightly, refuse such requests, and
`bench.load.drain` is the application behind the gate.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import trio
from rich.console import Console
from rich.table import Table

import policy
from bench.cores import BenchRefused, Cores
from bench.load.client import Client, in_trio, patiently, trust
from bench.load.drain import Drain
from bench.processes import PeakSampler, peak_rss_bytes, reset_peaks, rss_bytes
from bench.sekisho import Lab, LabFile
from bench.systems import Origin
from policy.samples import samples as catalogue

KIB = 1024
MIB = 1024 * KIB
UPLOADS, UPLOAD_BYTES = 50, 100 * MIB
PARTS = 10_000
IDLE_CONNECTIONS = 5_000

_TEN_MINUTES_MS = 600_000
LIMITS = {
    # uploads
    "body_bytes": UPLOAD_BYTES + MIB,
    "exchange_timeout_ms": _TEN_MINUTES_MS,
    "application_timeout_ms": _TEN_MINUTES_MS,
    "envelope_lifetime_ms": _TEN_MINUTES_MS,
    "permit_lifetime_ms": _TEN_MINUTES_MS,
    "gate_connections": UPLOADS,
    # parts
    "parts": 2 * PARTS,
    "fields": 2 * PARTS,
    # idle connections
    "connections": IDLE_CONNECTIONS + 1_000,
    "connections_per_source": IDLE_CONNECTIONS + 1_000,
    "handshake_timeout_ms": _TEN_MINUTES_MS,
    "headers_timeout_ms": _TEN_MINUTES_MS,
    "idle_timeout_ms": _TEN_MINUTES_MS,
}
_PATIENCE = 570  # seconds for one measurement
_PIECE = bytes(64 * KIB)


@dataclass(frozen=True, slots=True)
class Growth:
    """Resident memory of one role, in bytes."""

    role: str
    before: int
    peak: int
    units: int  # uploads, requests or connections that the growth is shared among

    @property
    def total(self) -> int:
        return self.peak - self.before

    @property
    def each(self) -> float:
        return self.total / self.units


@dataclass(frozen=True, slots=True)
class Report:
    what: str
    statuses: tuple[int, ...]  # of the answers, in no order
    growth: tuple[Growth, ...]

    def of(self, role: str) -> Growth:
        return next(growth for growth in self.growth if growth.role == role)


def uploads(lab: LabFile, count: int = UPLOADS, size: int = UPLOAD_BYTES) -> Report:
    """`count` uploads of `size` bytes at once: none sends its last piece before all have sent the rest."""
    roles = ("front", "egress")
    _expect(200, in_trio(_upload_all, lab.origin, 2, MIB))  # warm: every path has run, every connection is open
    measured = _Measured(lab, roles, count)
    with measured:
        statuses = in_trio(_upload_all, lab.origin, count, size)
    _expect(200, statuses)
    return Report(f"{count} uploads of {size / MIB:g} MiB at once", statuses, measured.growth())


def parts(lab: LabFile, count: int = PARTS) -> Report:
    """One multipart form: a sample's own fields, and small parts that no procedure declares, `count` in all."""
    care = next(sample for sample in catalogue() if sample.name == "form-multipart")
    content_type, body = _form(care.fields, count)
    _, small = _form(care.fields, len(care.fields) + 1)
    in_trio(_post, lab.origin, care.path, content_type, small)
    measured = _Measured(lab, ("front",), 1)
    with measured:
        status = in_trio(_post, lab.origin, care.path, content_type, body)
    return Report(f"multipart with {count} parts, {len(body) / MIB:.1f} MiB", (status,), measured.growth())


def roomy_procedures(directory: Path) -> Path:
    """The installed catalogue without bounds of its own on bodies, so that a form with many parts is read to its end."""
    directory.mkdir()
    for file in sorted(Path(policy.__file__).with_name("procedures").glob("*.toml")):
        text = re.sub(r"^body_bytes *=.*$", "", file.read_text(), flags=re.MULTILINE)
        (directory / file.name).write_text(text)
    return directory


def idle(lab: LabFile, count: int = IDLE_CONNECTIONS) -> Report:
    """`count` TLS connections that say nothing; afterwards each is used once, to show that it was held."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + 500
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise BenchRefused(f"{wanted} open files are needed; the hard limit is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    in_trio(_open_and_use, lab.origin, 20, _nothing)
    before = {"front": rss_bytes(lab.pids("front"))}
    held: list[int] = []
    statuses = in_trio(_open_and_use, lab.origin, count, lambda: held.append(rss_bytes(lab.pids("front"))))
    _expect(200, statuses)
    return Report(f"{count} idle TLS connections", statuses, (Growth("front", before["front"], held[0], count),))


class _Measured:
    """Peaks of the roles while the context lasts."""

    def __init__(self, lab: LabFile, roles: Sequence[str], units: int) -> None:
        self._pids = {role: lab.pids(role) for role in roles}
        self._units = units
        self._before = {role: rss_bytes(pids) for role, pids in self._pids.items()}
        self._samplers = {role: PeakSampler(self._reader(pids), 0.1) for role, pids in self._pids.items()}

    def __enter__(self) -> None:
        for role, sampler in self._samplers.items():
            reset_peaks(self._pids[role])
            sampler.__enter__()

    def __exit__(self, *_: object) -> None:
        for sampler in self._samplers.values():
            sampler.__exit__()

    def growth(self) -> tuple[Growth, ...]:
        return tuple(
            Growth(role, self._before[role], max(sampler.peak, peak_rss_bytes(self._pids[role])), self._units)
            for role, sampler in self._samplers.items()
        )

    @staticmethod
    def _reader(pids: list[int]) -> Callable[[], int]:
        return lambda: rss_bytes(pids)


async def _upload_all(origin: Origin, count: int, size: int) -> tuple[int, ...]:
    context = trust(origin)
    statuses: list[int] = []
    sent = 0
    all_sent = trio.Event()

    async def upload() -> None:
        nonlocal sent
        client = await Client.open(origin, context)
        try:
            await client.head("POST", "/upload", _upload_headers(size))
            rest = size
            while rest > len(_PIECE):
                await client.piece(_PIECE)
                rest -= len(_PIECE)
            sent += 1
            if sent == count:
                all_sent.set()
            await all_sent.wait()
            await client.piece(_PIECE[:rest])
            statuses.append(await client.answer())
        finally:
            await client.close()

    await patiently(_PATIENCE, [upload] * count)
    return tuple(statuses)


def _upload_headers(size: int) -> list[tuple[str, str]]:
    return [("Content-Type", "application/octet-stream"), ("Content-Length", str(size))]


async def _post(origin: Origin, path: str, content_type: str, body: bytes) -> int:
    client = await Client.open(origin, trust(origin))
    try:
        await client.head("POST", path, [("Content-Type", content_type), ("Content-Length", str(len(body)))])
        with suppress(trio.BrokenResourceError):  # refused before the end of the body; the answer says so
            await client.piece(body)
        return await client.answer()
    finally:
        await client.close()


async def _open_and_use(origin: Origin, count: int, when_open: Callable[[], None]) -> tuple[int, ...]:
    context = trust(origin)
    status = next(sample for sample in catalogue() if sample.name == "status")
    clients: list[Client] = []
    statuses: list[int] = []
    turn = trio.CapacityLimiter(32)

    async def connect() -> None:
        async with turn:
            clients.append(await Client.open(origin, context))

    async def use() -> None:
        async with turn:
            client = clients.pop()
            await client.head("GET", status.path, ())
            statuses.append(await client.answer())
            await client.close()

    await patiently(_PATIENCE, [connect] * count)
    when_open()
    await patiently(_PATIENCE, [use] * count)
    return tuple(statuses)


def _form(declared: Sequence[tuple[str, str]], count: int) -> tuple[str, bytes]:
    boundary = "bench-parts-4d1f"
    extra = [(f"field_{number}", f"値{number}") for number in range(count - len(declared))]
    body = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in [*declared, *extra]
    )
    return f"multipart/form-data; boundary={boundary}", body + f"--{boundary}--\r\n".encode()


def _expect(status: int, seen: Sequence[int]) -> None:
    wrong = sorted({one for one in seen if one != status})
    if wrong:
        raise BenchRefused(f"answers were {wrong}, not only {status}")


def _nothing() -> None:
    return


def main(directory: Path, cores: Cores, options: argparse.Namespace) -> None:
    """All three, and a table of them. `--quick` takes a tenth of everything."""
    share = 10 if options.quick else 1
    limits = LIMITS
    with (
        Drain() as drain,
        Lab(directory / "uploads", cores.rest, app=drain.url, open_routes=True, limits=limits) as lab,
    ):
        reports = [uploads(lab, UPLOADS // share, UPLOAD_BYTES // share)]
    procedures = roomy_procedures(directory / "procedures")
    others = directory / "others"
    with Drain() as drain, Lab(others, cores.rest, app=drain.url, limits=limits, procedures=procedures) as lab:
        reports.append(parts(lab, PARTS))
        reports.append(idle(lab, IDLE_CONNECTIONS // share))
    show(reports, Console() if sys.stdout.isatty() else Console(width=120, no_color=True, highlight=False))
    path = options.json or Path("out/memory.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([as_json(report) for report in reports], indent=1) + "\n")


def show(reports: Sequence[Report], console: Console) -> None:
    table = Table(title="Resident memory", title_justify="left")
    table.add_column("measurement")
    table.add_column("role")
    for heading in ("before MiB", "peak MiB", "growth MiB", "each KiB"):
        table.add_column(heading, justify="right")
    for report in reports:
        for growth in report.growth:
            table.add_row(
                report.what,
                growth.role,
                f"{growth.before / MIB:.1f}",
                f"{growth.peak / MIB:.1f}",
                f"{growth.total / MIB:.1f}",
                f"{growth.each / KIB:,.1f}",
            )
    console.print(table)


def as_json(report: Report) -> dict[str, object]:
    statuses = {str(status): report.statuses.count(status) for status in sorted(set(report.statuses))}
    roles = {
        growth.role: {
            "before_bytes": growth.before,
            "peak_bytes": growth.peak,
            "growth_bytes": growth.total,
            "growth_each_bytes": round(growth.each),
        }
        for growth in report.growth
    }
    return {"what": report.what, "answers": statuses, "roles": roles}
