"""Processes of the bench: started on given cores, measured from /proc, ended by pid.

CPU time is utime + stime of `/proc/PID/stat`: all threads of the process, those that have ended included. The kernel
gives it in ticks (usually 10 ms), so a measurement of n seconds on p processes is good to p ticks.
Memory is PSS (`smaps_rollup`): pages that several processes share are counted once over all of them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from bench.cores import BenchRefused

_TICK = os.sysconf("SC_CLK_TCK")
KIB = 1024


class Daemon:
    """One process that stays in the foreground, on the cores it is given, with its output in a file."""

    def __init__(self, command: Sequence[str], cores: Iterable[int], output: Path, cwd: Path | None = None) -> None:
        self.command = list(command)
        self.output = output
        pinned = ["taskset", "-c", ",".join(str(core) for core in sorted(cores)), *command]
        with output.open("ab") as sink:
            self._process = subprocess.Popen(
                pinned, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT, cwd=cwd, start_new_session=True
            )
        self.pid = self._process.pid  # taskset replaces itself by the command

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not ready():
            if self._process.poll() is not None:
                raise BenchRefused(f"{self.command[0]} ended with {self._process.returncode}: {self.tail()}")
            if time.monotonic() > deadline:
                raise BenchRefused(f"{self.command[0]} was not ready after {seconds} s: {self.tail()}")
            time.sleep(0.05)

    def check_alive(self) -> None:
        if self._process.poll() is not None:
            raise BenchRefused(f"{self.command[0]} ended with {self._process.returncode}: {self.tail()}")

    def tail(self, characters: int = 2000) -> str:
        return self.output.read_text(errors="replace")[-characters:]

    def stop(self, seconds: float = 15) -> None:
        """SIGTERM, then SIGKILL to it and to the children that it had when the patience ran out."""
        if self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            for pid in reversed(tree(self.pid)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()


def tree(root: int) -> list[int]:
    """The process and all its descendants, parents first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(FileNotFoundError, ProcessLookupError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [root]
    for pid in found:  # grows while it is walked
        found.extend(sorted(children.get(pid, ())))
    return found


def cpu_seconds(pids: Iterable[int], *, with_ended: bool = False) -> float:
    """`with_ended`: with the children that each has waited for."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            raise BenchRefused(f"measured process {pid} ended during the run") from None
        ticks += sum(map(int, fields[11 : 15 if with_ended else 13]))
    return ticks / _TICK


def core_seconds(core: int) -> float:
    """Time that a core was not idle, for whomever: this system's processes, the kernel, other guests of the host."""
    for line in Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name == f"cpu{core}":
            user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, ticks[:8])
            return (user + nice + system + irq + softirq + steal) / _TICK
    raise BenchRefused(f"/proc/stat has no core {core}")


def pss_bytes(pids: Iterable[int]) -> int:
    return sum(_kilobytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss:") for pid in pids)


def rss_bytes(pids: Iterable[int]) -> int:
    return sum(_kilobytes(Path(f"/proc/{pid}/status"), "VmRSS:") for pid in pids)


def peak_rss_bytes(pids: Iterable[int]) -> int:
    """VmHWM since the start or the last `reset_peaks`; pages that are shared count in each process."""
    return sum(_kilobytes(Path(f"/proc/{pid}/status"), "VmHWM:") for pid in pids)


def reset_peaks(pids: Iterable[int]) -> None:
    for pid in pids:
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def _kilobytes(path: Path, name: str) -> int:
    try:
        text = path.read_text()
    except PermissionError:
        raise BenchRefused(
            f"{path} cannot be read: Sekisho's roles are not dumpable, so the bench must be root"
        ) from None
    for line in text.splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * KIB
    raise BenchRefused(f"{path} has no {name}")


class PeakSampler:
    """Highest sum seen while it runs; `measure` is called every `seconds` in a thread of this process."""

    def __init__(self, measure: Callable[[], int], seconds: float = 0.25) -> None:
        self.peak = measure()
        self._measure = measure
        self._seconds = seconds
        self._done = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="peak-sampler", daemon=True)

    def __enter__(self) -> PeakSampler:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        if self._failure is not None:
            raise BenchRefused("memory could not be read during the run") from self._failure

    def _run(self) -> None:
        try:
            while not self._done.wait(self._seconds):
                self.peak = max(self.peak, self._measure())
        except (OSError, BenchRefused) as failure:
            self._failure = failure
