"""The text of a scrape: what was counted, in a form that `promtool check metrics` finds nothing to say about."""

from __future__ import annotations

import subprocess

from prometheus_client.parser import text_string_to_metric_families

from relay.ops import exposition, metrics
from relay.ops.gathered import Gathered, ProcessName
from relay.ops.metrics import METRICS, ROLES, Registry
from relay.ops.status import Absent, Health, Status

NAMES = {
    "tenant": ["minato"],
    "route": ["status"],
    "version": ["2"],
    "gate": ["east"],
    "certificate": ["own"],
    "rule_set": ["crs"],
}


def everything() -> Gathered:
    """A host where every metric of every role has a series."""
    workers = {role: 0 if role == "front" else None for role in ROLES}
    gathered = Gathered(ProcessName(role, worker) for role, worker in workers.items())
    for role, worker in workers.items():
        registry = Registry(role, NAMES)
        for metric in METRICS.values():
            if role not in metric.roles:
                continue
            labels = [NAMES[label.name][0] if label.configured else label.values[0] for label in metric.labels]
            if metric.kind == "histogram":
                registry.histogram(metric).at(*labels).observe(metric.buckets[1])
            else:
                registry.scalar(metric).at(*labels).inc()
        health = {"ledger": Health(ok=True), "egress": Health(ok=False, reason="absent")} if role == "front" else {}
        gathered.take(ProcessName(role, worker), Status(role, worker or 0, "a", registry.snapshot(), health))
    return gathered


def samples(text: bytes) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_promtool_finds_nothing_to_say() -> None:
    text = exposition.render(everything())
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


def test_every_declared_metric_is_in_the_text() -> None:
    text = exposition.render(everything()).decode()
    missing = [name for name in METRICS if f"# HELP {name} " not in text or f"# TYPE {name} " not in text]
    assert missing == []
    assert len(METRICS) >= 27


def test_a_histogram_is_cumulative_in_the_text() -> None:
    gathered = Gathered([ProcessName("ledger")])
    registry = Registry("ledger")
    for value in (1, 2, 3, 1000):
        registry.histogram(metrics.COMMIT_RECORDS).at().observe(value)
    gathered.take(ProcessName("ledger"), Status("ledger", 0, "a", registry.snapshot(), {}))
    found = samples(exposition.render(gathered))
    name = metrics.COMMIT_RECORDS.name
    assert [found[f"{name}_bucket", (("le", bound),)] for bound in ("1.0", "2.0", "4.0", "256.0", "+Inf")] == [
        1,
        2,
        3,
        3,
        4,
    ]
    assert (found[f"{name}_count", ()], found[f"{name}_sum", ()]) == (4, 1006)


def test_roles_and_dependencies_are_up_or_down() -> None:
    gathered = everything()
    gathered.take(ProcessName("ledger"), Absent("no answer"))
    found = samples(exposition.render(gathered))
    assert found["sekisho_role_up", (("role", "front"),)] == 1
    assert found["sekisho_role_up", (("role", "ledger"),)] == 0
    assert found["sekisho_role_processes", (("role", "ledger"),)] == 0
    assert found["sekisho_dependency_up", (("dependency", "ledger"), ("role", "front"))] == 1
    assert found["sekisho_dependency_up", (("dependency", "egress"), ("role", "front"))] == 0
    assert any(name == "sekisho_build_info" and value == 1 for (name, _), value in found.items())


def test_a_host_where_nothing_answers_still_has_a_clean_text() -> None:
    text = exposition.render(Gathered([ProcessName("front", 1), ProcessName("ledger")]))
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")
    assert samples(text)["sekisho_role_up", (("role", "front"),)] == 0
