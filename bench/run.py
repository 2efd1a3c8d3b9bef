"""One block of measurements: one system, one workload, one round. The table is made of the medians of many such blocks.

A block starts the system, proves that its way is the inspected one, measures, proves it again, and ends the system.
Whatever does not add up raises BenchRefused: no figure is better than a wrong one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple

from bench.cores import BenchRefused, Cores, check_pinned
from bench.load import open_loop, planted, wrk
from bench.processes import PeakSampler, core_seconds, cpu_seconds, peak_rss_bytes, pss_bytes, reset_peaks
from bench.systems import Evidence, Ground, Origin, Running, System
from bench.workloads import Workload

_ROUNDS_OF_PROBES = 3  # before, during, after


@dataclass(frozen=True, slots=True)
class Pace:
    """How long everything takes, in whole seconds."""

    warm_up: int
    closed: int
    tail: int  # for the answers that are still owed when the load stops
    open: int


FULL = Pace(warm_up=1, closed=5, tail=1, open=5)
QUICK = Pace(warm_up=1, closed=2, tail=2, open=2)
ROUNDS, QUICK_ROUNDS = 2, 1


@dataclass(frozen=True, slots=True)
class Block:
    system: str
    workload: str
    cpu_ms: float  # of the measured side, per answered request
    rate: float  # answered requests per second, closed loop
    busy: float  # share of the measured core that the measured side used meanwhile; below 1, the rate has another limit
    foreign: float  # share of it that others used: the run was not alone on the machine
    latencies: tuple[float, ...]  # seconds, open loop; empty where it was not run
    peak_pss: int
    peak_rss: int
    processes: int
    tls: str
    evidence: Evidence


def measure(ground: Ground, system: System, workload: Workload, pace: Pace, directory: Path) -> Block:
    directory.mkdir()
    with system.launch(ground, directory, workload) as running:
        try:
            return _measure(ground, running, system, workload, pace, directory)
        except (BenchRefused, OSError, HTTPException) as failure:
            said = str(failure) if isinstance(failure, BenchRefused) else repr(failure)
            raise BenchRefused(f"{system.label}, {workload.label}: {said}{running.explain()}") from failure


def _measure(
    ground: Ground, running: Running, system: System, workload: Workload, pace: Pace, directory: Path
) -> Block:
    pids = running.measured()
    tls = planted.negotiated(running.origin)
    if workload.closes:
        planted.check_full_handshakes(running.origin)
    probes = running.probes()
    mark = ground.backend.mark()
    reached = 0

    def plant() -> None:
        nonlocal reached
        reached += planted.send(running.origin, probes)

    running.begin()
    plant()
    warm = wrk.run(running.origin, workload, pace.warm_up, pace.tail, directory, _nothing)
    check_pinned(pids, ground.cores.measured)
    reset_peaks(pids)
    load = _load(ground, running.origin, pids, workload, pace, directory, plant)
    plant()
    _check_same(running, pids, ground.cores)
    closed = load.closed
    answered = warm.answered + closed.answered + len(load.latencies)
    _check_backend(ground.backend.answered_since(mark), answered + reached)
    return Block(
        system=system.name,
        workload=workload.name,
        cpu_ms=load.spent * 1000 / closed.answered,
        rate=closed.rate,
        busy=load.spent / closed.elapsed,
        foreign=max(0.0, load.foreign) / (closed.elapsed + pace.tail),
        latencies=load.latencies,
        peak_pss=load.peak_pss,
        peak_rss=peak_rss_bytes(pids),
        processes=len(pids),
        tls=tls,
        evidence=_evidence(running, answered),
    )


class _Load(NamedTuple):
    """What the load itself showed. CPU seconds are of the closed loop, the peak is of both."""

    closed: wrk.Closed
    spent: float
    foreign: float
    latencies: tuple[float, ...]
    peak_pss: int


def _load(
    ground: Ground,
    origin: Origin,
    pids: Sequence[int],
    workload: Workload,
    pace: Pace,
    directory: Path,
    halfway: Callable[[], None],
) -> _Load:
    with PeakSampler(lambda: pss_bytes(pids)) as memory:
        before, core_before = cpu_seconds(pids), core_seconds(ground.cores.measured)
        closed = wrk.run(origin, workload, pace.closed, pace.tail, directory, halfway)
        spent = cpu_seconds(pids) - before
        foreign = core_seconds(ground.cores.measured) - core_before - spent
        latencies: tuple[float, ...] = ()
        if workload.rate:
            latencies = open_loop.run(origin, workload, workload.rate, pace.open).latencies
    return _Load(closed, spent, foreign, latencies, memory.peak)


def _nothing() -> None:
    return


def _check_same(running: Running, pids: Sequence[int], cores: Cores) -> None:
    check_pinned(pids, cores.measured)
    if running.measured() != pids:
        raise BenchRefused(f"the measured processes changed from {pids} to {running.measured()}")


def _check_backend(seen: int, expected: int) -> None:
    if seen != expected:
        raise BenchRefused(f"the backend answered {seen} requests, but the clients got {expected} answers from it")


def _evidence(running: Running, answered: int) -> Evidence:
    """Records may be written a moment after the answer."""
    deadline = time.monotonic() + 5
    while True:
        try:
            return running.verify(answered, _ROUNDS_OF_PROBES)
        except BenchRefused:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
