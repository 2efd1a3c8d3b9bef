"""A 10 MB application with three attachments, from the citizen to the application: scanned by clamd, disarmed or not, sealed, logged.

One client, one application after the other, with rules on. What counts is what the front, egress, ledger and scanner use, with the
scanner's processes for each file, and clamd; the gate, the application and the client do not. All of the measured side is on one core.

What proves that each file was looked at: between the applications, one for every `PLANTED_EVERY` has the EICAR test file in its PDF and
must be refused for it; the log has an intent for each other, with three files, of which three were disarmed or none, and its outcome;
the application has got as many bytes; and the log verifies.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from bench.application_files import MB, TOTAL_BYTES, AttachedFile, application_files
from bench.cores import BenchRefused, Cores, check_pinned, pin
from bench.load.client import Client, in_trio, trust
from bench.load.drain import Drain
from bench.load.open_loop import percentile
from bench.peers import crs
from bench.processes import Daemon, cpu_seconds
from bench.sekisho import MEASURED_ROLES, Lab, LabFile
from bench.systems import Origin

APPLICATIONS, ROUNDS = 30, 2  # in each round, either way
WARM_UP = 2  # of each round
PLANTED_EVERY = 10
WAYS = {"disarm": "無害化 (disarm)", "refuse": "as they came"}
_PATHS = {way: f"/bench/files/{way}" for way in WAYS}
_ROUTES = {way: f"bench-files-{way}" for way in WAYS}
FILES = 3
_BOUNDARY = "bench-attachments-51c0"
_CLAMD_START_S = 60
_EICAR = (
    b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!" + b"$H+H*"
)  # in two pieces: this file is none
_PROCEDURE = """\
format = 1

[route]
id = "{route}"
mode = "exchange"
method = "POST"
path = "{path}"
body = ["multipart"]
body_bytes = 20000000
stages = ["route", "normalise", "schema", "files"]

[[field]]
name = "memo"
label_ja = "備考"
label_en = "Notes"
class = "free_text"
max_chars = 200

[[attachment]]
name = "papers"
label_ja = "書類"
label_en = "Papers"
kinds = ["pdf", "jpeg", "docx"]
max_bytes = 10000000
repeat = 3
active = "{way}"
"""
_CLAMD_CONF = """\
LocalSocket {socket}
DatabaseDirectory {database}
Foreground yes
OfficialDatabaseOnly no
StreamMaxLength 100M
MaxFileSize 100M
MaxScanSize 400M
AlertExceedsMax yes
AlertEncrypted yes
AlertEncryptedArchive yes
AlertEncryptedDoc yes
"""


@dataclass
class Taken:
    """One way, over all rounds. CPU in seconds by who used it; latencies in seconds, one for each application that was measured."""

    sent: int = 0  # the warm-ups too
    planted: int = 0
    cpu: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)

    @property
    def cpu_ms(self) -> dict[str, float]:
        """Of one application."""
        return {who: spent * 1000 / len(self.latencies) for who, spent in self.cpu.items()}


def main(directory: Path, cores: Cores, options: argparse.Namespace) -> None:
    count, rounds = (PLANTED_EVERY, 1) if options.quick else (APPLICATIONS, options.rounds or ROUNDS)
    files = application_files()
    size = sum(len(file.data) for file in files)
    if abs(size - TOTAL_BYTES) > TOTAL_BYTES // 20:
        raise BenchRefused(f"the three files have {size} bytes; {TOTAL_BYTES} were meant")
    bodies = _Bodies(_form(files), _form(application_files(in_pdf=_EICAR)))
    rules = crs.sekisho_rule_set(directory, directory / "rules-cache")
    found = {way: Taken() for way in WAYS}
    with _clamd(directory / "clamd", cores) as (clamd, scanner), Drain() as drain:
        more = rules.toml.replace("[policy]\n", f'[policy]\nprocedures = ["{_procedures(directory)}"]\n') + scanner
        with Lab(directory, cores.rest, app=drain.url, more=more) as lab:
            measured = _Measured(lab, clamd, cores.measured)
            for number in range(rounds):
                for way, taken in found.items():
                    _round(lab, drain, measured, way, bodies, count, taken)
                    print(
                        f"round {number + 1}/{rounds}  {WAYS[way]:20}  {sum(taken.cpu_ms.values()):8.1f} ms",
                        file=sys.stderr,
                    )
            _check_log(lab, found)
    show(found, Console() if sys.stdout.isatty() else Console(width=120, no_color=True, highlight=False))
    path = options.json or Path("out/attachments.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    about = {"files": {file.name: len(file.data) for file in files}, "rules": rules.count, "ways": as_json(found)}
    path.write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n")


class _Bodies(NamedTuple):
    good: bytes
    planted: bytes


class _Measured:
    """CPU time of everything that counts, by name, all of it on one core. What the scanner has waited for counts with it."""

    def __init__(self, lab: LabFile, clamd: Daemon, core: int) -> None:
        self._pids = {role: lab.pids(role) for role in (*MEASURED_ROLES, "scanner")} | {"clamd": [clamd.pid]}
        self._core = core
        pin(self._every(), [core])

    def seconds(self) -> dict[str, float]:
        check_pinned(self._every(), self._core)
        return {who: cpu_seconds(pids, with_ended=who == "scanner") for who, pids in self._pids.items()}

    def _every(self) -> list[int]:
        return [pid for pids in self._pids.values() for pid in pids]


def _round(
    lab: LabFile, drain: Drain, measured: _Measured, way: str, bodies: _Bodies, count: int, taken: Taken
) -> None:
    """The planted ones are sent between the stretches that are measured: a refusal costs less."""

    def send(body: bytes, number: int, status: int) -> list[float]:
        return in_trio(_send, lab.origin, _PATHS[way], body, number, status)

    send(bodies.good, WARM_UP, 200)
    taken.sent += WARM_UP
    for first in range(0, count, PLANTED_EVERY):
        send(bodies.planted, 1, 422)
        several = min(PLANTED_EVERY, count - first)
        arrived, before = drain.bytes_read, measured.seconds()
        taken.latencies += send(bodies.good, several, 200)
        after = measured.seconds()
        taken.cpu.update({who: spent - before[who] for who, spent in after.items()})
        if drain.bytes_read - arrived < several * TOTAL_BYTES * 9 // 10:
            raise BenchRefused(f"{several} applications brought {drain.bytes_read - arrived} bytes")
        taken.sent += several
        taken.planted += 1


async def _send(origin: Origin, path: str, body: bytes, count: int, expected: int) -> list[float]:
    """On one connection that is open before. Seconds from the first byte to the whole answer."""
    headers = [("Content-Type", f"multipart/form-data; boundary={_BOUNDARY}")]
    latencies = []
    client = await Client.open(origin, trust(origin))
    try:
        for _ in range(count):
            begun = time.monotonic()
            status = await client.exchange("POST", path, headers, body)
            latencies.append(time.monotonic() - begun)
            if status != expected:
                raise BenchRefused(f"an application to {path} was answered {status}, not {expected}")
    finally:
        await client.close()
    return latencies


def _form(files: Sequence[AttachedFile]) -> bytes:
    parts = [b'name="memo"\r\n\r\n' + "現況のとおり".encode()]
    for file in files:
        parts.append(
            f'name="papers"; filename="{file.name}"\r\nContent-Type: {file.media_type}\r\n\r\n'.encode() + file.data
        )
    line = b"--" + _BOUNDARY.encode()
    return (
        b"".join(line + b"\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + line + b"--\r\n"
    )


def _check_log(lab: LabFile, found: Mapping[str, Taken]) -> None:
    """Every application was recorded as what it was, and by the files stage."""
    counts: Counter[tuple[str, str]] = Counter()
    for line in lab.transfers.read_bytes().splitlines():
        record = json.loads(line)
        if record["kind"] == "intent" and record["files"] == FILES and len(record.get("disarmed", ())) in (0, FILES):
            counts[record["route"], "disarmed" if record.get("disarmed") else "as it came"] += 1
        elif record["kind"] == "refusal" and [finding["detail"] for finding in record["findings"]] == ["infected"]:
            counts[record["route"], "infected"] += 1
        elif record["kind"] == "outcome":
            counts["", record["result"]] += 1
    expected = {("", "delivered"): sum(taken.sent for taken in found.values())}
    for way, taken in found.items():
        expected[_ROUTES[way], "disarmed" if way == "disarm" else "as it came"] = taken.sent
        expected[_ROUTES[way], "infected"] = taken.planted
    if counts != expected:
        raise BenchRefused(f"the log has {dict(counts)}; the client saw {expected}")
    lab.verify_log()


def _procedures(directory: Path) -> Path:
    procedures = directory / "procedures"
    procedures.mkdir()
    for way, path in _PATHS.items():
        (procedures / f"{way}.toml").write_text(_PROCEDURE.format(way=way, path=path, route=_ROUTES[way]))
    return procedures


@contextmanager
def _clamd(directory: Path, cores: Cores) -> Iterator[tuple[Daemon, str]]:
    """Debian's clamd with one signature, of EICAR wherever it stands, and the settings of a scanner that asks it."""
    program = shutil.which("clamd", path="/usr/sbin:/usr/bin")
    if program is None:
        raise BenchRefused("clamd not found; run scripts/debian-packages bench")
    database, conf, path = directory / "database", directory / "clamd.conf", directory / "clamd.ctl"
    database.mkdir(parents=True)
    (database / "bench.ndb").write_text(f"Bench.Eicar:0:*:{_EICAR.hex()}\n")
    conf.write_text(_CLAMD_CONF.format(socket=path, database=database))
    daemon = Daemon([program, "--config-file", str(conf)], {cores.measured}, directory / "clamd.output")
    try:
        daemon.wait_until(lambda: "Self checking" in daemon.tail(), _CLAMD_START_S)  # its last line before it serves
        yield daemon, f'[scanner]\nclamd = "{path}"\nclamd_config = "{conf}"\n'
    finally:
        daemon.stop()


def show(found: Mapping[str, Taken], console: Console) -> None:
    table = Table(
        title=f"{TOTAL_BYTES // MB} MB, three files: CPU ms for one application on one core", title_justify="left"
    )
    table.add_column("way")
    roles = list(next(iter(found.values())).cpu)
    for heading in ("all", *roles, "p50 s", "p99 s", "of"):
        table.add_column(heading, justify="right")
    for way, taken in found.items():
        cpu = taken.cpu_ms
        table.add_row(
            WAYS[way],
            f"{sum(cpu.values()):,.0f}",
            *[f"{cpu[role]:,.0f}" for role in roles],
            *[f"{percentile(taken.latencies, share):.2f}" for share in (0.5, 0.99)],
            str(len(taken.latencies)),
        )
    console.print(table)


def as_json(found: Mapping[str, Taken]) -> dict[str, object]:
    return {
        way: {
            "applications": len(taken.latencies),
            "planted_and_refused": taken.planted,
            "cpu_ms": {who: round(spent, 1) for who, spent in taken.cpu_ms.items()},
            "cpu_ms_in_all": round(sum(taken.cpu_ms.values()), 1),
            "p50_s": round(percentile(taken.latencies, 0.5), 3),
            "p99_s": round(percentile(taken.latencies, 0.99), 3),
        }
        for way, taken in found.items()
    }
