"""Where and with what the figures were taken. Every figure is worth only as much as this page beside it."""

from __future__ import annotations

import datetime
import os
import platform
import ssl
import subprocess
from collections.abc import Iterable
from pathlib import Path

from bench.cores import Cores


def facts(cores: Cores, packages: Iterable[str]) -> dict[str, object]:
    return {
        "taken": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "cpu": _cpu_model(),
        "cores_online": os.cpu_count(),
        "memory_mib": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20,
        "kernel": platform.release(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", "?"),
        "python": platform.python_version(),
        "openssl_of_load": ssl.OPENSSL_VERSION,
        "pinning": {"measured": cores.measured, "load_backend_gate": sorted(cores.rest)},
        "load_average_before": [round(load, 2) for load in os.getloadavg()],
        "packages": {package: _version(package) for package in sorted({*packages, "wrk"})},
        "sekisho": _commit(),
    }


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _version(package: str) -> str:
    query = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True, check=False
    )
    return query.stdout if query.returncode == 0 else "not installed"


def _commit() -> str:
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
    )
    return described.stdout.strip() or "no git"
