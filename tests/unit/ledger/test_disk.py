"""The few system calls of the store."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from relay.ledger.disk import DIRECTORY_MODE, FILE_MODE, Disk, pwrite_all, write_all


class ShortDisk(Disk):
    def __init__(self) -> None:
        self.calls = 0

    def write(self, descriptor: int, data: bytes | memoryview) -> int:
        self.calls += 1
        return super().write(descriptor, data[:3])

    def pwrite(self, descriptor: int, data: bytes | memoryview, offset: int) -> int:
        self.calls += 1
        return super().pwrite(descriptor, data[:3], offset)


def test_whatever_the_kernel_takes_at_once_all_is_written(tmp_path: Path) -> None:
    for disk, calls in ((Disk(), None), (ShortDisk(), 4)):
        path = tmp_path / "file"
        descriptor = disk.create(str(path))
        write_all(disk, descriptor, b"0123456789")
        assert path.read_bytes() == b"0123456789"
        assert getattr(disk, "calls", None) == calls
        disk.close(descriptor)
        descriptor = disk.open_journal(str(path))
        pwrite_all(disk, descriptor, b"abcdefgh", 1)
        assert path.read_bytes() == b"0abcdefgh9"
        disk.close(descriptor)


def test_no_link_is_followed(tmp_path: Path) -> None:
    disk = Disk()
    (tmp_path / "aim").write_bytes(b"precious")
    (tmp_path / "link").symlink_to("aim")
    for call in (disk.create, disk.open_journal, disk.lock):
        with pytest.raises(OSError, match="symbolic links"):
            call(str(tmp_path / "link"))
    assert (tmp_path / "aim").read_bytes() == b"precious"


def test_modes(tmp_path: Path) -> None:
    disk = Disk()
    before = os.umask(0)
    try:
        disk.close(disk.create(str(tmp_path / "file")))
        disk.mkdir(str(tmp_path / "directory"))
        disk.close(disk.lock(str(tmp_path / "lock")))
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == FILE_MODE
    assert (tmp_path / "lock").stat().st_mode & 0o777 == FILE_MODE
    assert (tmp_path / "directory").stat().st_mode & 0o777 == DIRECTORY_MODE


def test_the_lock_ends_with_its_descriptor(tmp_path: Path) -> None:
    disk = Disk()
    path = str(tmp_path / "lock")
    held = disk.lock(path)
    with pytest.raises(BlockingIOError):
        disk.lock(path)
    disk.close(held)
    disk.close(disk.lock(path))


def test_durable_calls_work_here(tmp_path: Path) -> None:
    disk = Disk()
    descriptor = disk.create(str(tmp_path / "file"))
    disk.fsync(descriptor)
    disk.fdatasync(descriptor)
    disk.fsync_directory(str(tmp_path))
    assert disk.free_bytes(descriptor) > 0
    disk.close(descriptor)
    disk.rename(str(tmp_path / "file"), str(tmp_path / "other"))
    disk.unlink(str(tmp_path / "other"))
    disk.mkdir(str(tmp_path / "directory"))
    disk.rmdir(str(tmp_path / "directory"))
    assert list(tmp_path.iterdir()) == []
