"""Notes of `ctl:` exclusions that no rule of the set answers to: a number or a tag written wrongly would be an exclusion in vain."""

from __future__ import annotations

from collections.abc import Sequence

from policy.seclang.action_arguments import Ctl, parse_ctl
from policy.seclang.ast import Note, Rule, Target

_REMOVES = "ruleremove"


def in_vain(rules: Sequence[Rule]) -> list[Note]:
    """`rules`: those that are left once every directive was worked in. A `ctl:` means a rule by what its first link says."""
    notes = []
    for rule in rules:
        for link in rule.links:
            for argument in link.arguments("ctl"):
                call = parse_ctl(argument)
                if call.name.startswith(_REMOVES) and (why := _missed(call, rules)):
                    notes.append(Note(link.position, f"ctl:{argument} takes nothing out: {why}"))
    return notes


def _missed(call: Ctl, rules: Sequence[Rule]) -> str:
    """What it lacks; empty if it may take something out."""
    met = [rule for rule in rules if _means(call, rule)]
    if not met:
        return "it meets no rule"
    target = call.target
    if target is None or any(holds(own, target) for rule in met for own in rule.targets):
        return ""
    return f"none of the rules looks at {target} as it is written"


def _means(call: Ctl, rule: Rule) -> bool:
    if call.ids:
        return any(rule.id in ids for ids in call.ids)
    if call.name.endswith("tag"):
        return call.text in rule.tags
    message = rule.argument("msg") or ""
    return call.text == message or "%{" in message  # what is filled in is not known before


def holds(own: Target, excluded: Target) -> bool:
    """Whether a target of a rule is, or may have in it, what an exclusion names (docs/spec/rules.md section 6.5)."""
    if own.exclude or own.collection != excluded.collection:
        return False
    if own.collection == "XML" or (excluded.key is None and excluded.pattern is None):
        return (own.key, own.pattern) == (excluded.key, excluded.pattern)
    return True
