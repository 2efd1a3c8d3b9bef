"""What the gate says it remembers is on the disk: where the disk cannot make an id durable, nothing is delivered (P5)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from relay.base.errors import Refused
from relay.base.ids import TransferId
from relay.gate.delivered import Delivered
from tests.log_samples import transfer

ROOT = Path(__file__).resolve().parents[2]


async def test_an_id_that_the_disk_does_not_make_durable_is_not_remembered(tmp_path: Path) -> None:
    """SQLite's `synchronous` below FULL would not ask the disk at each commit, and so would not notice."""
    path = tmp_path / "delivered.sqlite"
    ended = subprocess.run(
        [sys.executable, "-m", "tests.faults.delivered_on_failing_disk", str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        check=False,
    )
    assert ended.stdout.splitlines() == ["kept", "the memory of delivered transfers: disk I/O error"], ended.stderr
    again = Delivered(path)
    with pytest.raises(Refused):
        await again.remember(TransferId(transfer(1)), 1_000)  # what was kept before the fault still is
    again.close()
