"""Every metric of every role, and how a role counts: plain Python integers, turned into a snapshot when somebody asks.

Rules
1. A metric is declared here, once: name, type, help, labels, the roles that have it. Base units (seconds, bytes).
2. Label values are closed sets. Names from the configuration (tenants, routes, gates, certificates) are given to the
   Registry; whatever else arrives is counted under the label's fallback value, so no peer can make a new series.
3. A role imports no Prometheus library: the exporter asks each process for its snapshot over the status socket, sums over
   the workers of a role and writes the text (docs/adr/0005-metrics-gathered.md).
4. Counting takes no lock: a role counts in its one event loop thread only.

`docs/metrics.md` is generated from this module (`python -m relay.ops.metric_table`); a test compares the two.
"""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar

import msgspec

from relay.base.errors import Misuse
from relay.base.reasons import Reason, Stage
from relay.ops import clock

ROLES: Final = ("front", "egress", "ledger", "exporter", "gate", "scanner")
NONE: Final = "none"  # the fallback where a request has no such name, or one that is not declared
OTHER: Final = "other"

Kind = Literal["counter", "gauge", "histogram"]
Merge = Literal["sum", "max", "min"]


@dataclass(frozen=True, slots=True)
class Label:
    """A label name with its closed set. `configured`: the set is given to the Registry by the configuration."""

    name: str
    values: tuple[str, ...] = ()
    fallback: str = OTHER
    configured: bool = False


@dataclass(frozen=True, slots=True)
class Metric:
    """A declaration. `merge` says how a gauge of several workers becomes one; counters and histograms are summed."""

    name: str
    kind: Kind
    help: str
    roles: tuple[str, ...]
    labels: tuple[Label, ...] = ()
    buckets: tuple[float, ...] = ()
    merge: Merge = "sum"
    per_role: bool = False  # the exporter adds the label `role`


TENANT = Label("tenant", fallback=NONE, configured=True)
ROUTE = Label("route", fallback=NONE, configured=True)
GATE = Label("gate", fallback=NONE, configured=True)
CERTIFICATE = Label("certificate", fallback=OTHER, configured=True)
RULE_SET = Label("rule_set", fallback=OTHER, configured=True)
VERSION = Label("version", fallback=OTHER, configured=True)
REASON = Label("reason", (*(reason.value for reason in Reason), OTHER))
STAGE = Label("stage", (*(stage.value for stage in Stage), OTHER))
VERDICT = Label("verdict", ("admitted", "denied", "refused", "unavailable", "failed", OTHER))
STEP = Label("stage", ("tls_handshake", "receive", "judge", "seal", "record", "exchange", "answer", "total", OTHER))
TLS_VERSION = Label("version", ("TLSv1.2", "TLSv1.3", NONE, OTHER))
TLS_GROUP = Label("group", ("X25519MLKEM768", "x25519", "secp256r1", "secp384r1", NONE, OTHER))  # OpenSSL's names
QUEUE = Label("queue", ("transfers", "ledger", "egress", "batch", "pool", OTHER))
STATE = Label("state", ("handshake", "active", "idle", "draining", OTHER))
LIMIT = Label(
    "limit", ("connections", "connections_per_source", "transfers_in_flight", "rate", "size", "count", "time", NONE, OTHER),
)  # fmt: skip
LEAK = Label("leak", ("personal_number", "card_number", "stack_trace", "sql_error", "directory_listing", "unread", OTHER))  # fmt: skip
SCANNED_BY = Label("by", ("structure", "clamd", "icap", OTHER))
SCANNED = Label("verdict", ("clean", "infected", "unscannable", "timeout", "error", OTHER))
KIND = Label("kind", ("intent", "outcome", "remark", "refusal", "operation", "state", "review", OTHER))

# From the fastest step measured (a judge of a GET, 0.1 ms) to the longest deadline (exchange_timeout_ms, 60 s).
STEP_SECONDS = (
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0
)  # fmt: skip

_FRONT, _EGRESS, _LEDGER, _GATE_ROLE = ("front",), ("egress",), ("ledger",), ("gate",)
_SERVERS = ("front", "gate")

REQUESTS = Metric(
    "sekisho_requests_total", "counter", "Requests answered, by tenant, route, verdict and reason.", _FRONT,
    (TENANT, ROUTE, VERDICT, REASON),
)  # fmt: skip
REQUEST_BYTES = Metric("sekisho_request_bytes_total", "counter", "Bytes of request bodies received.", _FRONT)
RESPONSE_BYTES = Metric("sekisho_response_bytes_total", "counter", "Bytes of response bodies sent.", _FRONT)
STAGE_DURATION = Metric(
    "sekisho_stage_duration_seconds", "histogram", "Time a request spent in each stage.", _SERVERS, (STEP,), STEP_SECONDS
)  # fmt: skip
RULES_WOULD_REFUSE = Metric(
    "sekisho_rules_would_refuse_total", "counter", "Requests admitted that rules which only detect would have refused.",
    _FRONT, (TENANT, ROUTE),
)  # fmt: skip
RULES_EXHAUSTED = Metric(
    "sekisho_rules_exhausted_total", "counter", "Requests in which a pattern met its limit, which counts as a match.",
    _FRONT, (TENANT, ROUTE),
)  # fmt: skip
SHADOW_JUDGED = Metric(
    "sekisho_shadow_judged_total", "counter",
    "Requests admitted that the next version of the procedure judged beside, by what came of it.",
    _FRONT, (ROUTE, VERSION, Label("result", ("would_admit", "would_refuse", "failed", "exhausted", OTHER))),
)  # fmt: skip
SHADOW_WOULD_REFUSE = Metric(
    "sekisho_shadow_would_refuse_total", "counter",
    "Requests admitted that the next version of the procedure would refuse, by the reason that would decide.",
    _FRONT, (ROUTE, VERSION, REASON),
)  # fmt: skip
ANSWER_LEAKS = Metric(
    "sekisho_answer_leaks_total", "counter", "Answers replaced, by what they showed.", _FRONT, (TENANT, ROUTE, LEAK)
)
RULES_RELOADS = Metric(
    "sekisho_rules_reloads_total", "counter", "Times that a worker was asked to read its rule sets again, by what came of it.",
    _FRONT, (Label("result", ("done", "rules_invalid", OTHER)),),
)  # fmt: skip
RULE_SET_WORKERS = Metric(
    "sekisho_rule_set_workers", "gauge", "Workers in which the rule set is in force in this mode.",
    _FRONT, (RULE_SET, Label("mode", ("enforce", "detect", "off", OTHER))),
)  # fmt: skip
RULES_LOADED = Metric(
    "sekisho_rules_loaded_timestamp_seconds", "gauge", "Unix time of the oldest rules in force.", _FRONT, merge="min"
)  # fmt: skip
TLS_HANDSHAKES = Metric(
    "sekisho_tls_handshakes_total", "counter", "TLS handshakes, by version, group and outcome.",
    ("front", "egress", "gate"), (TLS_VERSION, TLS_GROUP, REASON), per_role=True,
)  # fmt: skip
REFUSALS = Metric(
    "sekisho_refusals_total", "counter", "Refusals, by stage, reason and the limit that was exceeded.",
    ("front", "egress", "ledger", "gate", "scanner"), (STAGE, REASON, LIMIT), per_role=True,
)  # fmt: skip
SCAN_VERDICTS = Metric(
    "sekisho_scan_verdicts_total", "counter", "Files looked at, by who looked and what it said; only clean by all of them passes.",
    ("scanner",), (SCANNED_BY, SCANNED),
)  # fmt: skip
CONNECTIONS = Metric(
    "sekisho_connections", "gauge", "Connections open now, by state.", _SERVERS, (STATE,), per_role=True
)
CONNECTIONS_ACCEPTED = Metric(
    "sekisho_connections_accepted_total", "counter", "Connections accepted.", _SERVERS, per_role=True
)  # fmt: skip
QUEUE_DEPTH = Metric("sekisho_queue_depth", "gauge", "Entries that wait in a queue.", ROLES, (QUEUE,), per_role=True)
PERMITS = Metric(
    "sekisho_permits_total", "counter", "Permits granted by the ledger and checked by the egress, by result.", ("ledger", "egress"),
    (Label("result", ("granted", "accepted", "permit_missing", "permit_invalid", "permit_mismatch", "permit_expired",
                      "permit_reused", "ledger_unavailable", OTHER)),), per_role=True,
)  # fmt: skip
GATE_UP = Metric("sekisho_gate_up", "gauge", "1 while the gate answers its probe.", _EGRESS, (GATE,), merge="min")
GATE_CONNECTIONS = Metric("sekisho_gate_connections", "gauge", "Connections open to the gate.", _EGRESS, (GATE,))
GATE_EXCHANGES = Metric(
    "sekisho_gate_exchanges_total", "counter", "Exchanges with the gate, by how they ended (admitted: delivered).",
    _EGRESS, (GATE, Label("result", REASON.values)),
)  # fmt: skip
GATE_EXCHANGE_DURATION = Metric(
    "sekisho_gate_exchange_duration_seconds", "histogram", "Time from the first byte to a gate to its whole answer.",
    _EGRESS, (GATE,), STEP_SECONDS,
)  # fmt: skip
RECORDS = Metric("sekisho_log_records_total", "counter", "Records appended to the log since start.", _LEDGER, (KIND,))
LOG_ENTRIES = Metric("sekisho_log_size_entries", "gauge", "Entries in the log.", _LEDGER, merge="max")
COMMIT_DURATION = Metric(
    "sekisho_log_commit_duration_seconds", "histogram", "Time to make one batch of records durable.", _LEDGER, (), STEP_SECONDS
)  # fmt: skip
COMMIT_RECORDS = Metric(
    "sekisho_log_commit_records", "histogram", "Records made durable together.", _LEDGER, (),
    (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0),
)  # fmt: skip
CHECKPOINT_TIMESTAMP = Metric(
    "sekisho_checkpoint_timestamp_seconds", "gauge", "Unix time of the newest signed checkpoint.", _LEDGER, merge="max"
)  # fmt: skip
CHECKPOINT_AGE = Metric(
    "sekisho_checkpoint_age_seconds", "gauge", "Seconds since the newest signed checkpoint.", _LEDGER, merge="min"
)  # fmt: skip
CERTIFICATE_EXPIRY = Metric(
    "sekisho_certificate_expiry_timestamp_seconds", "gauge", "Unix time at which a certificate of ours ends.",
    ("front", "egress", "gate"), (CERTIFICATE,), merge="min", per_role=True,
)  # fmt: skip
GATE_REQUESTS = Metric(
    "sekisho_gate_requests_total", "counter", "Envelopes that the gate was handed, by tenant and how they ended.",
    _GATE_ROLE, (TENANT, REASON),
)  # fmt: skip
CPU_SECONDS = Metric("sekisho_process_cpu_seconds_total", "counter", "CPU time of the role.", ROLES, per_role=True)
RESIDENT_BYTES = Metric(
    "sekisho_process_resident_memory_bytes", "gauge", "Resident memory of the role.", ROLES, per_role=True
)  # fmt: skip
OPEN_FDS = Metric("sekisho_process_open_fds", "gauge", "File descriptors that the role holds.", ROLES, per_role=True)
START_TIME = Metric(
    "sekisho_process_start_time_seconds", "gauge", "Unix time at which the role's oldest process started.", ROLES,
    merge="min", per_role=True,
)  # fmt: skip
LOG_LINES_LOST = Metric(
    "sekisho_log_lines_lost_total", "counter", "Lines that standard error did not take.", ROLES, per_role=True
)  # fmt: skip

METRICS: Final[Mapping[str, Metric]] = {
    made.name: made for made in list(globals().values()) if isinstance(made, Metric)
}

Labels = tuple[str, ...]


class Cell:
    """One series of a counter or gauge. `inc` and `set` are all that the hot path does."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: float = 0

    def inc(self, amount: float = 1) -> None:
        self.value += amount

    def dec(self, amount: float = 1) -> None:
        self.value -= amount

    def set(self, value: float) -> None:
        self.value = value


class Buckets:
    """One series of a histogram."""

    __slots__ = ("_bounds", "counts", "sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)  # the last is for what exceeds every bound
        self.sum = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self._bounds, value)] += 1
        self.sum += value


class Series(msgspec.Struct, frozen=True, array_like=True):
    """One series in a snapshot; `counts` only for a histogram, whose sum is then `value`. Counts are not cumulative."""

    metric: str
    labels: Labels
    value: float
    counts: list[int] = msgspec.field(default_factory=list)


S = TypeVar("S")


class _Family(ABC, Generic[S]):
    """The series of one metric in one process, by label values."""

    def __init__(self, metric: Metric, sets: tuple[frozenset[str], ...]) -> None:
        self.metric = metric
        self._sets = sets
        self.cells: dict[Labels, S] = {}

    def at(self, *labels: str) -> S:
        """The series with these label values, in the order of the declaration. Values outside the sets fall back."""
        try:
            return self.cells[labels]
        except KeyError:
            return self._declared(labels)

    def declare(self, sets: tuple[frozenset[str], ...]) -> None:
        self._sets = sets

    def _declared(self, labels: Labels) -> S:
        if len(labels) != len(self._sets):
            raise Misuse(f"{self.metric.name} has {len(self._sets)} labels, not {len(labels)}")
        # What fell back is not remembered under its own name: a peer may choose it, and memory must not grow with it.
        closed = tuple(
            value if value in allowed else label.fallback
            for value, allowed, label in zip(labels, self._sets, self.metric.labels, strict=True)
        )
        if closed not in self.cells:
            self.cells[closed] = self._new()
        return self.cells[closed]

    @abstractmethod
    def _new(self) -> S: ...  # a series of this kind, at zero


class Scalar(_Family[Cell]):
    """A counter or a gauge."""

    def _new(self) -> Cell:
        return Cell()

    def snapshot(self) -> list[Series]:
        return [Series(self.metric.name, labels, cell.value) for labels, cell in self.cells.items()]


class Histogram(_Family[Buckets]):
    def _new(self) -> Buckets:
        return Buckets(self.metric.buckets)

    def snapshot(self) -> list[Series]:
        return [Series(self.metric.name, labels, cell.sum, list(cell.counts)) for labels, cell in self.cells.items()]


F = TypeVar("F", Scalar, Histogram)


class Registry:
    """The metrics of one process of `role`. `names`: the configured sets, by label name (tenant, route, gate, certificate)."""

    def __init__(self, role: str, names: Mapping[str, Iterable[str]] | None = None) -> None:
        if role not in ROLES:
            raise ValueError(f"not a role: {role!r}")
        self.role = role
        self._names = {name: frozenset(values) for name, values in (names or {}).items()}
        self._families: dict[str, Scalar | Histogram] = {}

    def scalar(self, metric: Metric) -> Scalar:
        """The handle of a counter or gauge; the same one each time."""
        return self._family(metric, Scalar, metric.kind != "histogram")

    def histogram(self, metric: Metric) -> Histogram:
        return self._family(metric, Histogram, metric.kind == "histogram")

    def declare(self, label: str, values: Iterable[str]) -> None:
        """Names that a reload of the configuration has added to those given at the start; none is taken back."""
        self._names[label] = self._names.get(label, frozenset()) | frozenset(values)
        for family in self._families.values():
            family.declare(tuple(self._set(one) for one in family.metric.labels))

    def snapshot(self) -> list[Series]:
        """Every series of this process now."""
        return [series for family in self._families.values() for series in family.snapshot()]

    def _family(self, metric: Metric, shape: type[F], fits: bool) -> F:
        if not fits or self.role not in metric.roles or METRICS.get(metric.name) is not metric:
            raise Misuse(f"{metric.name} is not a {shape.__name__.lower()} of the role {self.role}")
        found = self._families.get(metric.name)
        if found is None:
            found = self._families[metric.name] = shape(metric, tuple(self._set(label) for label in metric.labels))
            if not metric.labels:
                found.at()  # a series without labels is there from the start, as zero
        if not isinstance(found, shape):
            raise Misuse(f"{metric.name} was declared twice")
        return found

    def _set(self, label: Label) -> frozenset[str]:
        values = self._names.get(label.name, frozenset()) if label.configured else frozenset(label.values)
        return values | {label.fallback}


class Process:
    """CPU time, memory and descriptors of this process. Make it before `sandbox.enter`: it holds /proc/self open."""

    def __init__(self, registry: Registry) -> None:
        flags = os.O_RDONLY | os.O_CLOEXEC
        self._statm = os.open("/proc/self/statm", flags)
        self._fds = os.open("/proc/self/fd", flags | os.O_DIRECTORY)
        self._page_bytes = os.sysconf("SC_PAGESIZE")
        self._cpu = registry.scalar(CPU_SECONDS).at()
        self._resident = registry.scalar(RESIDENT_BYTES).at()
        self._open_fds = registry.scalar(OPEN_FDS).at()
        registry.scalar(START_TIME).at().set(clock.now_ms() / 1000)

    def refresh(self) -> None:
        """Read them now; called when a snapshot is taken."""
        self._cpu.set(time.process_time())
        self._resident.set(int(os.pread(self._statm, 128, 0).split()[1]) * self._page_bytes)
        held = os.listdir(self._fds)  # noqa: PTH208  a descriptor has no pathlib equal
        self._open_fds.set(len(held) - 1)  # less the copy that listing makes

    def close(self) -> None:
        os.close(self._statm)
        os.close(self._fds)
