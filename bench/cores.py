"""Two kinds of core: one for the measured side alone, the others for all the rest (load, backend, gate, this process)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


class BenchRefused(Exception):
    """A check failed, so no figure is printed. The text says which check and what was seen."""


@dataclass(frozen=True, slots=True)
class Cores:
    measured: int
    rest: frozenset[int]

    @classmethod
    def choose(cls) -> Cores:
        """The last core is measured. Call it once, before this process narrows its own affinity."""
        usable = sorted(os.sched_getaffinity(0))
        if len(usable) < 2:
            raise BenchRefused("two cores are needed: one for the measured side and one for the load")
        return cls(usable[-1], frozenset(usable[:-1]))

    def keep_for_rest(self) -> None:
        """This process, and what it starts later without a core of its own, stays off the measured core."""
        os.sched_setaffinity(0, self.rest)


def pin(pids: Iterable[int], cores: Iterable[int]) -> None:
    """Every thread of every process. A thread that ends meanwhile is no error; one that stays elsewhere is."""
    wanted = set(cores)
    for pid in pids:
        for task in _tasks(pid):
            try:
                os.sched_setaffinity(task, wanted)
            except ProcessLookupError:
                continue


def check_pinned(pids: Iterable[int], core: int) -> None:
    """Fail if any thread of the measured side may run anywhere else."""
    for pid in pids:
        for task in _tasks(pid):
            try:
                allowed = os.sched_getaffinity(task)
            except ProcessLookupError:
                continue
            if allowed != {core}:
                raise BenchRefused(
                    f"thread {task} of process {pid} may run on cores {sorted(allowed)}, not only on {core}"
                )


def _tasks(pid: int) -> list[int]:
    try:
        return [int(entry.name) for entry in Path(f"/proc/{pid}/task").iterdir()]
    except FileNotFoundError:
        return []
