"""Memory does not grow with what a citizen sends: the measurements of `bench/memory.py`, in sizes for every day.

The sizes of the promise (50 uploads of 100 MiB, 5,000 connections) take minutes: `test_memory_bounds_in_full.py`, by `make test-long`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.memory.bounds import MIB, check_idle, check_parts, check_uploads

pytestmark = [pytest.mark.live, pytest.mark.slow]


def test_uploads_grow_neither_front_nor_egress(tmp_path: Path) -> None:
    """Twenty times the allowance in size: who kept the body, or its sealed form, could not hide it."""
    check_uploads(tmp_path / "lab", 10, 40 * MIB)


def test_ten_thousand_parts_grow_the_front_by_less_than_20_mib(tmp_path: Path) -> None:
    check_parts(tmp_path / "lab", 10_000)


def test_an_idle_connection_takes_little(tmp_path: Path) -> None:
    check_idle(tmp_path / "lab", 500)
