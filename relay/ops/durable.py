"""Replacing a file so that a crash leaves the old content or the new, never a part.

`replace` makes these system calls, in this order:

    open(directory, O_DIRECTORY)
    openat(tmp, O_CREAT | O_EXCL | O_NOFOLLOW)   a name that nobody else uses
    write … until all is written
    fsync(tmp)                                   the content is durable, under the wrong name
    renameat(tmp, name)                          the instant of commitment for whoever reads
    fsync(directory)                             ... and for whoever reads after a crash

A failure before `fsync(tmp)` leaves the old file as it was and raises the OSError. A failure of either fsync, or of the
rename, raises Broken: the kernel may have dropped the pages and would say nothing a second time, so nobody may go on.
A temporary file that a crash leaves behind is named `.NAME.RANDOM.tmp`; nothing reads it, and it may be deleted.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from relay.base.errors import Broken

_SUFFIX = ".tmp"


def replace(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Make `data` the whole content of `path`, durably when this returns."""
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        temporary = f".{path.name}.{secrets.token_hex(8)}{_SUFFIX}"
        try:
            _write_new(directory, temporary, data, mode)
            _committing(
                "rename", path, lambda: os.rename(temporary, path.name, src_dir_fd=directory, dst_dir_fd=directory)
            )
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary, dir_fd=directory)
            raise
        _committing("fsync of the directory", path, lambda: os.fsync(directory))
    finally:
        os.close(directory)


def _write_new(directory: int, name: str, data: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(name, flags, mode, dir_fd=directory)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
        _committing("fsync", Path(name), lambda: os.fsync(handle))
    finally:
        os.close(handle)


def _committing(step: str, path: Path, call: Callable[[], None]) -> None:
    try:
        call()
    except OSError as exc:
        raise Broken(f"{step} of {path} failed: {exc.strerror}") from exc
