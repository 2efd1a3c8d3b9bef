"""Merging the snapshots of processes that restart, fall silent or lie."""

from __future__ import annotations

import math

import pytest

from relay.ops.gathered import DEPENDENCIES_PER_PROCESS, SERIES_PER_PROCESS, Gathered, ProcessName, invalid
from relay.ops.metrics import Series
from relay.ops.status import Absent, Health, Status

ONE, TWO = ProcessName("front", 1), ProcessName("front", 2)
LEDGER = ProcessName("ledger")
BYTES = "sekisho_request_bytes_total"
STATE = "sekisho_connections"
EXPIRY = "sekisho_certificate_expiry_timestamp_seconds"
BATCH = "sekisho_log_commit_records"


def status(name: ProcessName, *series: Series, instance: str = "a", health: dict[str, Health] | None = None) -> Status:
    return Status(name.role, name.worker or 0, instance, list(series), health or {})


def counted(gathered: Gathered, metric: str, *labels: str) -> float:
    return gathered.totals()[metric, labels].value


def test_counters_of_workers_are_summed() -> None:
    gathered = Gathered([ONE, TWO])
    gathered.take(ONE, status(ONE, Series(BYTES, (), 10)))
    gathered.take(TWO, status(TWO, Series(BYTES, (), 5)))
    assert counted(gathered, BYTES) == 15


def test_a_counter_never_goes_back() -> None:
    gathered = Gathered([ONE, TWO])
    gathered.take(ONE, status(ONE, Series(BYTES, (), 10)))
    gathered.take(TWO, status(TWO, Series(BYTES, (), 5)))
    gathered.take(ONE, Absent("no answer"))  # it may come back, or have ended
    assert counted(gathered, BYTES) == 15
    gathered.take(ONE, status(ONE, Series(BYTES, (), 11)))  # it was only busy
    assert counted(gathered, BYTES) == 16
    gathered.take(ONE, status(ONE, Series(BYTES, (), 1), instance="b"))  # a new process
    assert counted(gathered, BYTES) == 17
    gathered.take(ONE, status(ONE, instance="c"))
    assert counted(gathered, BYTES) == 17


def test_histograms_are_summed_and_kept() -> None:
    counts = [1, 0, 0, 0, 0, 0, 0, 0, 0, 2]
    gathered = Gathered([LEDGER])
    gathered.take(LEDGER, status(LEDGER, Series(BATCH, (), 600, counts)))
    gathered.take(LEDGER, status(LEDGER, Series(BATCH, (), 300, counts), instance="b"))
    total = gathered.totals()[BATCH, ()]
    assert (total.value, total.counts) == (900, [2, 0, 0, 0, 0, 0, 0, 0, 0, 4])
    assert gathered.totals()[BATCH, ()].counts == total.counts  # asking changes nothing


def test_gauges_are_of_those_who_answer_and_merge_as_declared() -> None:
    gathered = Gathered([ONE, TWO])
    gathered.take(ONE, status(ONE, Series(STATE, ("idle",), 3), Series(EXPIRY, ("front",), 200)))
    gathered.take(TWO, status(TWO, Series(STATE, ("idle",), 4), Series(EXPIRY, ("front",), 100)))
    assert counted(gathered, STATE, "front", "idle") == 7
    assert counted(gathered, EXPIRY, "front", "front") == 100
    gathered.take(TWO, Absent("no answer"))
    assert counted(gathered, STATE, "front", "idle") == 3
    assert counted(gathered, EXPIRY, "front", "front") == 200


def test_health_has_a_reason_for_each_dependency() -> None:
    gathered = Gathered([ONE, LEDGER])
    assert gathered.dependencies()["ledger"] == Health(ok=False, reason="ledger: not asked yet")
    gathered.take(ONE, status(ONE, health={"egress": Health(ok=True), "ledger": Health(ok=False, reason="disk full")}))
    gathered.take(LEDGER, Absent("no answer"))
    assert gathered.dependencies() == {
        "front-1": Health(ok=True),
        "front-1/egress": Health(ok=True),
        "front-1/ledger": Health(ok=False, reason="front-1: ledger: disk full"),
        "ledger": Health(ok=False, reason="ledger: no answer"),
    }
    assert (gathered.processes("front"), gathered.processes("ledger")) == ((1, 1), (0, 1))


HISTOGRAM = Series("sekisho_stage_duration_seconds", ("total",), 1, [0] * 19)
LIES: list[tuple[str, Status, str]] = [
    ("another role", status(LEDGER), "another process"),
    ("another worker", status(TWO), "another process"),
    ("an unknown metric", status(ONE, Series("sekisho_secret", (), 1)), "does not have"),
    ("a metric of another role", status(ONE, Series("sekisho_log_size_entries", (), 1)), "does not have"),
    ("too few labels", status(ONE, Series(STATE, (), 1)), STATE),
    ("too many labels", status(ONE, Series(BYTES, ("x",), 1)), BYTES),
    ("a value outside the set", status(ONE, Series(STATE, ("関所太郎",), 1)), STATE),
    ("a configured name that is none", status(ONE, Series(EXPIRY, ("a b",), 1)), EXPIRY),
    ("a configured name that is too long", status(ONE, Series(EXPIRY, ("a" * 65,), 1)), EXPIRY),
    ("not a number", status(ONE, Series(BYTES, (), math.nan)), BYTES),
    ("infinity", status(ONE, Series(STATE, ("idle",), math.inf)), STATE),
    ("a negative counter", status(ONE, Series(BYTES, (), -1)), BYTES),
    ("counts on a counter", status(ONE, Series(BYTES, (), 1, [1])), BYTES),
    ("a histogram without counts", status(ONE, Series(HISTOGRAM.metric, ("total",), 1)), HISTOGRAM.metric),
    ("too many counts", status(ONE, Series(HISTOGRAM.metric, ("total",), 1, [0] * 20)), HISTOGRAM.metric),
    ("a negative count", status(ONE, Series(HISTOGRAM.metric, ("total",), 1, [-1] + [0] * 18)), HISTOGRAM.metric),
    ("too many series", status(ONE, *[Series(BYTES, (), 1)] * (SERIES_PER_PROCESS + 1)), "too many series"),
    ("a dependency that is no name", status(ONE, health={"太郎": Health(ok=True)}), "its dependencies"),
    (
        "too many dependencies",
        status(ONE, health={f"gate-{number}": Health(ok=True) for number in range(DEPENDENCIES_PER_PROCESS + 1)}),
        "its dependencies",
    ),
]


@pytest.mark.parametrize(("answer", "fault"), [lie[1:] for lie in LIES], ids=[lie[0] for lie in LIES])
def test_a_lie_makes_the_process_absent(answer: Status, fault: str) -> None:
    assert fault in invalid(ONE, answer)
    gathered = Gathered([ONE])
    gathered.take(ONE, answer)
    assert gathered.processes("front") == (0, 1)
    assert gathered.totals() == {}
    assert gathered.dependencies()["front-1"].reason.startswith("front-1: invalid answer")


def test_every_lie_is_tried() -> None:
    assert len(LIES) == 19


def test_the_most_that_is_allowed_is_taken() -> None:
    most = status(
        ONE,
        *[Series(BYTES, (), 1)] * SERIES_PER_PROCESS,
        health={f"gate-{number}": Health(ok=True) for number in range(DEPENDENCIES_PER_PROCESS)},
    )
    assert invalid(ONE, most) == ""
    assert invalid(ONE, status(ONE, HISTOGRAM)) == ""
