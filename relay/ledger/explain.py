"""Why a transfer was refused, from its records and the configuration as it is now; and the narrowest exclusions for its rules.

The records hold no value, so that nothing here does. Rules and routes are read as files: nothing is compiled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from policy.load import read_routes
from policy.narrowest import Proposal, Reach, as_toml, expires, narrowest
from policy.problems import PolicyInvalid
from policy.route import OPEN_ROUTE, Route, day_in_japan
from policy.rule_set import RuleSetFiles, read_rules
from policy.seclang.ast import Rule
from relay.base.reasons import Reason
from relay.settings.model import HostFile
from relay.settings.rules import rule_set_files
from relay.tree.record import DELIVERED, Finding, Intent, Outcome, Record, Refusal, Remark, RuleMatch

_BY_RULES = (None, Reason.RULES_MATCHED, Reason.RESPONSE_REFUSED)  # None: rules noticed something, nothing refused


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A proposal, with everything that it is for. `toml` is empty where no exclusion is proposed."""

    proposal: Proposal
    match: RuleMatch
    place: str  # file:line of the rule, empty where it is in the rule set no more
    toml: str
    expired: date | None  # the last day of an exclusion of the same that the configuration still holds


@dataclass(frozen=True, slots=True)
class Explanation:
    """`reason` None: it was not refused. `rule_set`: that of the route now; None where none judges it."""

    reason: Reason | None
    tenant: str
    route: str
    rule_set: str | None
    findings: tuple[Finding, ...]
    labels: Mapping[str, str]  # declared field ▸ its label
    exclusions: tuple[Exclusion, ...]  # none where something else refused: they would not help
    detects_only: bool
    notes: tuple[str, ...] = ()

    @property
    def matches(self) -> list[tuple[Finding, RuleMatch]]:
        return [(one, one.rule) for one in self.findings if one.rule is not None]


@dataclass(slots=True)
class _Known:
    """What the configuration says of the route, as far as it can be read."""

    route: Route | None = None
    rule_set: RuleSetFiles | None = None
    rules: dict[int, Rule] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def explain(records: Sequence[Record], settings: HostFile, now_ms: int) -> Explanation:
    """`records`: those of one transfer, in the order of the log; at least one."""
    reason, findings = _why(records)
    tenant, route = _where(records)
    known = _known(settings, tenant, route)
    labels = {} if known.route is None else _labels(known.route)
    return Explanation(
        reason,
        tenant,
        route,
        None if known.rule_set is None else known.rule_set.name,
        findings,
        labels,
        _exclusions(findings, route, known, now_ms) if reason in _BY_RULES else (),
        known.rule_set is not None and known.rule_set.mode == "detect",
        tuple(known.notes),
    )


def _why(records: Sequence[Record]) -> tuple[Reason | None, tuple[Finding, ...]]:
    """A refusal has the last word; without one an outcome; the findings of an admission are what was only noticed."""
    findings: tuple[Finding, ...] = ()
    reason: Reason | None = None
    for record in records:
        if isinstance(record, Intent):
            findings = record.findings
        elif isinstance(record, Remark):
            findings += record.findings
        elif isinstance(record, Outcome) and record.result != DELIVERED:
            reason = Reason(record.result)
        elif isinstance(record, Refusal):
            reason, findings = record.reason, record.findings or findings
    return reason, findings


def _where(records: Sequence[Record]) -> tuple[str, str]:
    tenant = route = ""
    for record in records:
        if isinstance(record, Intent | Refusal):
            tenant, route = record.tenant or tenant, record.route or route
    return tenant, route


def _known(settings: HostFile, tenant: str, route_id: str) -> _Known:
    known = _Known()
    routes, problems = read_routes([Path(directory) for directory in settings.policy.procedures])
    known.notes += [str(problem) for problem in problems]
    known.route = next((one for one in reversed(routes) if one.id == route_id), None)
    if known.route is None and route_id == OPEN_ROUTE.id:
        known.route = OPEN_ROUTE
    of_tenant = next((one.rule_set for one in settings.tenant if one.name == tenant), None)
    name = (known.route and known.route.rule_set) or of_tenant or settings.policy.rule_set
    known.rule_set = next((one for one in rule_set_files(settings) if one.name == name), None)
    if known.rule_set is not None:
        try:
            known.rules = {rule.id: rule for rule in read_rules(known.rule_set).rules}
        except PolicyInvalid as invalid:
            known.notes += [str(problem) for problem in invalid.problems]
    return known


def _labels(route: Route) -> dict[str, str]:
    return {
        name: f"{one.declaration.label_ja} {one.declaration.label_en}".strip()
        for form in (route.form, route.query)
        for name, one in form.fields.items()
    }


def _exclusions(findings: Sequence[Finding], route: str, known: _Known, now_ms: int) -> tuple[Exclusion, ...]:
    """One for each rule and target, in the order of the findings."""
    found: dict[tuple[int, str | None], Exclusion] = {}
    for finding in findings:
        match = finding.rule
        if match is None:
            continue
        rule = known.rules.get(match.id)
        proposal = narrowest(match.id, finding.target, route or None, rule)
        set_name = "" if known.rule_set is None else known.rule_set.name
        toml = "" if proposal.reach is Reach.NONE or not set_name else as_toml(proposal, set_name, expires(now_ms))
        place = "" if rule is None else str(rule.position)
        made = Exclusion(proposal, match, place, toml, _expired(known.rule_set, proposal, now_ms))
        found.setdefault((match.id, proposal.target), made)
    return tuple(found.values())


def _expired(files: RuleSetFiles | None, proposal: Proposal, now_ms: int) -> date | None:
    """The last day of an exclusion that would have covered this, and that is over."""
    over = [
        one.expires
        for one in (() if files is None else files.exclusions)
        if one.rule == proposal.rule
        and one.target in (None, proposal.target)
        and one.route in (None, proposal.route)
        and one.expires.toordinal() < day_in_japan(now_ms)
    ]
    return max(over, default=None)
