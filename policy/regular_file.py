"""Files that an operator named, read whole, so that none of them can keep a start or a reload waiting: regular ones, under a bound."""

from __future__ import annotations

import errno
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Final

FILE_BYTES_MAX: Final = (
    32 * 2**20
)  # bytes of one file; the largest of the Core Rule Set has 150 KiB, a list of all networks 10 MiB


def read_regular(path: Path) -> bytes:
    """Raises OSError, also for a pipe or a device, which might never end; ValueError for a name with a NUL in it."""
    mode = path.stat().st_mode
    if not S_ISREG(mode) and not S_ISDIR(mode):  # a directory says so itself when it is opened
        raise OSError(errno.EINVAL, "it is no regular file")
    with path.open("rb") as file:
        content = file.read(FILE_BYTES_MAX + 1)
    if len(content) > FILE_BYTES_MAX:
        raise OSError(errno.EFBIG, f"it has more than {FILE_BYTES_MAX} bytes")
    return content
