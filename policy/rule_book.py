"""Which rule set judges which route: the route's own, else the tenant's, else the default.

`replace` swaps in new ones at once for all requests that begin from then on; those under way end by what they began with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from policy.route import Route
from policy.rule_set import RuleSet


@dataclass(frozen=True, slots=True)
class RuleChoice:
    """`sets` by name; `default` and `by_tenant` name one of them."""

    sets: Mapping[str, RuleSet] = field(default_factory=dict)
    default: str | None = None
    by_tenant: Mapping[str, str] = field(default_factory=dict)


class RuleBook:
    """The choice in force."""

    __slots__ = ("choice",)

    def __init__(self, choice: RuleChoice | None = None) -> None:
        self.choice = choice or RuleChoice()

    def replace(self, choice: RuleChoice) -> None:
        self.choice = choice

    def rules_for(self, tenant: str, route: Route) -> RuleSet | None:
        """None where no rule set is configured for it. LookupError for a name that nothing declares: checked at load."""
        choice = self.choice
        name = route.rule_set or choice.by_tenant.get(tenant) or choice.default
        return None if name is None else choice.sets[name]
