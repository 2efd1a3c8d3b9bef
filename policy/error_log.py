"""Which rules are listed where rules are tried out: those that ModSecurity writes into its error log.

`noauditlog` is about the audit log, as the manual has it: CRS's sums of its scores have a line in the other. In service they are
listed no more than by ModSecurity 3; they say nothing that the record has not.
"""

from __future__ import annotations

from dataclasses import replace

from policy.seclang.ast import Marker, Rule, RuleSet


def for_error_log(ruleset: RuleSet) -> RuleSet:
    """The same rules, without any `noauditlog`."""
    phases = {
        phase: tuple([_without_noauditlog(entry) for entry in entries]) for phase, entries in ruleset.phases.items()
    }
    return replace(ruleset, phases=phases)


def _without_noauditlog(entry: Rule | Marker) -> Rule | Marker:
    if isinstance(entry, Marker):
        return entry
    return replace(entry, actions=tuple([action for action in entry.actions if action.name != "noauditlog"]))
