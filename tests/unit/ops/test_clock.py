"""Clocks: what records and deadlines read."""

from __future__ import annotations

import time

from relay.ops import clock


def test_the_clocks_agree_with_the_system() -> None:
    before, after = time.time_ns() // 1_000_000, clock.now_ms()
    assert before <= after <= clock.now_utc().timestamp() * 1000 + 1
    assert clock.boottime_ns() <= clock.boottime_ns()
