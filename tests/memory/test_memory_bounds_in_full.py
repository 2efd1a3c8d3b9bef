"""The promise in its full size; run by `make test-long` (several minutes, 12 GiB of free memory, 6,000 open files)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.memory.bounds import MIB, check_idle, check_parts, check_uploads

pytestmark = [pytest.mark.live, pytest.mark.long]


def test_50_uploads_of_100_mib_at_once(tmp_path: Path) -> None:
    check_uploads(tmp_path / "lab", 50, 100 * MIB)


def test_10_000_parts(tmp_path: Path) -> None:
    check_parts(tmp_path / "lab", 10_000)


def test_5_000_idle_connections_on_one_worker(tmp_path: Path) -> None:
    check_idle(tmp_path / "lab", 5_000)
