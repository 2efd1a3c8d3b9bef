"""Clocks: the forms that records and deadlines use."""

from __future__ import annotations

import time

import pytest

from relay.ops import clock


@pytest.mark.parametrize(
    ("unix_ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (999, "1970-01-01T00:00:00.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (1_795_406_706_007, "2026-11-23T04:05:06.007Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_rfc3339_has_three_decimals_and_z(unix_ms: int, text: str) -> None:
    assert clock.rfc3339_ms(unix_ms) == text


def test_the_clocks_agree_with_the_system() -> None:
    before, after = time.time_ns() // 1_000_000, clock.now_ms()
    assert before <= after <= clock.now_utc().timestamp() * 1000 + 1
    assert clock.boottime_ns() <= clock.boottime_ns()
