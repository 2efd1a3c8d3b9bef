"""One exchange against a program: phase by phase, rule by rule, until a rule interrupts.

Use: `Run(program, transaction)`; `phase(1)`, `phase(2)`; with a response `respond(facts)`, `phase(3)`, `phase(4)`; `phase(5)` always.
Each gives the decision that interrupts, or None. An exchange once interrupted stays so: later phases but the fifth say the same.
No rule of the fifth interrupts: it is too late then, but the rules behind one that would are not run.

Whatever goes wrong in here is a decision to deny (Cause.INTERNAL); a bound that is met is one too (Cause.LIMIT).
"""

from __future__ import annotations

from typing import Final

from policy.effort import Spent
from policy.engine.decision import Action, Cause, Decision, Fired, internal_error
from policy.engine.program import Phase, Program
from policy.engine.records import LimitReached
from policy.engine.rule import Rule
from policy.engine.state import State
from policy.seclang.ast import EngineMode, LimitAction
from policy.variables.facts import ResponseFacts
from policy.variables.transaction import Transaction

_ACTIONS: Final = {"deny": Action.DENY, "drop": Action.DROP, "redirect": Action.REDIRECT}
_LOGGING: Final = 5
# Members of enumerations that every phase asks about: read once, since a compiled module looks each up by name.
_ON: Final = EngineMode.ON
_OFF: Final = EngineMode.OFF
_READING: Final = (2, 3, 4)  # phases that are the first to see something which may be beyond a bound


class Run:
    """The evaluation of one exchange."""

    __slots__ = ("decision", "program", "state", "transaction", "unfinished")

    def __init__(self, program: Program, transaction: Transaction) -> None:
        self.program = program
        self.transaction = transaction
        self.decision: Decision | None = None
        self.unfinished: Decision | None = None  # what would have been decided where a phase could not be finished
        settings = program.settings
        self.state = State(transaction, program.tx, program.records, settings.rule_engine, program.tx_names)
        self.state.characters = program.reading == "characters"
        self.state.web_app = settings.web_app_id.encode()

    @property
    def fired(self) -> list[Fired]:
        return self.state.fired

    @property
    def tx(self) -> dict[bytes, bytes]:
        return self.state.tx

    def respond(self, response: ResponseFacts) -> None:
        """The head of the response is known, before phase 3; its body comes with it."""
        self.transaction.begin_response(response)
        self.state.effort.more(len(response.body))

    def phase(self, number: int) -> Decision | None:
        """Evaluate one phase. Never raises, whatever the exchange holds."""
        if self.decision is not None and number != _LOGGING:
            return self.decision
        try:
            decision = self._phase(number)
        except Spent:
            decision = self._spent(number)
        except LimitReached as limit:
            decision = Decision(403, Action.DENY, 0, number, Cause.LIMIT, detail=limit.name)
        except Exception as error:  # the one place where a failure becomes a verdict
            decision = internal_error(number, type(error).__name__)
        too_late = number == _LOGGING and decision is not None and decision.cause is Cause.RULE
        if self.decision is None and not too_late:
            self.decision = decision
        return self.decision

    def _phase(self, number: int) -> Decision | None:
        if self.state.mode is _OFF:
            return None
        decision, exceeded = self._judge(number), self.transaction.exceeded
        if decision is None and exceeded and number in _READING:
            raise LimitReached(exceeded)  # behind the rules, so that what they say of the part that was read is listed
        if decision is None and self._gave_up() and number != _LOGGING:
            raise LimitReached("REQUEST_STEPS")
        return decision

    def _spent(self, number: int) -> Decision | None:
        """Before the rules were asked, so that nobody knows which of them match. An engine that only detects says so, and no more."""
        decision = Decision(403, Action.DENY, 0, number, Cause.LIMIT, detail="REQUEST_STEPS")
        if self.state.mode is _ON:
            return decision
        self.unfinished = self.unfinished or decision
        self.state.would_interrupt = True
        return None

    def _gave_up(self) -> bool:
        """Whether patterns were not tried any more, so that a rule counted one match where there may have been many."""
        state = self.state
        return state.operator_failed and state.effort.given_up and state.mode is _ON

    def _judge(self, number: int) -> Decision | None:
        state = self.state
        if number == 2:
            refused = self._read_body()
            if refused is not None or not self._allowed(state.body_access, self.program.settings.request_body_access):
                return refused
        if number == 4:
            if not self._read_response():
                return None
            if self._rejects_response():
                return Decision(500, Action.DENY, 0, 4, Cause.BODY, detail="SecResponseBodyLimit")
        if self._let_through(number):
            return None
        return self._evaluate(self.program.phases[number])

    def _read_body(self) -> Decision | None:
        transaction = self.transaction
        transaction.process_body()
        if not transaction.body_over_limit or self.state.mode is not _ON:
            return None
        if self.program.settings.request_body_limit_action is LimitAction.REJECT:
            return Decision(413, Action.DENY, 0, 2, Cause.BODY, detail="SecRequestBodyLimit")
        return None

    def _read_response(self) -> bool:
        """Whether phase 4 has anything to look at."""
        settings, transaction = self.program.settings, self.transaction
        if not self._allowed(self.state.response_access, settings.response_body_access):
            return False
        kind = transaction.get("RESPONSE_CONTENT_TYPE")[0].value.decode("latin-1").lower()
        types = settings.response_body_mime_types
        if types is not None and kind not in types:
            return False
        transaction.process_response_body()
        return True

    def _rejects_response(self) -> bool:
        """Whether the body is larger than the files let it be: it was not looked at."""
        rejects = self.program.settings.response_body_limit_action is LimitAction.REJECT
        return rejects and self.transaction.response_over_limit and self.state.mode is _ON

    @staticmethod
    def _allowed(chosen: bool | None, configured: bool) -> bool:
        return configured if chosen is None else chosen

    def _let_through(self, number: int) -> bool:
        """Whether an earlier `allow` covers this phase; a phase that it does not cover ends it."""
        allow = self.state.allow
        if (allow == "all" and number != _LOGGING) or (allow == "request" and number <= 2):
            return True
        self.state.allow = ""
        return False

    def _evaluate(self, phase: Phase) -> Decision | None:
        state = self.state
        state.resume = self._entry(phase)
        if not phase.rules:
            return None
        candidates = phase.sieve.candidates(state)
        places = {*phase.unsifted, *candidates, *phase.narrow.candidates(state)}
        phase.idle.wake(state.tx, places)
        for place in sorted(places):
            rule = phase.rules[place]
            if rule.ordinal < state.resume or not rule.evaluate(state, candidates.get(place)):
                continue
            decision = self._act(rule, phase)
            if decision is not None:
                return decision
            if state.allow:
                break
        return None

    def _entry(self, phase: Phase) -> int:
        """The ordinal where the phase begins: a `skip` or `skipAfter` may reach over from the one before."""
        state = self.state
        start = 0
        if state.marker:
            place = phase.behind(state.marker, 0)
            if place is None:
                return phase.total
            state.marker, start = "", place
        start += state.skip
        state.skip = max(0, start - phase.total)
        return start

    def _act(self, rule: Rule, phase: Phase) -> Decision | None:
        """What a rule that matched does to the course of the evaluation."""
        outcome, state = rule.outcome, self.state
        if outcome.skip_after:
            place = phase.behind(outcome.skip_after, rule.ordinal + 1)
            if place is None:
                state.marker = outcome.skip_after
                place = phase.total
            state.resume = place
        if outcome.skip:
            state.resume = max(state.resume, rule.ordinal + 1) + outcome.skip
            state.skip = max(0, state.resume - phase.total)
        if outcome.action == "pass":
            return None
        if state.mode is not _ON:
            state.would_interrupt = state.would_interrupt or outcome.action in _ACTIONS
            return None
        if outcome.action == "allow":
            state.allow = outcome.allow
            return None
        url = "" if outcome.url is None else outcome.url(state).decode("latin-1")
        return Decision(outcome.status, _ACTIONS[outcome.action], rule.id, rule.phase, Cause.RULE, url)
