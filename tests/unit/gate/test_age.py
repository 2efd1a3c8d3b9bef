"""An envelope is sealed when its transfer began, and not much later (docs/spec/envelope.md section 5.6)."""

from __future__ import annotations

import pytest

from relay.base.errors import Refused
from relay.base.ids import new_transfer_id
from relay.base.limits import Limits
from relay.base.reasons import Reason
from relay.gate.pipeline import check_age

BEGAN_MS = 1_795_409_327_730
LIMITS = Limits(headers_timeout_ms=100, body_timeout_ms=5_000, clock_skew_ms=30)
LATEST_MS = 100 + 5_000 + 30


@pytest.mark.parametrize("age_ms", [-30, 0, 1, LATEST_MS])
def test_within_the_bounds(age_ms: int) -> None:
    check_age(new_transfer_id(BEGAN_MS), BEGAN_MS + age_ms, LIMITS)


@pytest.mark.parametrize("age_ms", [-31, LATEST_MS + 1, 10**9])
def test_beyond_the_bounds(age_ms: int) -> None:
    with pytest.raises(Refused) as refused:
        check_age(new_transfer_id(BEGAN_MS), BEGAN_MS + age_ms, LIMITS)
    assert refused.value.reason is Reason.ENVELOPE_STALE
