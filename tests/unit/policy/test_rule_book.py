"""Which rule set judges a route, and how another choice takes its place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from policy.route import OPEN_ROUTE
from policy.rule_book import RuleBook, RuleChoice
from tests.unit.policy.rule_sets import rule_set


def test_the_route_wins_over_the_tenant_and_the_tenant_over_the_default(tmp_path: Path) -> None:
    one = rule_set(tmp_path)
    sets = {name: replace(one, name=name) for name in ("default", "of-tenant", "of-route")}
    book = RuleBook(RuleChoice(sets, "default", {"minato": "of-tenant"}))
    with_own = replace(OPEN_ROUTE, rule_set="of-route")
    cases = [
        ("minato", with_own, "of-route"),
        ("minato", OPEN_ROUTE, "of-tenant"),
        ("chuo", OPEN_ROUTE, "default"),
    ]
    for tenant, route, name in cases:
        assert book.rules_for(tenant, route) is sets[name]
    assert RuleBook().rules_for("minato", OPEN_ROUTE) is None


def test_another_choice_holds_at_once(tmp_path: Path) -> None:
    one = rule_set(tmp_path)
    book = RuleBook(RuleChoice({"a": one}, "a"))
    other = replace(one, mode="off")
    book.replace(RuleChoice({"a": other}, "a"))
    assert book.rules_for("x", OPEN_ROUTE) is other
