"""A rule as it is evaluated: its links with their operators and effects worked in, and what it does when all of them match.

Order of effects, as in ModSecurity 3: `setvar` of a link at each of its matches, one after the other; everything else when the
whole chain has matched, from the last link to the first, so that the first one's msg and logdata count; then the rule is listed,
then it interrupts. With multiMatch every match is listed by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from policy.effort import CANDIDATE_CHARGE, LISTED_CHARGE, MATCH_CHARGE, Effort
from policy.engine.decision import SEVERITY_NONE, Fired
from policy.engine.exceptions import Removed, Subject
from policy.engine.limits import FIRED_MAX
from policy.engine.macros import Text
from policy.engine.records import LimitReached
from policy.engine.replay import Replay
from policy.engine.state import State
from policy.engine.steps import steps_of
from policy.engine.targets import Fetch, Source, without
from policy.engine.variables import Effect
from policy.operators.match import Counted, Match, Operator
from policy.transformations.table import Chain

if TYPE_CHECKING:
    from policy.engine.later import LaterLink

_UNSET: Final[tuple[Removed, ...]] = ()
_CAPTURES_MAX: Final = 10  # TX.0 to TX.9


class Link:
    """One SecRule or SecAction of a chain. `operator` None: `operator_of` makes it for each exchange; both None: a SecAction.

    `ahead`: what is asked about a value before the operator is. The program sets it when all its links are known.
    """

    __slots__ = (
        "ahead", "capture", "chain", "effects", "fused", "logdata", "message", "multi", "negated", "operator", "operator_of",
        "replay", "setvars", "sources",
    )  # fmt: skip

    def __init__(
        self,
        sources: tuple[Source, ...],
        chain: Chain,
        operator: Operator | None,
        operator_of: Callable[[State], Operator] | None,
        *,
        negated: bool = False,
        capture: bool = False,
        multi: bool = False,
        setvars: tuple[Effect, ...] = (),
        effects: tuple[Effect, ...] = (),
        message: Text | None = None,
        logdata: Text | None = None,
        replay: Replay | None = None,
    ) -> None:
        self.sources = sources
        self.chain = chain
        self.fused = tuple(step.function for step in steps_of(chain, characters=True))
        self.operator = operator
        self.operator_of = operator_of
        self.negated = negated
        self.capture = capture
        self.multi = multi
        self.setvars = setvars
        self.effects = effects
        self.message = message
        self.logdata = logdata
        self.replay = replay
        self.ahead: LaterLink | None = None

    @property
    def unconditional(self) -> bool:
        return self.operator is None and self.operator_of is None

    def describe(self, run: State) -> None:
        """What the rule's message and logdata are, as far as this link says so."""
        if self.logdata is not None:
            run.logdata = self.logdata(run)
        if self.message is not None:
            run.message = self.message(run)

    def matches(self, run: State) -> bool:
        """Whether some value matches, without anything happening. Raises OperatorInvalid."""
        if self.unconditional:
            return True
        operator = self.operator or (self.operator_of(run) if self.operator_of else None)
        values = [item.value for source in self.sources for item in source.fetch(run)]
        return any(self.matches_value(value, run.characters, operator) for value in values)

    def matches_value(
        self, sent: bytes, characters: bool, operator: Operator | None = None, effort: Effort | None = None
    ) -> bool:
        """Whether the value as sent matches, without anything happening but what `effort` is spent. A SecAction matches no value."""
        operator = operator or self.operator
        if operator is None:
            return False
        values = self.stages(sent, characters) if self.multi else (self.chain.apply(sent, characters),)
        if effort is not None and isinstance(operator, Counted):
            return any(hits(operator.match_within(value, characters, effort), self.negated) for value in values)
        return any(hits(operator.match(value, characters), self.negated) for value in values)

    def stages(self, sent: bytes, characters: bool) -> Sequence[bytes]:
        """What multiMatch looks at. In the characters reading utf8toUnicode with what decodes it again is one step: the form
        between them is no form that anybody would read the text in.
        """
        if not characters:
            return list(self.chain.stages(sent, False))
        return (sent,) if self.chain.leaves(sent, True) else changes(self.fused, sent)


def hits(match: Match | None, negated: bool) -> bool:
    """Whether the link matches: an operator that met a limit does, negated or not, since nobody knows what it would have said."""
    return (match is None) is negated or (match is not None and match.exhausted)


def changes(functions: Sequence[Callable[[bytes], bytes]], value: bytes) -> list[bytes]:
    values = [value]
    for function in functions:
        result = function(value)
        if result != value:
            value = result
            values.append(value)
    return values


class Outcome(NamedTuple):
    """What a rule that matched does to the exchange. `action`: deny, drop, redirect, allow or pass."""

    action: str = "pass"
    status: int = 403
    url: Text | None = None
    allow: str = ""
    skip: int = 0
    skip_after: str = ""


class Rule:
    """`links[0]` is the rule itself. `ordinal`: its place among the rules of its phase, markers not counted.

    `relaxes`: it may take rules or targets out, or jump over rules. Where a limit was met that is not done, and the exchange is refused.
    """

    __slots__ = (
        "file", "gravest", "id", "line", "links", "listed", "multi", "ordinal", "outcome", "phase", "relaxes", "rev", "severity",
        "subject",
    )  # fmt: skip

    def __init__(
        self, links: tuple[Link, ...], subject: Subject, outcome: Outcome, *, phase: int, ordinal: int, listed: bool,
        severity: int = SEVERITY_NONE, gravest: int = SEVERITY_NONE,
        rev: bytes = b"", file: str = "", line: int = 0, relaxes: bool = False,
    ) -> None:  # fmt: skip
        self.id = subject.id
        self.links = links
        self.subject = subject
        self.outcome = outcome
        self.phase = phase
        self.ordinal = ordinal
        self.listed = listed
        self.multi = any(link.multi for link in links)
        self.severity = severity
        self.gravest = gravest
        self.rev = rev
        self.file = file
        self.line = line
        self.relaxes = relaxes

    def text_of(self, name: str, run: State) -> bytes:
        """The rule's msg or logdata before it has matched."""
        text = self.links[0].message if name == "msg" else self.links[0].logdata
        run.rule = None  # a message that holds %{RULE.msg} would ask for itself
        try:
            return b"" if text is None else text(run)
        finally:
            run.rule = self

    def evaluate(self, run: State, among: Container[bytes] | None = None) -> bool:
        """Whether all links match; then everything has happened but the interruption. Raises LimitReached.

        `among`: values as sent outside of which the first link certainly does not match.
        """
        removed = _UNSET
        if run.exceptions is not None:
            if run.exceptions.removes(self.subject, run):
                return False
            removed = tuple(run.exceptions.removed_from(self.subject, run))
        if run.matched:  # what the rule before it has matched is gone, as in ModSecurity 3
            run.matched = []
            run.matched_name = run.matched_value = b""
        run.rule = self
        run.message = run.logdata = b""
        run.span = (0, 0)
        run.exhausted = False
        for position, link in enumerate(self.links):
            matched = self._match(run, link, () if position else removed, None if position else among)
            if not matched and not run.exhausted:  # behind a limit that was met no link can deny the rule
                return False
        if run.exhausted and self.relaxes:
            run.transaction.exceeded = run.transaction.exceeded or "PCRE_STEPS"
            return False
        run.highest_severity = min(run.highest_severity, self.gravest)  # the rule's own texts may tell of it
        for link in reversed(self.links):
            for effect in link.effects:
                effect(run)
            if self.listed and not self.multi:
                link.describe(run)
        if self.listed and not self.multi:
            self.list(run)
        return True

    def list(self, run: State) -> None:
        """Put it on the list of what fired."""
        if len(run.fired) >= FIRED_MAX:
            raise LimitReached("FIRED_MAX")
        interrupts = run.mode is run.mode.ON and self.outcome.action in ("deny", "drop", "redirect")
        unconditional = self.links[0].unconditional
        run.fired.append(
            Fired(
                self.id,
                self.phase,
                run.message,
                self.subject.tags,
                self.severity,
                run.logdata,
                b"" if unconditional else run.matched_name,
                *run.span,
                run.exhausted,
                interrupts,
                self.file,
                self.line,
            )
        )
        if run.values_of_fired is not None:
            run.values_of_fired.append(b"" if unconditional else run.matched_value)

    def _match(self, run: State, link: Link, removed: tuple[Removed, ...], among: Container[bytes] | None) -> bool:
        operator = link.operator
        if operator is None:
            if link.operator_of is None:
                self._matched(run, link)
                return True
            operator = link.operator_of(run)
        found = False
        for source in link.sources:
            fetch: Fetch | None = without(source, removed) if removed else source.reads
            if fetch is not None and self._match_source(run, link, operator, fetch, among):
                found = True
        return found

    def _match_source(
        self, run: State, link: Link, operator: Operator, fetch: Fetch, among: Container[bytes] | None
    ) -> bool:
        found = False
        characters, negated, chain, effort = run.characters, link.negated, link.chain, run.effort
        counted = operator if isinstance(operator, Counted) else None
        ahead = link.ahead
        replay = None if self.multi else link.replay
        for name, _, sent in fetch.values(run):
            if among is not None:
                if sent not in among:
                    continue
                effort.spend(CANDIDATE_CHARGE)
                if effort.given_up:  # nothing is tried any more, and this value speaks for the others
                    run.match_at(name, sent, (0, 0))
                    run.exhausted = run.operator_failed = True  # ahead of what lists the match by itself (multiMatch)
                    self._matched(run, link)
                    return True
            if replay is not None and (known := replay.known.get(sent)) is not None:
                for key, spelled, written in known.writes:
                    run.put_tx(key, spelled, written)
                found = True
                run.match_at(name, known.value, known.span)
                effort.spend(MATCH_CHARGE)
                continue
            for value in link.stages(sent, characters) if link.multi else (run.transform(chain, sent),):
                if ahead is not None and not ahead.may_match(value, run):
                    continue
                match = (
                    operator.match(value, characters)
                    if counted is None
                    else counted.match_within(value, characters, effort)
                )
                if match is not None:
                    self._note(run, link, match)
                if not hits(match, negated):
                    continue
                found = True
                run.match_at(name, value, (0, len(value)) if match is None else (match.start, match.end))
                self._matched(run, link)
                if replay is not None and match is not None:
                    replay.learn(sent, value, match)
                effort.spend(LISTED_CHARGE if self.multi else MATCH_CHARGE)
                if effort.given_up:
                    run.exhausted = run.operator_failed = True
                    return True
        return found

    def _note(self, run: State, link: Link, match: Match) -> None:
        """What a match leaves behind even where the operator is negated."""
        if match.exhausted:
            run.exhausted = run.operator_failed = True
        if link.capture:
            for index, group in enumerate(match.groups[:_CAPTURES_MAX]):
                if group is not None:
                    run.set_tx(b"%d" % index, group)

    def _matched(self, run: State, link: Link) -> None:
        for effect in link.setvars:
            effect(run)
        if self.multi and self.listed:
            link.describe(run)
            if link is self.links[-1]:
                self.list(run)
