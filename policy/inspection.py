"""The rules stage: one request, and later its response, against the rule set in force.

Phase 1 sees the head as it came; phase 2 the accepted values in the form in which they cross, or on an open route the body as
it came. The verdict is the engine's; what fired becomes findings, which name rules, known targets and offsets and hold no value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from policy.engine.decision import Cause, Decision, Fired
from policy.engine.evaluate import Run
from policy.faults import Fault
from policy.leaks import media_type_of
from policy.rule_set import RuleSet
from policy.variables.facts import RequestFacts, ResponseFacts
from policy.variables.item import Pair
from policy.variables.submitted import SubmittedTransaction
from policy.variables.transaction import Transaction
from policy.verdict import Code, Finding, RuleMatch

STAGE: Final = "rules"
RESPONSE_BYTES_MOST: Final = (
    1024 * 1024
)  # of an answer, however much the files would look at: it is held in memory meanwhile
BODY_BYTES_MOST: Final = 128 * 1024  # of a form as a whole (REQUEST_BODY); its fields are seen whatever its size

_RESPONSE_PHASE: Final = 3  # from here on rules judge the answer
_LOGGING: Final = 5  # ends nothing, and sees all that the phases before it have made of the exchange
_BY_NAME: Final = ("ARGS:", "ARGS_NAMES:", "ARGS_POST:", "ARGS_POST_NAMES:", "ARGS_GET:", "ARGS_GET_NAMES:")
# Field names that the log may show: no peer made them up
_KNOWN_HEADERS: Final = frozenset({
    "accept", "accept-charset", "accept-encoding", "accept-language", "authorization", "cache-control", "connection",
    "content-encoding", "content-length", "content-type", "cookie", "expect", "forwarded", "from", "host", "if-match",
    "if-modified-since", "if-none-match", "origin", "pragma", "range", "referer", "te", "trailer", "transfer-encoding", "upgrade",
    "user-agent", "via", "x-forwarded-for", "x-requested-with",
})  # fmt: skip


class Inspection:
    """Use: make it of the head's facts; `head`; on a declared route `field` for each accepted one; `crossing` for body bytes; `body`."""

    __slots__ = (
        "_body",
        "_body_bytes",
        "_fields",
        "_is_declared",
        "_is_open",
        "_is_sensitive",
        "_of_request",
        "_rules",
        "_run",
    )

    def __init__(
        self,
        rules: RuleSet,
        facts: RequestFacts,
        route: str,
        day: int,
        is_declared: Callable[[str], bool],
        is_sensitive: Callable[[str], bool],
        *,
        is_open: bool,
    ) -> None:
        self._rules = rules
        self._is_declared = is_declared
        self._is_sensitive = is_sensitive
        self._is_open = is_open
        self._fields: list[Pair] = []
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._of_request = 0  # of what fired, how many before the answer
        options = rules.program.options
        transaction = Transaction(facts, options) if is_open else SubmittedTransaction(facts, options)
        self._run = Run(rules.program, transaction)
        for leave_out in rules.effects(route, day):
            leave_out(self._run.state)

    def head(self) -> bool:
        """Phase 1. Whether the request ends here."""
        return self._run.phase(1) is not None

    def field(self, name: str, value: str) -> None:
        """A field that the schema has accepted, in its normal form."""
        self._fields.append((name.encode(), value.encode()))

    def crossing(self, data: bytes) -> None:
        """Body bytes that are to cross."""
        most = self._run.program.options.request_body_limit + 1 if self._is_open else BODY_BYTES_MOST
        room = most - self._body_bytes
        if room > 0:
            kept = data if len(data) <= room else data[:room]  # a slice is a copy, even of the whole
            self._body.append(kept)
            self._body_bytes += len(kept)

    def body(self) -> bool:
        """Phase 2. Whether the request ends here."""
        body = b"".join(self._body)
        transaction = self._run.transaction
        if isinstance(transaction, SubmittedTransaction):
            transaction.submit(self._fields, body)
        else:
            transaction.facts = _with_body(transaction.facts, body)
        self._body = []
        return self._run.phase(2) is not None

    def conclude(self) -> None:
        """Phase 5, of a request that has no answer to be judged."""
        self._run.phase(_LOGGING)

    def response_bytes(self, content_type: str) -> int:
        """How much of a response body of this type the rules look at; 0: nothing."""
        settings, chosen = self._run.program.settings, self._run.state.response_access
        types = settings.response_body_mime_types
        access = settings.response_body_access if chosen is None else chosen
        if not access or (types is not None and content_type not in types):
            return 0
        # one more than the limit: whether there is more decides where the files reject what is larger
        return min(self._run.transaction.options.response_body_limit + 1, RESPONSE_BYTES_MOST)

    def answer(self, status: int, headers: tuple[tuple[bytes, bytes], ...], body: bytes) -> list[Finding]:
        """`response`, of no more of the body than the rules asked for, whoever else looks at more."""
        most = self.response_bytes(media_type_of(headers))
        return self.response(
            ResponseFacts(status=status, headers=headers, body=body if len(body) <= most else body[:most])
        )

    def response(self, response: ResponseFacts) -> list[Finding]:
        """Phases 3 and 4, and 5, which ends nothing. Why the response is not to be sent; empty where it is."""
        self._of_request = len(self._run.fired)
        self._run.respond(response)
        decision = self._run.phase(3) or self._run.phase(4)
        self._run.phase(_LOGGING)
        if decision is None:
            return []
        by_engine = [] if decision.cause is Cause.RULE else [_of_the_engine(decision)]
        return by_engine + self._findings(self._of_request, Code.RESPONSE_REFUSED)

    @property
    def remarks(self) -> list[Finding]:
        """What `response` found in an answer that it lets through."""
        decision = self._run.decision  # of phase 5, which ends nothing
        by_engine = [] if decision is None or decision.cause is Cause.RULE else [_of_the_engine(decision)]
        return by_engine + self._findings(self._of_request, Code.RULES_MATCHED)

    @property
    def run(self) -> Run:
        """The evaluation, for the workbench (policy.trial): it holds values, which the daemon never looks at."""
        return self._run

    @property
    def would_refuse(self) -> bool:
        """Whether rules that only detect would have ended it."""
        return self._run.state.would_interrupt

    @property
    def fired(self) -> Sequence[Fired]:
        return self._run.fired

    @property
    def findings(self) -> list[Finding]:
        """What fired so far; first what ended the request, if that was no rule."""
        decision = self._run.decision or self._run.unfinished
        found = [] if decision is None or decision.cause is Cause.RULE else [_of_the_engine(decision)]
        return found + self._findings(0, Code.RULES_MATCHED)

    def _findings(self, first: int, code: Code) -> list[Finding]:
        """Of what fired, all from the `first` one on."""
        return [self._finding(fired, code) for fired in self._run.fired[first:]]

    def _finding(self, fired: Fired, code: Code) -> Finding:
        message = self._rules.messages.get(fired.id, "")
        target = self._target(fired.target)
        start, end = fired.start, fired.end
        if target.startswith(_BY_NAME) and self._is_sensitive(target.partition(":")[2]):
            start = end = 0
        match = RuleMatch(fired.id, fired.phase, message, fired.tags, fired.severity, start, end, fired.exhausted)
        return Finding(STAGE, code, target, "", match)

    def _target(self, name: bytes) -> str:
        """The name of a target as far as no peer made it up."""
        text = name.decode("utf-8", "replace")
        collection, colon, key = text.partition(":")
        if not colon:
            return collection
        if text.startswith(_BY_NAME):
            return text if self._is_declared(key) else collection
        if collection.startswith("REQUEST_HEADERS"):
            return text if key.lower() in _KNOWN_HEADERS else collection
        return text if collection == "TX" else collection


def _of_the_engine(decision: Decision) -> Finding:
    if decision.cause is Cause.INTERNAL:
        return Finding(STAGE, Code.INTERNAL_ERROR, "", Fault.RULES_FAILED)
    return Finding(STAGE, _code(decision.phase), "", Fault.RULES_LIMIT)


def _code(phase: int) -> Code:
    return Code.RULES_MATCHED if phase < _RESPONSE_PHASE else Code.RESPONSE_REFUSED


def _with_body(facts: RequestFacts, body: bytes) -> RequestFacts:
    return RequestFacts(
        method=facts.method,
        uri=facts.uri,
        protocol=facts.protocol,
        headers=facts.headers,
        body=body,
        remote_addr=facts.remote_addr,
        server_port=facts.server_port,
        unique_id=facts.unique_id,
        time=facts.time,
    )


def found_in_refused(rules: RuleSet, facts: RequestFacts, route_id: str, day: int) -> tuple[Finding, ...]:
    """What rules say of bytes that were no request, where rules are tried out."""
    inspection = Inspection(rules, facts, route_id, day, _of_no_field, _of_no_field, is_open=True)
    inspection.head()
    inspection.crossing(facts.body)
    inspection.body()
    inspection.conclude()
    return tuple(inspection.findings)


def _of_no_field(_name: str) -> bool:
    return False
