"""The workbench: what a rule set says of one exchange, with the values that its rules matched.

Two ways to try a request. `try_bytes` shows the rules the bytes as they were sent, as an open route does. With `RouteTrial` the
route's own judgement runs as in the front, and the caller feeds it the body. Both give the pieces that matched, so that this is
for an operator's own files on his own terminal: the daemon uses none of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from policy.engine.decision import Cause, Decision, Fired
from policy.engine.evaluate import Run
from policy.pipeline import Judgement
from policy.rule_set import RuleSet
from policy.variables.facts import ResponseFacts
from policy.variables.parse import parse_request, parse_response
from policy.variables.transaction import Transaction
from policy.verdict import Admitted, Denied, Finding

# Where CRS 4 and CRS 3 keep the score that their blocking rules compare, in the order in which they are looked for
_SCORES = {
    "inbound": ((b"blocking_inbound_anomaly_score", b"anomaly_score"), b"inbound_anomaly_score_threshold"),
    "outbound": ((b"blocking_outbound_anomaly_score", b"outbound_anomaly_score"), b"outbound_anomaly_score_threshold"),
}


class Hit(NamedTuple):
    """A rule that fired. `value`: that of its last match, as its transformations left it."""

    fired: Fired
    value: bytes

    @property
    def piece(self) -> bytes:
        return self.value[self.fired.start : self.fired.end]


class Score(NamedTuple):
    """An anomaly score; `threshold` is None where the rules hold none."""

    points: int
    threshold: int | None


@dataclass(frozen=True, slots=True)
class Trial:
    """`findings`: why stages of the policy refuse it, empty where they do not. `decision`: what interrupted it in the rules."""

    findings: tuple[Finding, ...]
    decision: Decision | None
    would_refuse: bool
    hits: tuple[Hit, ...]
    scores: Mapping[str, Score]
    mode: str

    @property
    def is_refused(self) -> bool:
        return bool(self.findings) or self.decision is not None

    @property
    def stopped_before_rules(self) -> bool:
        """Whether another stage refused it, so that the rules have not seen all of it."""
        return bool(self.findings) and self.decision is None


def _watch(run: Run) -> list[bytes]:
    """From now on the value of each match is kept beside what fired."""
    noted = run.state.values_of_fired = [b""] * len(run.fired)
    return noted


def try_bytes(rules: RuleSet, request: bytes, response: bytes | None, route: str, day: int) -> Trial:
    """Any bytes are a request. `route` and `day` say which exclusions are in effect."""
    program = rules.program
    run = Run(program, Transaction(parse_request(request), program.options))
    noted = _watch(run)
    if rules.mode != "off":
        for leave_out in rules.effects(route, day):
            leave_out(run.state)
        if run.phase(1) is None and run.phase(2) is None and response is not None:
            run.respond(parse_response(response))
            if run.phase(3) is None:
                run.phase(4)
        run.phase(5)
    return _trial(rules.mode, (), run, noted)


class RouteTrial:
    """Use: make it of `Policy.find`'s judgement; feed the judgement while `goes_on`; `finish`, once."""

    def __init__(self, judgement: Judgement, mode: str) -> None:
        inspection = judgement.inspection
        self.judgement = judgement
        self._mode = mode
        self._run = None if inspection is None else inspection.run
        self._noted = None if self._run is None else _watch(self._run)
        self._denied: Denied | None = judgement.judge_head()

    @property
    def goes_on(self) -> bool:
        return self._denied is None

    def finish(self, response: bytes | None) -> Trial:
        """The verdict on the request, and where it is admitted that on the response."""
        if self._denied is None:
            verdict = self.judgement.finish()
            self._denied = None if isinstance(verdict, Admitted) else verdict
            if self._denied is None and response is not None:
                facts = parse_response(response)
                kept = ResponseFacts(status=facts.status, headers=_lower(facts), body=facts.body)
                self._denied = self.judgement.response(kept.status, tuple(kept.headers), kept.body)
        findings = () if self._denied is None else self._denied.findings
        if self._run is None or self._noted is None:
            return Trial(findings, None, False, (), {}, self._mode)
        return _trial(self._mode, findings, self._run, self._noted)


def _lower(facts: ResponseFacts) -> tuple[tuple[bytes, bytes], ...]:
    """As the front reads the application's answer."""
    return tuple((name.lower(), value) for name, value in facts.headers)


def _trial(mode: str, findings: tuple[Finding, ...], run: Run, noted: list[bytes]) -> Trial:
    hits = tuple(Hit(fired, value) for fired, value in zip(run.fired, noted, strict=True))
    return Trial(findings, run.decision, run.state.would_interrupt, hits, _scores(run.tx), mode)


def _scores(tx: Mapping[bytes, bytes]) -> dict[str, Score]:
    """Those that the rules keep; a rule set other than CRS has none."""
    found = {}
    for side, (names, limit) in _SCORES.items():
        points = next((number for name in names if (number := _number(tx.get(name))) is not None), None)
        if points is not None:
            found[side] = Score(points, _number(tx.get(limit)))
    return found


def _number(value: bytes | None) -> int | None:
    return int(value) if value is not None and value.isdigit() else None


def of_the_engine(decision: Decision) -> bool:
    """Whether it was a bound or a failure of the engine that refused, and not a rule."""
    return decision.cause is not Cause.RULE
