"""Plain nginx: the cost of TLS, HTTP and mutual TLS alone. Nothing is inspected, and the planted attack must pass."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bench.peers import crs
from bench.peers.nginx import Nginx
from bench.systems import Evidence, Ground, Probe, Running, System
from bench.workloads import Workload


class NginxPlain(System):
    name = "nginx-plain"
    label = "nginx, nothing inspected"
    packages = ("nginx",)

    def launch(self, ground: Ground, directory: Path, workload: Workload) -> Running:  # noqa: ARG002 - one set-up for all
        return _Plain(ground, directory)


class _Plain(Nginx):
    def probes(self) -> tuple[Probe, ...]:
        return tuple(replace(probe, expected=frozenset({200}), reaches_backend=True) for probe in crs.PROBES)

    def begin(self) -> None:
        return

    def verify(self, answered: int, probed: int) -> Evidence:  # noqa: ARG002 - it keeps no records
        return {"rules": 0}
