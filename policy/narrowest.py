"""The narrowest exclusion that lets one match of one rule pass: rule × target × route.

Which target can be left out depends on the rule, for what `ctl:` leaves out (policy.engine.rule) are only values that the
first part of a chain looks at. A rule that adds up what others found is never left out: that would switch all of them off.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

from policy.route import day_in_japan
from policy.seclang.ast import Rule, Target
from policy.seclang.rule_words import SCALARS

DAYS = 90  # for which a proposal is made out: a quarter, the rhythm in which rule sets come out and are tested anew
REASON_TO_FILL_IN = "…"  # too short for a reason: the configuration does not load before somebody has written one

_OWN_OF_RULES = "TX"
_TARGET = re.compile(r"[A-Z_]+(?::[!-~]+)?")  # what the configuration takes


class Reach(Enum):
    """How narrow the proposal is."""

    VALUE = "value"  # one named field, header or cookie
    VARIABLE = "variable"  # a variable that has one value, such as the body as a whole
    COLLECTION = "collection"  # all values of a kind, because the record does not hold the name that a peer made up
    RULE = "rule"  # the rule as a whole, on the route
    NONE = "none"  # no exclusion: the rule adds up what others found


@dataclass(frozen=True, slots=True)
class Proposal:
    """`target` None: every target. `route` None: every route, where the record knows none."""

    rule: int
    target: str | None
    route: str | None
    reach: Reach


def narrowest(rule_id: int, target: str, route: str | None, rule: Rule | None) -> Proposal:
    """`target`: as the record names it. `rule`: as the rule set has it now; None where it has it no more."""
    if _adds_up(target, rule):
        return Proposal(rule_id, None, route, Reach.NONE)
    collection, colon, _ = target.partition(":")
    if not _TARGET.fullmatch(target) or (rule is not None and not _reaches(rule.targets, collection, bool(colon))):
        return Proposal(rule_id, None, route, Reach.RULE)
    whole = Reach.VARIABLE if collection in SCALARS else Reach.COLLECTION
    return Proposal(rule_id, target, route, Reach.VALUE if colon else whole)


def _adds_up(target: str, rule: Rule | None) -> bool:
    if rule is None:
        return target.partition(":")[0] == _OWN_OF_RULES
    last = rule.links[-1]
    return bool(last.targets) and all(one.collection == _OWN_OF_RULES for one in (*rule.targets, *last.targets))


def _reaches(targets: Sequence[Target], collection: str, has_key: bool) -> bool:
    """Whether leaving this target out changes what the first part of the rule looks at."""
    looked_at = [one for one in targets if one.collection == collection and not one.exclude and not one.count]
    return bool(looked_at) and (has_key or any(one.key is None and one.pattern is None for one in looked_at))


def expires(now_ms: int) -> date:
    """The last day of a proposal that is made now, in JST."""
    return date.fromordinal(day_in_japan(now_ms) + DAYS)


def as_toml(proposal: Proposal, rule_set: str, last_day: date) -> str:
    """A [[rule_exclusion]] for `sekisho.toml`, whose reason is still to be written."""
    lines = ["[[rule_exclusion]]", f'rule_set = "{rule_set}"', f"rule = {proposal.rule}"]
    if proposal.target is not None:
        lines.append(f"target = {_quoted(proposal.target)}")
    if proposal.route is not None:
        lines.append(f'route = "{proposal.route}"')
    lines += [f'reason = "{REASON_TO_FILL_IN}"', f'expires = "{last_day.isoformat()}"']
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A TOML basic string of printable ASCII."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
