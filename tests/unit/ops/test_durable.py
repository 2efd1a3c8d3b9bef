"""Replacing a file: the new content or the old, never a part; and which failure is which."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from relay.base.errors import Broken
from relay.ops import durable


def test_a_new_file_has_its_content_and_mode(tmp_path: Path) -> None:
    durable.replace(tmp_path / "file", b"new", 0o640)
    assert (tmp_path / "file").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["file"]


def test_an_old_file_is_replaced_and_not_written_into(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with path.open("rb") as still_open:
        durable.replace(path, b"new")
        assert still_open.read() == b"old"
    assert path.read_bytes() == b"new"


def test_short_writes_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: real(handle, bytes(data[:3])))
    durable.replace(tmp_path / "file", b"0123456789")
    assert (tmp_path / "file").read_bytes() == b"0123456789"


def test_the_calls_come_in_the_documented_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def noted(name: str) -> Any:
        real = getattr(os, name)

        def call(*arguments: Any, **named: Any) -> Any:
            calls.append(name)
            return real(*arguments, **named)

        return call

    for name in ("open", "write", "fsync", "rename", "close"):
        monkeypatch.setattr(os, name, noted(name))
    durable.replace(tmp_path / "file", b"new")
    assert calls == ["open", "open", "write", "fsync", "close", "rename", "fsync", "close"]


# (call that fails, which time, error raised, content afterwards)
FAILURES = [
    ("open", 2, OSError, b"old"),
    ("write", 1, OSError, b"old"),
    ("fsync", 1, Broken, b"old"),
    ("rename", 1, Broken, b"old"),
    ("fsync", 2, Broken, b"new"),  # renamed, and perhaps not durable
]


@pytest.mark.parametrize(("name", "time", "raised", "content"), FAILURES)
def test_a_failure_at_any_step_leaves_a_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, time: int, raised: type[Exception], content: bytes
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    real = getattr(os, name)
    count = 0

    def failing(*arguments: Any, **named: Any) -> Any:
        nonlocal count
        count += 1
        if count == time:
            raise OSError(errno.EIO, "simulated")
        return real(*arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(os, name, failing)
        with pytest.raises(raised):
            durable.replace(path, b"new")
    assert count == time
    assert path.read_bytes() == content
    assert os.listdir(tmp_path) == ["file"]
