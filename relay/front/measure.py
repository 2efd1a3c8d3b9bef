"""What a front worker counts. The hot path touches cells that were bound once, by their labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from time import monotonic

from policy.leaks import kind_of
from policy.shadow import ShadowVerdict
from policy.verdict import Finding
from relay.base.errors import Refused, Unavailable
from relay.base.reasons import Reason, row
from relay.front.denial import Denial
from relay.ops.clock import now_ms
from relay.ops.metrics import (
    ANSWER_LEAKS,
    CERTIFICATE_EXPIRY,
    CONNECTIONS,
    CONNECTIONS_ACCEPTED,
    NONE,
    QUEUE_DEPTH,
    REFUSALS,
    REQUEST_BYTES,
    REQUESTS,
    RESPONSE_BYTES,
    RULE_SET_WORKERS,
    RULES_EXHAUSTED,
    RULES_LOADED,
    RULES_RELOADS,
    RULES_WOULD_REFUSE,
    SHADOW_JUDGED,
    SHADOW_WOULD_REFUSE,
    STAGE_DURATION,
    TLS_HANDSHAKES,
    Buckets,
    Registry,
)

_LIMIT_OF = {
    Reason.CONNECTIONS_EXCEEDED: "connections",
    Reason.SOURCE_CONNECTIONS_EXCEEDED: "connections_per_source",
    Reason.OVERLOADED: "transfers_in_flight",
    Reason.BODY_TOO_LARGE: "size",
    Reason.HEADERS_TOO_LARGE: "size",
    Reason.TARGET_TOO_LONG: "size",
    Reason.FIELD_TOO_LARGE: "size",
    Reason.NAME_TOO_LONG: "size",
    Reason.RESPONSE_TOO_LARGE: "size",
    Reason.PARTS_EXCEEDED: "count",
    Reason.FIELDS_EXCEEDED: "count",
    Reason.NESTING_TOO_DEEP: "count",
    Reason.TLS_HANDSHAKE_TIMEOUT: "time",
    Reason.HEADERS_TIMEOUT: "time",
    Reason.BODY_TIMEOUT: "rate",
    Reason.ANSWER_NOT_READ: "time",
}


class Stopwatch:
    """Times the stages of one transfer: each `lap` goes to that stage's histogram."""

    __slots__ = ("_last", "_measure", "_started")

    def __init__(self, measure: Measure) -> None:
        self._measure = measure
        self._started = self._last = monotonic()

    def lap(self, stage: str) -> None:
        now = monotonic()
        self._measure.stages[stage].observe(now - self._last)
        self._last = now

    def stop(self) -> None:
        """The whole, from the end of the head to the end of the answer."""
        self._measure.stages["total"].observe(monotonic() - self._started)


class Measure:
    def __init__(self, registry: Registry) -> None:
        self._requests = registry.scalar(REQUESTS)
        self._refusals = registry.scalar(REFUSALS)
        self._handshakes = registry.scalar(TLS_HANDSHAKES)
        self._expiry = registry.scalar(CERTIFICATE_EXPIRY)
        self._would_refuse = registry.scalar(RULES_WOULD_REFUSE)
        self._exhausted = registry.scalar(RULES_EXHAUSTED)
        self._shadow_judged = registry.scalar(SHADOW_JUDGED)
        self._shadow_would_refuse = registry.scalar(SHADOW_WOULD_REFUSE)
        self._leaks = registry.scalar(ANSWER_LEAKS)
        self._reloads = registry.scalar(RULES_RELOADS)
        self._rule_sets = registry.scalar(RULE_SET_WORKERS)
        self._rules_loaded = registry.scalar(RULES_LOADED).at()
        self._declare = registry.declare
        stage = registry.histogram(STAGE_DURATION)
        names = ("tls_handshake", "judge", "receive", "seal", "record", "exchange", "answer", "total")
        self.stages: dict[str, Buckets] = {name: stage.at(name) for name in names}
        states = registry.scalar(CONNECTIONS)
        self.handshaking, self.active, self.idle = (states.at(state) for state in ("handshake", "active", "idle"))
        self.accepted = registry.scalar(CONNECTIONS_ACCEPTED).at()
        self.request_bytes = registry.scalar(REQUEST_BYTES).at()
        self.response_bytes = registry.scalar(RESPONSE_BYTES).at()
        queues = registry.scalar(QUEUE_DEPTH)
        self.transfers, self.at_ledger, self.at_egress = (queues.at(name) for name in ("transfers", "ledger", "egress"))

    def admitted(self, tenant: str, route: str) -> None:
        self._requests.at(tenant, route, "admitted", "admitted").inc()

    def judged(self, tenant: str, route: str, found: Iterable[Sequence[Finding]], would_refuse: bool) -> None:
        """What the rules said of a request and its answer, both of which they let through."""
        if would_refuse:
            self._would_refuse.at(tenant, route).inc()
        if any(finding.rule is not None and finding.rule.exhausted for some in found for finding in some):
            self._exhausted.at(tenant, route).inc()

    def shadowed(self, route: str, shadow: ShadowVerdict | None) -> None:
        """What the next version of the procedure says of a request that the version in force has admitted."""
        if shadow is None:
            return
        self._shadow_judged.at(route, str(shadow.version), shadow.result.value).inc()
        if shadow.findings:
            self._shadow_would_refuse.at(route, str(shadow.version), shadow.findings[0].code.value).inc()

    def rules_in_force(self, modes: Mapping[str, str]) -> None:
        """The rule sets of the configuration with their modes, from now on."""
        self._declare("rule_set", modes)
        for cell in self._rule_sets.cells.values():
            cell.set(0)
        for name, mode in modes.items():
            self._rule_sets.at(name, mode).inc()
        self._rules_loaded.set(now_ms() / 1000)

    def rules_reloaded(self, result: str) -> None:
        self._reloads.at(result).inc()

    def refused(self, error: Refused | Unavailable, tenant: str, route: str, *, denied: bool) -> None:
        verdict = "unavailable" if isinstance(error, Unavailable) else "denied" if denied else "refused"
        self._requests.at(tenant or NONE, route or NONE, verdict, error.reason.value).inc()
        self.limited(error.reason)
        for finding in error.denied.findings if isinstance(error, Denial) else ():
            if kind := kind_of(finding):
                self._leaks.at(tenant, route, kind).inc()

    def limited(self, reason: Reason) -> None:
        """A refusal, also where there was no request yet."""
        self._refusals.at(row(reason).stage.value, reason.value, _LIMIT_OF.get(reason, NONE)).inc()

    def handshake(self, version: str, group: str, reason: Reason = Reason.ADMITTED) -> None:
        self._handshakes.at(version or NONE, group or NONE, reason.value).inc()

    def bug(self) -> None:
        """A connection ended by a fault of ours."""
        self.limited(Reason.INTERNAL_ERROR)

    def expiries(self, certificates: Iterable[tuple[str, float]]) -> None:
        """(name, Unix time) of each certificate of ours."""
        for name, ends in certificates:
            self._expiry.at(name).set(ends)
