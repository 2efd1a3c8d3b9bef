"""From blocks to one table and one JSON file. Medians over the rounds; latencies over all rounds together."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from bench.load.open_loop import percentile
from bench.run import Block
from bench.systems import System
from bench.workloads import Workload

_MIB = 1024 * 1024
_MODSECURITY = ("nginx-modsecurity", "apache-modsecurity")  # ratios are to the better of these

_BUSY = 0.9  # of the core: below it, something else kept the measured side waiting, and it could do more
_FOREIGN = 0.05  # of the measured core


@dataclass(frozen=True, slots=True)
class Row:
    system: System
    workload: Workload
    blocks: tuple[Block, ...]

    @property
    def cpu_ms(self) -> float:
        return statistics.median(block.cpu_ms for block in self.blocks)

    @property
    def rate(self) -> float:
        return statistics.median(block.rate for block in self.blocks)

    @property
    def busy(self) -> float:
        return statistics.median(block.busy for block in self.blocks)

    @property
    def peak_mib(self) -> float:
        return max(block.peak_pss for block in self.blocks) / _MIB

    @property
    def latencies(self) -> list[float]:
        return [latency for block in self.blocks for latency in block.latencies]

    @property
    def spread(self) -> float:
        """How far the rounds lie apart: (greatest - least) / median of the CPU time."""
        values = [block.cpu_ms for block in self.blocks]
        return (max(values) - min(values)) / self.cpu_ms


class Report:
    def __init__(self, systems: Sequence[System], workloads: Sequence[Workload], blocks: Iterable[Block]) -> None:
        self._workloads = workloads
        taken = list(blocks)
        self.rows = [
            Row(system, workload, found)
            for workload in workloads
            for system in systems
            if (found := tuple(b for b in taken if b.system == system.name and b.workload == workload.name))
        ]

    def ratio(self, row: Row) -> float | None:
        """How often this system's CPU time fits into that of the better ModSecurity; None if neither was measured."""
        peers = [
            other.cpu_ms for other in self.rows if other.workload is row.workload and other.system.name in _MODSECURITY
        ]
        return min(peers) / row.cpu_ms if peers else None

    def notes(self) -> list[str]:
        """Each once, however many rows it is about."""
        found = (row.system.note(row.workload) for row in self.rows)
        return list(dict.fromkeys(note for note in found if note is not None))

    @property
    def foreign(self) -> float:
        return max((block.foreign for row in self.rows for block in row.blocks), default=0.0)

    def print(self, console: Console) -> None:
        notes = self.notes()
        table = Table(title="CPU time of the measured side on one core; medians of the rounds", title_justify="left")
        table.add_column("workload", no_wrap=True)
        table.add_column("system")
        for heading in ("CPU ms/request", "± %", "requests/s", "p50 ms", "p99 ms", "peak MiB", "× ModSecurity"):
            table.add_column(heading, justify="right")
        for workload in self._workloads:
            rows = [row for row in self.rows if row.workload is workload]
            for number, row in enumerate(rows):
                table.add_row(
                    _heading(workload, number),
                    _label(row, notes),
                    f"{row.cpu_ms:.3f}",
                    f"{row.spread * 50:.0f}",
                    f"{'' if row.busy > _BUSY else '> '}{row.rate:,.0f}",
                    *_latency_cells(row),
                    f"{row.peak_mib:.0f}",
                    "" if (ratio := self.ratio(row)) is None else f"{ratio:.2f}",
                    end_section=number == len(rows) - 1,
                )
        console.print(table)
        for mark, note in enumerate(notes, 1):
            console.print(f"[{mark}] {note}", markup=False)
        if self.foreign > _FOREIGN:
            console.print(f"not alone on the machine: others used up to {self.foreign:.0%} of the measured core")

    def as_json(self) -> list[dict[str, object]]:
        return [self._row_as_json(row) for row in self.rows]

    def _row_as_json(self, row: Row) -> dict[str, object]:
        latencies = row.latencies
        per_handshake = self._handshake_ms(row)
        return {
            "system": row.system.name,
            "workload": row.workload.name,
            "cpu_ms_per_request": _spread([block.cpu_ms for block in row.blocks]),
            "requests_per_second": _spread([block.rate for block in row.blocks]),
            "measured_core_busy": round(row.busy, 3),
            "measured_core_foreign": round(max(block.foreign for block in row.blocks), 3),
            "latency_ms": {
                "rate_per_second": row.workload.rate,
                "samples": len(latencies),
                "p50": round(percentile(latencies, 0.5) * 1000, 3),
                "p99": round(percentile(latencies, 0.99) * 1000, 3),
            }
            if latencies
            else None,
            **({} if per_handshake is None else {"cpu_ms_per_handshake": round(per_handshake, 4)}),
            "peak_pss_mib": round(row.peak_mib, 1),
            "peak_rss_mib": round(max(block.peak_rss for block in row.blocks) / _MIB, 1),
            "processes": row.blocks[0].processes,
            "tls": row.blocks[0].tls,
            "ratio_to_better_modsecurity": None if (ratio := self.ratio(row)) is None else round(ratio, 3),
            "evidence": [block.evidence for block in row.blocks],
            "note": row.system.note(row.workload),
        }

    def _handshake_ms(self, row: Row) -> float | None:
        """CPU of a new connection less that of the same request on a kept-alive one."""
        if not row.workload.closes:
            return None
        kept = [other for other in self.rows if other.system is row.system and other.workload.name == "get"]
        return row.cpu_ms - kept[0].cpu_ms if kept else None


def _heading(workload: Workload, line: int) -> str:
    """Two lines, beside the first two systems."""
    about = f"  latency at {workload.rate:g}/s" if workload.rate else "  requests/s are handshakes/s"
    return (workload.label, about)[line] if line < 2 else ""


def _label(row: Row, notes: list[str]) -> str:
    note = row.system.note(row.workload)
    return row.system.label if note is None else f"{row.system.label} \\[{notes.index(note) + 1}]"


def _latency_cells(row: Row) -> tuple[str, str]:
    latencies = row.latencies
    if not latencies:
        return "", ""
    return f"{percentile(latencies, 0.5) * 1000:.1f}", f"{percentile(latencies, 0.99) * 1000:.1f}"


def _spread(values: list[float]) -> dict[str, object]:
    return {
        "median": round(statistics.median(values), 4),
        "least": round(min(values), 4),
        "greatest": round(max(values), 4),
        "rounds": [round(value, 4) for value in values],
    }
