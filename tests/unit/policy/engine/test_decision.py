"""A failure of the engine is a refusal."""

from __future__ import annotations

from policy.engine.decision import Action, Cause, internal_error


def test_an_internal_error_denies() -> None:
    decision = internal_error(2, "KeyError")
    assert decision == (403, Action.DENY, 0, 2, Cause.INTERNAL, "", "KeyError")


def test_no_action_lets_pass() -> None:
    assert {action.value for action in Action} == {"deny", "drop", "redirect"}
