"""Metrics in a role: declared once, closed label sets, cheap to count."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from relay.base.errors import Misuse
from relay.base.reasons import Reason
from relay.ops import metric_table, metrics
from relay.ops.metrics import METRICS, ROLES, Process, Registry

NAMES = {"tenant": ["minato"], "route": ["status"], "gate": ["east"], "certificate": ["front"]}


def values(registry: Registry) -> dict[tuple[str, tuple[str, ...]], float]:
    return {(series.metric, series.labels): series.value for series in registry.snapshot()}


def test_a_counter_counts_per_label_values() -> None:
    registry = Registry("front", NAMES)
    requests = registry.scalar(metrics.REQUESTS)
    requests.at("minato", "status", "admitted", "admitted").inc()
    requests.at("minato", "status", "admitted", "admitted").inc(2)
    requests.at("minato", "status", "denied", "field_missing").inc()
    assert values(registry) == {
        (metrics.REQUESTS.name, ("minato", "status", "admitted", "admitted")): 3,
        (metrics.REQUESTS.name, ("minato", "status", "denied", "field_missing")): 1,
    }


def test_a_gauge_goes_up_and_down() -> None:
    cell = Registry("front").scalar(metrics.CONNECTIONS).at("idle")
    cell.inc(5)
    cell.dec(2)
    assert cell.value == 3
    cell.set(1.5)
    assert cell.value == 1.5


def test_a_histogram_counts_by_its_bounds() -> None:
    registry = Registry("ledger")
    batch = registry.histogram(metrics.COMMIT_RECORDS).at()
    for value in (1, 2, 3, 256, 257):
        batch.observe(value)
    (series,) = registry.snapshot()
    assert series.counts == [1, 1, 1, 0, 0, 0, 0, 0, 1, 1]
    assert series.value == 519


def test_values_that_nobody_declared_make_no_series() -> None:
    registry = Registry("front", NAMES)
    requests = registry.scalar(metrics.REQUESTS)
    for number in range(1000):
        requests.at(f"tenant-{number}", f"<script>{number}", f"verdict-{number}", f"reason-{number}").inc()
    assert values(registry) == {(metrics.REQUESTS.name, ("none", "none", "other", "other")): 1000}
    assert len(requests.cells) == 1


def test_names_that_a_reload_adds_get_series_of_their_own() -> None:
    registry = metrics.Registry("front", {"rule_set": ["a"]})
    workers = registry.scalar(metrics.RULE_SET_WORKERS)
    workers.at("b", "enforce").inc()
    registry.declare("rule_set", ["b"])
    workers.at("b", "enforce").inc()
    workers.at("a", "enforce").inc()
    workers.at("c", "enforce").inc()
    assert {series.labels: series.value for series in workers.snapshot()} == {
        ("other", "enforce"): 2,
        ("b", "enforce"): 1,
        ("a", "enforce"): 1,
    }


def test_every_reason_is_a_label_value() -> None:
    registry = Registry("front", NAMES)
    for reason in Reason:
        registry.scalar(metrics.REQUESTS).at("minato", "status", "denied", reason.value).inc()
    assert len(registry.snapshot()) == len(Reason)


def test_a_metric_without_labels_is_there_from_the_start() -> None:
    registry = Registry("ledger")
    registry.scalar(metrics.LOG_ENTRIES)
    assert values(registry) == {(metrics.LOG_ENTRIES.name, ()): 0}


def test_a_handle_is_the_same_each_time() -> None:
    registry = Registry("front", NAMES)
    assert registry.scalar(metrics.REQUESTS) is registry.scalar(metrics.REQUESTS)


def test_what_is_not_declared_so_is_misuse() -> None:
    registry = Registry("front", NAMES)
    with pytest.raises(Misuse, match="not a scalar of the role front"):
        registry.scalar(metrics.LOG_ENTRIES)
    with pytest.raises(Misuse, match="not a histogram"):
        registry.histogram(metrics.REQUESTS)
    with pytest.raises(Misuse, match="not a scalar"):
        registry.scalar(metrics.STAGE_DURATION)
    with pytest.raises(Misuse, match="has 4 labels, not 1"):
        registry.scalar(metrics.REQUESTS).at("minato")
    with pytest.raises(ValueError, match="not a role"):
        Registry("nobody")


def test_the_process_tells_of_itself() -> None:
    registry = Registry("exporter")
    process = Process(registry)
    process.refresh()
    found = {name: value for (name, _), value in values(registry).items()}
    assert found[metrics.CPU_SECONDS.name] > 0
    assert found[metrics.RESIDENT_BYTES.name] > 1_000_000
    assert 3 <= found[metrics.OPEN_FDS.name] < 10_000
    assert found[metrics.START_TIME.name] > 1_700_000_000
    process.close()


@pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))
def test_a_declaration_keeps_the_rules_of_names(metric: metrics.Metric) -> None:
    assert re.fullmatch(r"sekisho_[a-z_]+", metric.name)
    assert (metric.kind == "counter") == metric.name.endswith("_total")
    assert (metric.kind == "histogram") == bool(metric.buckets)
    assert set(metric.roles) <= set(ROLES)
    assert metric.help.endswith(".")
    assert list(metric.buckets) == sorted(metric.buckets)
    assert len({label.name for label in metric.labels}) == len(metric.labels)
    for label in metric.labels:
        assert label.configured or label.fallback in label.values
    assert not re.search(r"_(ms|milliseconds|kib|mb)(_|$)", metric.name)


def test_the_documentation_is_current() -> None:
    committed = Path(__file__).resolve().parents[3] / "docs" / "metrics.md"
    assert committed.read_text() == metric_table.as_markdown()
