"""What a registry has counted."""

from __future__ import annotations

from relay.ops.metrics import Metric, Registry


def counted(registry: Registry, metric: Metric) -> dict[tuple[str, ...], float]:
    """Labels → value of the series of `metric` that are not zero."""
    return {
        tuple(series.labels): series.value
        for series in registry.snapshot()
        if series.metric == metric.name and series.value
    }
