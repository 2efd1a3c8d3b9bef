"""A copy of every record as a JSON line, for tools that read files. The log itself is the authority; this is a convenience.

A copy that cannot be written does not stop the log: the fault is counted, told, and the next lines are tried again.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


class JsonLines:
    """Appends whole lines with one write, so that a reader sees a line at once or not at all."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        self.faults = 0

    def append(self, first: int, lines: Sequence[bytes]) -> None:
        """`lines`: records as JSON objects; each goes out with its `index`, counted from `first`."""
        text = b"".join(b'{"index":%d,%s\n' % (first + offset, line[1:]) for offset, line in enumerate(lines))
        try:
            written = os.write(self._descriptor, text)
            if written < len(text):  # a full disk: half a line would spoil the next one, too
                self.faults += 1
                os.ftruncate(self._descriptor, os.fstat(self._descriptor).st_size - written)
        except OSError:
            self.faults += 1

    def close(self) -> None:
        os.close(self._descriptor)
