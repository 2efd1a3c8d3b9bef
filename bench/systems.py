"""What the bench asks of each system that it compares, whoever wrote it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.backend import Backend
from bench.cores import Cores
from bench.pki import Pki
from bench.workloads import Workload

Evidence = dict[str, int | float | str]


@dataclass(frozen=True, slots=True)
class Ground:
    """What all systems of one bench stand on."""

    cores: Cores
    pki: Pki
    backend: Backend


@dataclass(frozen=True, slots=True)
class Probe:
    """A planted request, and the answer that proves which way it went."""

    name: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    expected: frozenset[int]
    reaches_backend: bool


@dataclass(frozen=True, slots=True)
class Origin:
    """Where clients connect. `host` is the name in the certificate, in SNI and in `Host`."""

    host: str
    port: int
    anchor: Path

    @property
    def url(self) -> str:
        return f"https://{self.host}:{self.port}"


class Running(ABC):
    """One instance of a system. Leaving the context ends every process that it started."""

    origin: Origin

    @abstractmethod
    def start(self) -> None:
        """Return when it answers; on the measured core whatever is to be measured, everything else off it."""

    @abstractmethod
    def stop(self) -> None:
        """End what was started, also after a `start` that failed halfway."""

    @abstractmethod
    def measured(self) -> list[int]:
        """Processes whose CPU and memory count. The same ones from warm-up to the end, or the run is refused."""

    @abstractmethod
    def probes(self) -> tuple[Probe, ...]:
        """Sent before, during and after each run."""

    @abstractmethod
    def begin(self) -> None:
        """Remember how far the system's own records go."""

    @abstractmethod
    def verify(self, answered: int, probed: int) -> Evidence:
        """Do those records show `answered` inspected requests and `probed` rounds of probes since `begin`?

        Raises BenchRefused if not; otherwise returns what was found, for the JSON report.
        """

    def explain(self) -> str:
        """What the system's own records say about a run that was refused."""
        return ""

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class System(ABC):
    """One column of the comparison: makes instances, each for one workload, in a directory of its own."""

    name: str  # stable, for JSON and --systems
    label: str  # for the table
    packages: tuple[str, ...]  # Debian packages whose versions are reported

    @abstractmethod
    def launch(self, ground: Ground, directory: Path, workload: Workload) -> Running: ...

    def note(self, workload: Workload) -> str | None:  # noqa: ARG002 - most have nothing to say about any workload
        """A footnote to this system's row of this workload, if it was set up in a way that must be said."""
        return None
