"""What the egress counts."""

from __future__ import annotations

from collections.abc import Iterable

from relay.base.reasons import Reason, row
from relay.ops.metrics import (
    CERTIFICATE_EXPIRY,
    GATE_CONNECTIONS,
    GATE_EXCHANGE_DURATION,
    GATE_EXCHANGES,
    GATE_UP,
    NONE,
    PERMITS,
    QUEUE_DEPTH,
    REFUSALS,
    TLS_HANDSHAKES,
    Registry,
)


class Measure:
    def __init__(self, registry: Registry) -> None:
        self._permits = registry.scalar(PERMITS)
        self._exchanges = registry.scalar(GATE_EXCHANGES)
        self._durations = registry.histogram(GATE_EXCHANGE_DURATION)
        self._handshakes = registry.scalar(TLS_HANDSHAKES)
        self._refusals = registry.scalar(REFUSALS)
        self._up = registry.scalar(GATE_UP)
        self._connections = registry.scalar(GATE_CONNECTIONS)
        self._expiry = registry.scalar(CERTIFICATE_EXPIRY)
        self.outcomes_held = registry.scalar(QUEUE_DEPTH).at("ledger")

    def permit(self, result: str) -> None:
        """`accepted`, or the reason for which it was not."""
        self._permits.at(result).inc()
        if result != "accepted":
            self._refusals.at(row(Reason(result)).stage.value, result, NONE).inc()

    def exchange(self, gate: str, result: str, duration_s: float) -> None:
        self._exchanges.at(gate, "admitted" if result == "delivered" else result).inc()
        self._durations.at(gate).observe(duration_s)

    def handshake(self, version: str, group: str, reason: Reason = Reason.ADMITTED) -> None:
        self._handshakes.at(version or NONE, group or NONE, reason.value).inc()
        if reason is not Reason.ADMITTED:
            self._refusals.at(row(reason).stage.value, reason.value, NONE).inc()

    def violation(self) -> None:
        """A front broke the protocol."""
        self._refusals.at(row(Reason.IPC_VIOLATION).stage.value, Reason.IPC_VIOLATION.value, NONE).inc()

    def gate(self, name: str, *, is_up: bool, connections: int) -> None:
        self._up.at(name).set(1 if is_up else 0)
        self._connections.at(name).set(connections)

    def expiries(self, certificates: Iterable[tuple[str, float]]) -> None:
        for name, ends in certificates:
            self._expiry.at(name).set(ends)
