"""What became of each rule when the rule set was compiled: whether a request pays for it, and how.

folded        worked out while the program was made, or without an effect: it costs a request nothing
scanned       the scanner finds the values that it may match; only these are looked at
prefiltered   a cheap test of its values comes first; only what it lets through is looked at
remembered    asked once for each value of a method, a header or a flag that turns up
evaluated     asked for every request that comes to it
always        a SecAction: it matches every request that comes to it
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from policy.engine.decision import SEVERITY_NONE
from policy.engine.program import Phase, Program
from policy.operators.table import needles
from policy.seclang import ast
from policy.seclang.action_arguments import parse_severity


class Form(StrEnum):
    """What a rule compiled to, from the cheapest to the dearest."""

    FOLDED = "folded"
    REMEMBERED = "remembered"
    SCANNED = "scanned"
    PREFILTERED = "prefiltered"
    EVALUATED = "evaluated"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class ListedRule:
    """`message` is its `msg` as written. `links`: how many parts its chain has."""

    id: int
    phase: int
    severity: int
    tags: tuple[str, ...]
    message: str
    file: str
    line: int
    links: int
    form: Form


def list_rules(read: ast.RuleSet, program: Program) -> list[ListedRule]:
    """Every rule of a rule set, in the order of evaluation. `program` was compiled from `read`."""
    listed = []
    for number, entries in read.phases.items():
        forms = _forms(program.phases[number])
        rules = [entry for entry in entries if isinstance(entry, ast.Rule)]
        listed += [_listed(rule, forms.get(ordinal, Form.FOLDED)) for ordinal, rule in enumerate(rules)]
    return listed


def totals_by_tag(listed: Iterable[ListedRule]) -> dict[str, int]:
    """How many rules have each tag, the most frequent first."""
    found = Counter(tag for rule in listed for tag in dict.fromkeys(rule.tags))
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))


def totals_by_form(listed: Iterable[ListedRule]) -> dict[Form, int]:
    found = Counter(rule.form for rule in listed)
    return {form: found[form] for form in Form}


def _forms(phase: Phase) -> dict[int, Form]:
    """The ordinal of each rule that is in the program ▸ its form."""
    return {rule.ordinal: _form(phase, place) for place, rule in enumerate(phase.rules)}


def _form(phase: Phase, place: int) -> Form:
    link = phase.rules[place].links[0]
    if place in phase.sieve.rules:
        wanted = None if link.operator is None else needles(link.operator)
        return Form.PREFILTERED if wanted is None else Form.SCANNED
    if place in phase.narrow.rules or place in phase.idle.rules:
        return Form.REMEMBERED
    if place not in phase.unsifted:  # it is never asked, because nobody would see what it does
        return Form.FOLDED
    return Form.ALWAYS if link.unconditional else Form.EVALUATED


def _listed(rule: ast.Rule, form: Form) -> ListedRule:
    severity = rule.argument("severity")
    return ListedRule(
        rule.id,
        rule.phase,
        SEVERITY_NONE if severity is None else parse_severity(severity),
        rule.tags,
        rule.argument("msg") or "",
        rule.position.file,
        rule.position.line,
        len(rule.links),
        form,
    )
