"""A moment as text."""

from __future__ import annotations

import pytest

from relay.base.rfc3339 import format_time


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
    assert format_time(unix_ms) == text
