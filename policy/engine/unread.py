"""Bookkeeping that nobody reads: assignments of the last phase to variables of TX at which no rule looks any more.

They need not be carried out. Nothing can be interrupted there, and TX ends with its exchange.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policy.engine.decision import SEVERITY_NONE
from policy.engine.folding import Kept
from policy.engine.knowledge import reads_of, writes_of
from policy.seclang.action_arguments import parse_setvar

LAST_PHASE: Final = 5


def unread(phase: int, kept: Sequence[Kept]) -> frozenset[int]:
    """The places of such rules."""
    if phase != LAST_PHASE:
        return frozenset()
    found: set[int] = set()
    read: set[bytes] = set()
    for place in reversed(range(len(kept))):
        rule = kept[place].rule
        if _only_assigns(kept[place]) and writes_of(rule).names.isdisjoint(read):
            found.add(place)
            continue
        more = reads_of(rule)
        if more is None:
            break
        read |= more
    return frozenset(found)


def _only_assigns(one: Kept) -> bool:
    """Whether it is a SecAction that does nothing else than to assign to variables whose names it writes out."""
    rule, compiled = one.rule, one.compiled
    link = compiled.links[0]
    if len(compiled.links) > 1 or not link.unconditional or link.effects or compiled.listed:
        return False
    outcome = compiled.outcome
    if outcome.action != "pass" or outcome.skip or outcome.skip_after or compiled.gravest != SEVERITY_NONE:
        return False
    calls = [parse_setvar(argument) for argument in rule.arguments("setvar")]
    return (
        len(calls) == len(link.setvars)
        and all(call.collection == "TX" for call in calls)
        and not writes_of(rule).prefixes
    )
