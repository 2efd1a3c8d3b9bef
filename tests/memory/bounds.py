"""How much resident memory an upload, a part or an idle connection may take of a role.

Resident memory is VmRSS, sampled, and VmHWM: anonymous pages, file pages and mapped shared pages. The memfds in which sealed envelopes
wait are not mapped by anybody, so their pages are the host's and in no role's figure (docs/spec/ipc.md section 6).
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from bench import memory
from bench.load.drain import Drain
from bench.sekisho import Lab, LabFile

MIB = 1024 * 1024
UPLOAD_GROWTH_MOST = 2 * MIB  # of front and of egress, for each upload
MULTIPART_GROWTH_MOST = 20 * MIB  # of the front, for 10,000 parts
IDLE_GROWTH_MOST = 64 * 1024  # of the front, for each connection: twice what it is
PART_BYTES_LEAST = 70  # of the parts that `bench.memory.parts` sends


@contextmanager
def lab_for_uploads(directory: Path) -> Iterator[LabFile]:
    with Drain() as drain, Lab(directory, _cores(), app=drain.url, open_routes=True, limits=memory.LIMITS) as lab:
        yield lab


@contextmanager
def lab_for_forms(directory: Path) -> Iterator[LabFile]:
    directory.mkdir(parents=True)
    procedures = memory.roomy_procedures(directory / "procedures")
    with Drain() as drain, Lab(directory, _cores(), app=drain.url, limits=memory.LIMITS, procedures=procedures) as lab:
        yield lab


def check_uploads(directory: Path, count: int, size: int) -> None:
    with lab_for_uploads(directory) as lab:
        report = memory.uploads(lab, count, size)
    assert report.statuses == (200,) * count
    assert {growth.role: growth.units for growth in report.growth} == {"front": count, "egress": count}
    for growth in report.growth:
        assert growth.each < UPLOAD_GROWTH_MOST, memory.as_json(report)


def check_parts(directory: Path, count: int) -> None:
    with lab_for_forms(directory) as lab:
        before = _received_bytes(directory)
        report = memory.parts(lab, count)
        assert _received_bytes(directory) - before >= PART_BYTES_LEAST * count  # read to its end, though refused
    assert report.statuses == (422,)
    assert report.of("front").total < MULTIPART_GROWTH_MOST, memory.as_json(report)


def check_idle(directory: Path, count: int) -> None:
    with lab_for_forms(directory) as lab:
        report = memory.idle(lab, count)
    assert report.statuses == (200,) * count
    print(json.dumps(memory.as_json(report)))
    assert report.of("front").each < IDLE_GROWTH_MOST, memory.as_json(report)


def _received_bytes(directory: Path) -> float:
    """Of request bodies, as the front counts them."""
    url = urlsplit(json.loads((directory / "lab" / "lab.json").read_text())["metrics_url"])
    with socket.create_connection((url.hostname, url.port), timeout=30) as sock:
        sock.sendall(f"GET {url.path} HTTP/1.1\r\nHost: management\r\nConnection: close\r\n\r\n".encode())
        with sock.makefile("r") as lines:
            return sum(float(line.split()[-1]) for line in lines if line.startswith("sekisho_request_bytes_total"))


def _cores() -> frozenset[int]:
    return frozenset(os.sched_getaffinity(0))
