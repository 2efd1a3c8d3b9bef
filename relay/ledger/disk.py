"""The system calls of the log store, and nothing else: the seam at which tests inject faults.

Each method is one call of the kernel and raises OSError as `os` does. What an error means is decided in
`relay.ledger.store` alone (docs/spec/log.md section 9).
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

FILE_MODE = 0o640  # the owner writes; auditors read by group
DIRECTORY_MODE = 0o750


class Disk:
    """The real disk. A test overrides one method to fail before, in the middle of, or after its work."""

    def create(self, path: str) -> int:
        """A descriptor of a new or emptied file."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE)

    def open_journal(self, path: str) -> int:
        return os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)

    def write(self, descriptor: int, data: bytes | memoryview) -> int:
        return os.write(descriptor, data)

    def pwrite(self, descriptor: int, data: bytes | memoryview, offset: int) -> int:
        return os.pwrite(descriptor, data, offset)

    def fsync(self, descriptor: int) -> None:
        os.fsync(descriptor)

    def fdatasync(self, descriptor: int) -> None:
        os.fdatasync(descriptor)

    def fsync_directory(self, path: str) -> None:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def mkdir(self, path: str) -> None:
        Path(path).mkdir(DIRECTORY_MODE)

    def rename(self, old: str, new: str) -> None:
        Path(old).rename(new)

    def unlink(self, path: str) -> None:
        Path(path).unlink()

    def rmdir(self, path: str) -> None:
        Path(path).rmdir()

    def close(self, descriptor: int) -> None:
        os.close(descriptor)

    def free_bytes(self, descriptor: int) -> int:
        """What is left for us on the file system of an open file."""
        about = os.fstatvfs(descriptor)
        return about.f_bavail * about.f_frsize

    def lock(self, path: str) -> int:
        """A descriptor that holds the lock until it is closed. Raises BlockingIOError when somebody else has it."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor


def write_all(disk: Disk, descriptor: int, data: bytes) -> None:
    """Every byte, however many calls that takes."""
    rest = memoryview(data)
    while rest:
        rest = rest[disk.write(descriptor, rest) :]


def pwrite_all(disk: Disk, descriptor: int, data: bytes, offset: int) -> None:
    written = disk.pwrite(descriptor, data, offset)
    if written == len(data):  # nearly always
        return
    rest = memoryview(data)[written:]
    while rest:
        offset += written
        written = disk.pwrite(descriptor, rest, offset)
        rest = rest[written:]
