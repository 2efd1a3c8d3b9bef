"""What a gate counts."""

from __future__ import annotations

from relay.base.reasons import Reason, row
from relay.ops.metrics import CERTIFICATE_EXPIRY, CONNECTIONS, GATE_REQUESTS, NONE, REFUSALS, TLS_HANDSHAKES, Registry


class Measure:
    def __init__(self, registry: Registry) -> None:
        self._requests = registry.scalar(GATE_REQUESTS)
        self._refusals = registry.scalar(REFUSALS)
        self._handshakes = registry.scalar(TLS_HANDSHAKES)
        self._expiry = registry.scalar(CERTIFICATE_EXPIRY)
        self.relays = registry.scalar(CONNECTIONS).at("active")

    def delivered(self, tenant: str) -> None:
        self._requests.at(tenant, Reason.ADMITTED.value).inc()

    def refused(self, reason: Reason) -> None:
        self._requests.at(NONE, reason.value).inc()
        self._refusals.at(row(reason).stage.value, reason.value, NONE).inc()

    def handshake(self, version: str, group: str, reason: Reason = Reason.ADMITTED) -> None:
        self._handshakes.at(version or NONE, group or NONE, reason.value).inc()
        if reason is not Reason.ADMITTED:
            self._refusals.at(row(reason).stage.value, reason.value, NONE).inc()

    def expiry(self, certificate: str, ends: float) -> None:
        self._expiry.at(certificate).set(ends)
