"""Gathered metrics as Prometheus text, by prometheus-client; only what serves `/metrics` imports this."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib import metadata
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from relay.ops import metrics
from relay.ops.gathered import Gathered, Total
from relay.ops.status import Status

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"


def render(gathered: Gathered) -> bytes:
    """The text of one scrape."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(gathered))
    return generate_latest(registry)


class _Collector(Collector):
    def __init__(self, gathered: Gathered) -> None:
        self._gathered = gathered

    def collect(self) -> Iterator[Metric]:
        by_metric: dict[str, list[tuple[metrics.Labels, Total]]] = {}
        for (name, labels), total in sorted(self._gathered.totals().items()):
            by_metric.setdefault(name, []).append((labels, total))
        for name, series in by_metric.items():
            yield _family(metrics.METRICS[name], series)
        yield from self._of_roles()
        build = GaugeMetricFamily(
            "sekisho_build_info", "Always 1; the labels tell what runs.", labels=["version", "python"]
        )
        build.add_metric([metadata.version("sekisho"), platform.python_version()], 1)
        yield build

    def _of_roles(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("sekisho_role_up", "1 while every process of the role answers.", labels=["role"])
        processes = GaugeMetricFamily("sekisho_role_processes", "Processes of the role that answer.", labels=["role"])
        works = GaugeMetricFamily(
            "sekisho_dependency_up",
            "1 while every process of the role says that the dependency works.",
            labels=["role", "dependency"],
        )
        for role in sorted({name.role for name in self._gathered.answers}):
            answering, expected = self._gathered.processes(role)
            up.add_metric([role], float(answering == expected))
            processes.add_metric([role], answering)
        health: dict[tuple[str, str], bool] = {}
        for name, answer in self._gathered.answers.items():
            for dependency, found in answer.health.items() if isinstance(answer, Status) else ():
                health[name.role, dependency] = health.get((name.role, dependency), True) and found.ok
        for (role, dependency), ok in sorted(health.items()):
            works.add_metric([role, dependency], float(ok))
        yield from (up, processes, works)


def _family(metric: metrics.Metric, series: list[tuple[metrics.Labels, Total]]) -> Metric:
    names = [*(["role"] if metric.per_role else []), *(label.name for label in metric.labels)]
    if metric.kind == "counter":
        counter = CounterMetricFamily(metric.name, metric.help, labels=names)
        for labels, total in series:
            counter.add_metric(labels, total.value)
        return counter
    if metric.kind == "gauge":
        gauge = GaugeMetricFamily(metric.name, metric.help, labels=names)
        for labels, total in series:
            gauge.add_metric(labels, total.value)
        return gauge
    histogram = HistogramMetricFamily(metric.name, metric.help, labels=names)
    bounds = [*map(str, metric.buckets), "+Inf"]
    for labels, total in series:
        histogram.add_metric(labels, list(zip(bounds, accumulate(total.counts), strict=True)), total.value)
    return histogram
