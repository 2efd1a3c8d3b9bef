"""Rules whose outcome no request can change are worked out while the program is made, and left out of it.

The rules are followed once, in the order of evaluation, with what is known of TX (`knowledge`). A rule that reads nothing else

- and does not match, is left out;
- and matches, is carried out now if all it does is to set TX, at a place that every exchange certainly reaches before anything
  could have interrupted it, skipped it or taken the rule out;
- and jumps (`skipAfter`), leaves out what it jumps over.

Whatever is not certain stays, and what it writes counts as unknown from there on. Macros of TX in an operator's argument become
text where the variable is certain, so that the operator is made once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from policy.engine.compile import compile_rule
from policy.engine.knowledge import Knowledge, all_certain, condition_reads, effect_reads, reads_of, writes_of
from policy.engine.records import LimitReached, Records
from policy.engine.rule import Rule
from policy.engine.state import State
from policy.operators.match import OperatorInvalid
from policy.seclang import ast
from policy.seclang.action_arguments import Ctl, parse_ctl
from policy.seclang.ast import EngineMode
from policy.seclang.faults import Problem, WordError
from policy.seclang.macro import MacroRef, parse_macro
from policy.transformations.code_points import UnicodeMap
from policy.variables.facts import RequestFacts
from policy.variables.transaction import Transaction

_FOLDABLE: Final = frozenset({
    "accuracy", "auditlog", "capture", "log", "logdata", "maturity", "msg", "multimatch", "noauditlog", "nolog", "pass", "rev",
    "setvar", "severity", "tag", "ver",
})  # fmt: skip
_INTERRUPTS: Final = frozenset({"allow", "deny", "drop", "redirect"})


class Kept(NamedTuple):
    """A rule that stays in the program, as it was read and as it is evaluated."""

    rule: ast.Rule
    compiled: Rule


@dataclass(slots=True)
class Folded:
    """`tx`: what TX holds before the first rule; `tx_names`: spellings of names that are not lower case."""

    phases: dict[int, list[Kept]] = field(default_factory=dict)
    tx: dict[bytes, bytes] = field(default_factory=dict)
    tx_names: dict[bytes, bytes] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def fold(phases: Mapping[int, Sequence[ast.Rule | ast.Marker]], unicode_map: UnicodeMap | None) -> Folded:
    """Every rule is compiled, also those that are left out: a mistake in any of them is reported."""
    folder = _Folder(unicode_map)
    for number in sorted(phases):
        folder.phase(number, phases[number])
    folder.result.tx, folder.result.tx_names = folder.knowledge.values, folder.knowledge.names
    return folder.result


class _Folder:
    def __init__(self, unicode_map: UnicodeMap | None) -> None:
        self.result = Folded()
        self.knowledge = Knowledge()
        self._unicode_map = unicode_map
        self._untouched = (
            True  # every exchange comes here, and nothing before could have interrupted, jumped or removed
        )
        self._maybe_until = 0  # rules before this ordinal may be jumped over, depending on the request
        self._skip_until = 0  # rules before this ordinal are jumped over for certain
        self._removals: list[Ctl] = []

    def phase(self, number: int, entries: Sequence[ast.Rule | ast.Marker]) -> None:
        kept = self.result.phases[number] = []
        markers, total = marker_places(entries)
        self._maybe_until = self._skip_until = 0
        self._untouched = self._untouched and number == 1
        for ordinal, entry in enumerate([entry for entry in entries if isinstance(entry, ast.Rule)]):
            rule = self._with_known_arguments(entry, writes_of(entry).names)
            try:
                compiled = compile_rule(rule, ordinal, self._unicode_map)
                place = next(
                    (place for place in markers.get(compiled.outcome.skip_after, ()) if place > ordinal), total
                )
                stays = ordinal >= self._skip_until and not self._is_done(rule, compiled, place)
            except (WordError, OperatorInvalid) as error:
                self.result.problems.append(Problem(entry.position, error.message, error.mend))
                continue
            if stays:
                kept.append(Kept(rule, compiled))
                self._stays(rule, compiled, place, total)

    def _is_done(self, rule: ast.Rule, compiled: Rule, place: int) -> bool:
        """Whether the rule can be left out, after what it certainly does was done."""
        if self._never_matches(rule, compiled):
            return True
        certain = all(all_certain(self.knowledge, condition_reads(link)) for link in rule.links)
        if not certain or compiled.listed or self._removable(rule) or compiled.outcome.action != "pass":
            return False
        actions = {action.name for link in rule.links for action in link.actions}
        if "skipafter" in actions:
            return actions - {"setvar", "capture"} <= _FOLDABLE | {"skipafter"} and self._jumps(rule, compiled, place)
        return actions <= _FOLDABLE and self._assigns(rule, compiled)

    def _never_matches(self, rule: ast.Rule, compiled: Rule) -> bool:
        """Whether some link certainly fails, and the links before it leave nothing behind when they match."""
        for link, read in zip(compiled.links, rule.links, strict=True):
            if all_certain(self.knowledge, condition_reads(read)) and not link.matches(_nowhere(self.knowledge)):
                return True
            if link.setvars or link.capture or "MATCHED" in str(read.targets):
                return False
        return False

    def _jumps(self, rule: ast.Rule, compiled: Rule, place: int) -> bool:
        """Leave out what is jumped over. A jump out of a part that may itself be jumped over has to stay."""
        if any(link.setvars or link.capture for link in compiled.links) or not rule.argument("skipafter"):
            return False
        nested = compiled.ordinal >= self._maybe_until or place <= self._maybe_until
        self._skip_until = max(self._skip_until, place if nested else self._maybe_until)
        return nested

    def _assigns(self, rule: ast.Rule, compiled: Rule) -> bool:
        written = writes_of(rule)
        early = self._untouched and not written.prefixes and self.knowledge.unobserved(written.names)
        if not early or not all_certain(self.knowledge, effect_reads(rule)):
            return False
        run = _nowhere(self.knowledge)
        try:
            compiled.evaluate(run)
        except LimitReached:
            return False
        self.knowledge.values, self.knowledge.names = run.tx, run.tx_names
        return True

    def _stays(self, rule: ast.Rule, compiled: Rule, place: int, total: int) -> None:
        """What is not certain any more behind a rule that depends on the request."""
        self.knowledge.forget(writes_of(rule))
        self.knowledge.observe(reads_of(rule))
        outcome = compiled.outcome
        if outcome.skip_after or outcome.skip:
            self._maybe_until = max(
                self._maybe_until, place if outcome.skip_after else compiled.ordinal + 1 + outcome.skip
            )
        if outcome.action == "allow":
            self._maybe_until = total
        removals = [
            ctl for link in rule.links for ctl in map(parse_ctl, link.arguments("ctl")) if ctl.name in _REMOVALS
        ]
        self._removals += removals
        if removals or outcome.skip_after or outcome.skip or outcome.action in _INTERRUPTS:
            self._untouched = False

    def _removable(self, rule: ast.Rule) -> bool:
        """Whether a rule before may have taken this one out."""
        message = rule.argument("msg") or ""
        return any(
            any(rule.id in ids for ids in ctl.ids)
            or (ctl.name == "ruleremovebytag" and ctl.text in rule.tags)
            or (ctl.name == "ruleremovebymsg" and ("%{" in message or ctl.text == message))
            for ctl in self._removals
        )

    def _with_known_arguments(self, rule: ast.Rule, own: frozenset[bytes]) -> ast.Rule:
        """`own`: what the rule itself writes, which a link after the first may read."""
        operator, chain = rule.operator, tuple(self._with_known_arguments(link, own) for link in rule.chain)
        if operator is not None and "%{" in operator.argument:
            operator = replace(operator, argument=self._known(operator.argument, own))
        return replace(rule, operator=operator, chain=chain)

    def _known(self, argument: str, own: frozenset[bytes]) -> str:
        parts = parse_macro(argument)
        names = [
            part.key.lower() for part in parts if isinstance(part, MacroRef) and part.collection == "TX" and part.key
        ]
        values = self.knowledge.values
        if len(names) != sum(isinstance(part, MacroRef) for part in parts) or own.intersection(names):
            return argument
        if not all_certain(self.knowledge, names) or any(b"%{" in values.get(name, b"") for name in names):
            return argument
        known = [values.get((part.key or b"").lower(), b"") if isinstance(part, MacroRef) else part for part in parts]
        return b"".join(known).decode("utf-8", "surrogateescape")


_REMOVALS: Final = frozenset({"ruleremovebyid", "ruleremovebytag", "ruleremovebymsg"})


def marker_places(entries: Sequence[ast.Rule | ast.Marker]) -> tuple[dict[str, tuple[int, ...]], int]:
    """For each marker name the ordinals of the rules behind it; and the number of rules."""
    markers: dict[str, tuple[int, ...]] = {}
    ordinal = 0
    for entry in entries:
        if isinstance(entry, ast.Marker):
            markers[entry.name] = (*markers.get(entry.name, ()), ordinal)
        else:
            ordinal += 1
    return markers, ordinal


def _nowhere(knowledge: Knowledge) -> State:
    """The state of an exchange of which nothing is looked at but TX."""
    transaction = Transaction(RequestFacts(method=b"", uri=b""))
    return State(transaction, knowledge.values, Records(), EngineMode.DETECTION_ONLY, knowledge.names)
