"""What the ledger counts."""

from __future__ import annotations

from relay.base.reasons import Reason, row
from relay.ops.metrics import (
    CHECKPOINT_AGE,
    CHECKPOINT_TIMESTAMP,
    COMMIT_DURATION,
    COMMIT_RECORDS,
    LOG_ENTRIES,
    PERMITS,
    QUEUE_DEPTH,
    RECORDS,
    REFUSALS,
    Registry,
)


class Measure:
    def __init__(self, registry: Registry) -> None:
        self._records = registry.scalar(RECORDS)
        self._permits = registry.scalar(PERMITS)
        self._refusals = registry.scalar(REFUSALS)
        self._granted = self._permits.at("granted")
        self._entries = registry.scalar(LOG_ENTRIES).at()
        self._batch = registry.scalar(QUEUE_DEPTH).at("batch")
        self._durations = registry.histogram(COMMIT_DURATION).at()
        self._sizes = registry.histogram(COMMIT_RECORDS).at()
        self._published = registry.scalar(CHECKPOINT_TIMESTAMP).at()
        self._age = registry.scalar(CHECKPOINT_AGE).at()

    def appended(self, kinds: list[str], intents: int, size: int, duration_s: float) -> None:
        """One batch is durable."""
        for kind in kinds:
            self._records.at(kind).inc()
        self._granted.inc(intents)
        self._entries.set(size)
        self._batch.set(len(kinds))
        self._durations.observe(duration_s)
        self._sizes.observe(len(kinds))

    def failed(self, count: int) -> None:
        """Requests that got no record, and intents among them no permit."""
        self._permits.at("ledger_unavailable").inc(count)
        self._refusals.at(row(Reason.LEDGER_UNAVAILABLE).stage.value, Reason.LEDGER_UNAVAILABLE.value, "none").inc(
            count
        )

    def violation(self) -> None:
        """A client broke the protocol."""
        self._refusals.at(row(Reason.IPC_VIOLATION).stage.value, Reason.IPC_VIOLATION.value, "none").inc()

    def published(self, unix_ms: int, size: int) -> None:
        self._published.set(unix_ms / 1000)
        self._entries.set(size)

    def refresh(self, now_ms: int) -> None:
        self._age.set(max(0.0, now_ms / 1000 - self._published.value))
