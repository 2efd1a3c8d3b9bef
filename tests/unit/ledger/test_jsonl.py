"""The copy for tools: whole lines, in the order of the log, and never at the cost of the log."""

from __future__ import annotations

import json
import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from relay.ledger.jsonl import JsonLines
from tests.log_samples import encoded, history


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[JsonLines]:
    copy = JsonLines(tmp_path / "transfers.jsonl")
    yield copy
    copy.close()


def test_a_line_is_the_record_with_its_index(copy: JsonLines, tmp_path: Path) -> None:
    copy.append(0, encoded(3))
    copy.append(3, encoded(1))
    lines = [json.loads(line) for line in (tmp_path / "transfers.jsonl").read_text().splitlines()]
    assert [line["index"] for line in lines] == [0, 1, 2, 3]
    assert [line["kind"] for line in lines] == ["intent", "outcome", "refusal", "intent"]
    assert all(list(line)[:2] == ["index", "kind"] for line in lines)
    assert lines[0]["transfer"] == history(1)[0].transfer  # type: ignore[union-attr]  # an intent


def test_it_goes_on_where_it_ended(tmp_path: Path) -> None:
    for first in (0, 1):
        copy = JsonLines(tmp_path / "transfers.jsonl")
        copy.append(first, encoded(1))
        copy.close()
    assert (tmp_path / "transfers.jsonl").read_text().count("\n") == 2
    assert (tmp_path / "transfers.jsonl").stat().st_mode & 0o777 == 0o640 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_disk_that_takes_half_a_line_gets_none(copy: JsonLines, tmp_path: Path) -> None:
    """RLIMIT_FSIZE lets a write pass in part, as a full disk does."""
    (line,) = encoded(1)
    copy.append(0, [line])
    whole = (tmp_path / "transfers.jsonl").read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 10, hard))
        copy.append(1, [line, line])
        assert (copy.faults, (tmp_path / "transfers.jsonl").read_bytes()) == (1, whole)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole), hard))
        copy.append(1, [line])  # no byte at all: EFBIG
        assert (copy.faults, (tmp_path / "transfers.jsonl").read_bytes()) == (2, whole)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    copy.append(3, [line])
    assert [json.loads(text)["index"] for text in (tmp_path / "transfers.jsonl").read_text().splitlines()] == [0, 3]
