"""A copy of every record as a JSON line, for tools that read files. The log itself is the authority; this is a convenience.

A copy that cannot be written does not stop the log: the fault is counted and the next lines are tried again.
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
            os.write(self._descriptor, text)
        except OSError:
            self.faults += 1
