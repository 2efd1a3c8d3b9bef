"""One set of metrics from the snapshots of many processes (docs/adr/0005-metrics-gathered.md).

Rules
1. Counters and histograms are summed over the processes of a role, and never go back: what a process had counted when it ended
   or fell silent is kept (`retired`) and goes on being part of the sum. Only a restart of the exporter resets them.
2. A gauge is that of the processes that answer now, merged as its declaration says.
3. A snapshot comes from a process that may have been taken over: a metric that is not declared for its role, a label value outside its
   set or a number that is not finite makes the whole snapshot invalid, and the process counts as absent.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from relay.ops.metrics import METRICS, Label, Labels, Metric, Series
from relay.ops.status import Absent, Health, Status

SERIES_PER_PROCESS = 20_000  # 30 procedures of 20 tenants with 30 outcomes each
DEPENDENCIES_PER_PROCESS = 64  # ledger, egress, disk and the gates

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}\Z")
_DEPENDENCY = re.compile(r"[a-z0-9][a-z0-9._:-]{0,63}\Z")
_REASON_CHARS = 200


@dataclass(frozen=True, slots=True)
class ProcessName:
    """`worker` is None for a role of one process; workers are numbered from 0."""

    role: str
    worker: int | None = None

    def __str__(self) -> str:
        return self.role if self.worker is None else f"{self.role}-{self.worker}"


Key = tuple[str, Labels]  # metric and label values, `role` first where the exporter adds it


@dataclass(slots=True)
class Total:
    value: float = 0.0
    counts: list[int] = field(default_factory=list)

    def add(self, other: Series | Total) -> None:
        self.value += other.value
        if not self.counts:
            self.counts = list(other.counts)
        else:
            self.counts = [ours + theirs for ours, theirs in zip(self.counts, other.counts, strict=True)]


class Gathered:
    """The state between two scrapes. `expected`: every process that should answer."""

    def __init__(self, expected: Iterable[ProcessName]) -> None:
        self.answers: dict[ProcessName, Status | Absent] = {name: Absent("not asked yet") for name in expected}
        self._last: dict[ProcessName, Status] = {}
        self._retired: dict[Key, Total] = {}

    def take(self, name: ProcessName, answer: Status | Absent) -> None:
        """What `name` said, or that it said nothing."""
        if isinstance(answer, Status):
            fault = invalid(name, answer)
            if fault:
                answer = Absent(f"invalid answer: {fault}")
        self.answers[name] = answer
        if isinstance(answer, Status):
            before = self._last.get(name)
            if before is not None and before.instance != answer.instance:
                _sum_into(self._retired, name.role, _cumulative(before))
            self._last[name] = answer

    def totals(self) -> dict[Key, Total]:
        """Every series, merged."""
        merged = {key: Total(total.value, list(total.counts)) for key, total in self._retired.items()}
        for name, status in self._last.items():
            _sum_into(merged, name.role, _cumulative(status))
        for name, answer in self.answers.items():
            if isinstance(answer, Status):
                _merge_gauges(merged, name.role, answer.series)
        return merged

    def processes(self, role: str) -> tuple[int, int]:
        """How many processes of `role` answer, and how many should."""
        answers = [answer for name, answer in self.answers.items() if name.role == role]
        return sum(isinstance(answer, Status) for answer in answers), len(answers)

    def dependencies(self) -> dict[str, Health]:
        """The health of every process, and of everything that it depends on, by `front-0` and `front-0/ledger`."""
        found: dict[str, Health] = {}
        for name, answer in self.answers.items():
            if isinstance(answer, Absent):
                found[str(name)] = Health(ok=False, reason=f"{name}: {answer.reason}")
                continue
            found[str(name)] = Health(ok=True)
            for dependency, health in sorted(answer.health.items()):
                reason = "" if health.ok else f"{name}: {dependency}: {health.reason or 'does not work'}"
                found[f"{name}/{dependency}"] = Health(ok=health.ok, reason=reason[:_REASON_CHARS])
        return found


def invalid(name: ProcessName, status: Status) -> str:
    """What is wrong with a status, or nothing."""
    if (status.role, status.worker) != (name.role, name.worker or 0):
        return "it is another process"
    if len(status.series) > SERIES_PER_PROCESS:
        return "too many series"
    if len(status.health) > DEPENDENCIES_PER_PROCESS or not all(map(_DEPENDENCY.match, status.health)):
        return "its dependencies"
    for series in status.series:
        metric = METRICS.get(series.metric)
        if metric is None or name.role not in metric.roles:
            return "a metric that it does not have"
        if not _is_well_formed(metric, series):
            return f"the metric {metric.name}"
    return ""


def _is_well_formed(metric: Metric, series: Series) -> bool:
    return (
        math.isfinite(series.value)
        and (metric.kind == "gauge" or series.value >= 0)
        and len(series.counts) == (len(metric.buckets) + 1 if metric.kind == "histogram" else 0)
        and all(count >= 0 for count in series.counts)
        and len(series.labels) == len(metric.labels)
        and all(_is_of(label, value) for label, value in zip(metric.labels, series.labels, strict=True))
    )


def _is_of(label: Label, value: str) -> bool:
    return bool(_NAME.match(value)) if label.configured else value in label.values


def _cumulative(status: Status) -> Iterable[Series]:
    return (series for series in status.series if METRICS[series.metric].kind != "gauge")


def _key(role: str, series: Series) -> Key:
    return series.metric, (role, *series.labels) if METRICS[series.metric].per_role else series.labels


def _sum_into(totals: dict[Key, Total], role: str, found: Iterable[Series]) -> None:
    for series in found:
        totals.setdefault(_key(role, series), Total()).add(series)


def _merge_gauges(totals: dict[Key, Total], role: str, found: Iterable[Series]) -> None:
    for series in found:
        metric = METRICS[series.metric]
        if metric.kind != "gauge":
            continue
        key = _key(role, series)
        known = totals.get(key)
        if known is None:
            totals[key] = Total(series.value)
        elif metric.merge == "sum":
            known.value += series.value
        else:
            known.value = (max if metric.merge == "max" else min)(known.value, series.value)
