"""What a rule does when it has matched, and operators that are made once or for each exchange."""

from __future__ import annotations

import pytest

from policy.engine.compile import Everything
from policy.engine.rule import Outcome
from policy.operators.match import Match, OperatorInvalid
from tests.unit.policy.engine.building import compiled
from tests.unit.policy.engine.test_targets import state

OUTCOMES = [
    ("", Outcome("pass", 403)), ("pass", Outcome("pass", 403)), ("deny", Outcome("deny", 403)),
    ("deny,status:200", Outcome("deny", 403)), ("deny,status:451", Outcome("deny", 451)), ("drop", Outcome("drop", 403)),
    ("allow", Outcome("allow", 403, allow="all")), ("allow:phase", Outcome("allow", 403, allow="phase")),
    ("allow:request", Outcome("allow", 403, allow="request")), ("block", Outcome("pass", 403)),
    ("skip:2", Outcome("pass", 403, skip=2)), ("skipAfter:M", Outcome("pass", 403, skip_after="M")),
]  # fmt: skip


@pytest.mark.parametrize(("actions", "outcome"), OUTCOMES)
def test_outcomes(actions: str, outcome: Outcome) -> None:
    (rule,) = compiled(f'SecAction "id:1,phase:1,{actions or "log"}"')
    assert rule.outcome == outcome


def test_every_outcome_was_compiled() -> None:
    assert len(OUTCOMES) == 12


@pytest.mark.parametrize(
    ("status", "code"), [("", 302), (",status:303", 303), (",status:403", 302), (",status:307", 307)]
)
def test_a_redirect_keeps_the_status_of_one(status: str, code: int) -> None:
    (rule,) = compiled(f'SecAction "id:1,phase:1,redirect:http://x.example/%{{REQUEST_METHOD}}{status}"')
    assert rule.outcome.status == code
    assert rule.outcome.url is not None and rule.outcome.url(state()) == b"http://x.example/GET"


def test_block_is_what_the_defaults_say() -> None:
    (rule,) = compiled('SecDefaultAction "phase:1,drop,status:406,log"\nSecAction "id:1,phase:1,block"')
    assert (rule.outcome.action, rule.outcome.status) == ("drop", 406)


def test_an_operator_with_a_macro_is_made_for_each_exchange() -> None:
    (rule,) = compiled('SecRule ARGS "@streq %{tx.limit}" "id:1,phase:1"')
    (link,) = rule.links
    assert link.operator is None and link.operator_of is not None
    assert link.operator_of(state()).match(b"5", False) is not None
    assert link.operator_of(state()).match(b"6", False) is None


def test_a_pattern_that_is_none_is_a_mistake() -> None:
    with pytest.raises(OperatorInvalid):
        compiled('SecRule ARGS "@rx (" "id:1,phase:1"')


@pytest.mark.parametrize("expression", ["/soap:body", "//b[1+]", "unknown(/a)"])
def test_an_expression_that_would_never_select_is_a_mistake(expression: str) -> None:
    with pytest.raises(OperatorInvalid, match="cannot be evaluated"):
        compiled(f'SecRule XML:{expression} "@rx a" "id:1,phase:2"')
    compiled('SecRule XML:/soap:body "@rx a" "id:1,phase:2,xmlns:\'soap=urn:soap\'"')


@pytest.mark.parametrize("value", [b"", b"a\nb", b"\xff", "あ".encode()])
def test_the_pattern_of_everything_is_what_the_expression_says(value: bytes) -> None:
    (rule,) = compiled('SecRule ARGS "@rx ^(?:.*)$" "id:1,phase:1,capture"')
    (everything,) = compiled('SecRule ARGS "@rx ^.*$" "id:1,phase:1,capture"')
    assert isinstance(everything.links[0].operator, Everything) and rule.links[0].operator is not None
    found, expected = everything.links[0].operator.match(value, True), rule.links[0].operator.match(value, True)
    assert found == expected == Match(0, len(value), (value,))


def test_what_is_known_of_a_rule() -> None:
    (rule,) = compiled(
        "SecRule ARGS \"@rx .\" \"id:7,phase:2,rev:'2',tag:'a',tag:'b',severity:ERROR,msg:'m %{tx.limit}',chain\"\n"
        'SecRule MATCHED_VAR "@rx ." "severity:1,multiMatch,capture,setvar:tx.x=1"'
    )
    assert (rule.id, rule.phase, rule.rev, rule.subject.tags, rule.severity, rule.gravest) == (
        7,
        2,
        b"2",
        ("a", "b"),
        3,
        1,
    )
    assert (rule.multi, len(rule.links), len(rule.links[1].setvars)) == (True, 2, 1)
    assert rule.text_of("msg", state()) == b"m 5"
