"""Every limit has a unit, a source and bounds that hold its default; the largest envelope follows from the bodies."""

from __future__ import annotations

import dataclasses

import pytest

from relay.base.limits import DEFAULTS, MIB, Limits, as_markdown

ENTRIES = {entry.name: entry for entry in dataclasses.fields(Limits)}


@pytest.mark.parametrize("name", ENTRIES)
def test_a_limit_is_whole(name: str) -> None:
    about = ENTRIES[name].metadata
    assert set(about) == {"unit", "minimum", "maximum", "source"}
    assert about["minimum"] <= getattr(DEFAULTS, name) <= about["maximum"]
    assert about["unit"] and about["source"]


def test_times_and_sizes_say_their_unit() -> None:
    for name, entry in ENTRIES.items():
        unit = entry.metadata["unit"].split()[0].rstrip(",")
        assert name.endswith("_ms") == (unit == "ms"), name
        if name.endswith("_bytes"):
            assert unit == "bytes", name


def test_deadlines_fit_into_each_other() -> None:
    assert DEFAULTS.application_timeout_ms < DEFAULTS.exchange_timeout_ms
    assert DEFAULTS.exchange_timeout_ms + DEFAULTS.clock_skew_ms < DEFAULTS.envelope_lifetime_ms
    assert DEFAULTS.ipc_timeout_ms < DEFAULTS.permit_lifetime_ms
    assert DEFAULTS.drain_timeout_ms < 30_000  # TimeoutStopSec of the units


@pytest.mark.parametrize(
    ("limits", "most"),
    [
        (Limits(body_bytes=0, route_body_bytes=0), 128 * 1024),
        (Limits(body_bytes=100 * MIB, route_body_bytes=0), 3 * 100 * MIB + 100 * MIB // 1000 + 128 * 1024),
        (Limits(body_bytes=0, route_body_bytes=100 * MIB), 3 * 100 * MIB + 100 * MIB // 1000 + 128 * 1024),
    ],
)
def test_the_largest_envelope(limits: Limits, most: int) -> None:
    assert limits.envelope_bytes == most


def test_the_table_has_every_limit() -> None:
    rows = [line.split("`")[1] for line in as_markdown().splitlines() if line.startswith("| `")]
    assert rows == list(ENTRIES)
