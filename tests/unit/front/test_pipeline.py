"""What the front makes of the reasons that come from behind it."""

from __future__ import annotations

import pytest

from relay.base.reasons import Reason, Stage, row
from relay.front.pipeline import _reason


@pytest.mark.parametrize("reason", list(Reason))
def test_a_failure_behind_the_front_is_always_answered_as_one(reason: Reason) -> None:
    told = _reason(reason.value)
    assert row(told).status >= 500
    behind = row(reason).stage in {Stage.EGRESS, Stage.GATE, Stage.APPLICATION, Stage.RESPONSE, Stage.PEER}
    assert told is (reason if behind and row(reason).status >= 500 else Reason.EGRESS_LOST)


@pytest.mark.parametrize("word", ["", "delivered", "no_such_reason"])
def test_what_is_no_reason_means_that_nothing_is_known(word: str) -> None:
    assert _reason(word) is Reason.EGRESS_LOST
