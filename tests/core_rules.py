"""What the Core Rule Set of this machine (Debian's package modsecurity-crs) asks its operators, read at test time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from policy.operators.match import Operator
from policy.operators.table import build
from policy.seclang.ast import Rule, raw
from policy.seclang.load import load
from policy.seclang.macro import has_macro

RULES = Path("/usr/share/modsecurity-crs/rules")


@cache
def operators() -> tuple[tuple[int, str, Operator], ...]:
    """(id of the rule, name of the operator, operator) of every rule and link whose argument is constant, in order."""
    return tuple(
        (rule.id, link.operator.name, build(link.operator.name, raw(link.operator.argument), RULES))
        for rule in _rules()
        for link in rule.links
        if link.operator is not None and not has_macro(link.operator.argument)
    )


def _rules() -> Iterator[Rule]:
    ruleset = load(sorted(RULES.glob("*.conf")))
    for phase in sorted(ruleset.phases):
        for element in ruleset.phases[phase]:
            if isinstance(element, Rule):
                yield element
