"""What the scanner counts."""

from __future__ import annotations

import os
from collections.abc import Mapping

from content.verdicts import Scanned, Verdict
from relay.base.reasons import Reason, row
from relay.ipc.messages import FileScanned
from relay.ops.metrics import NONE, QUEUE_DEPTH, REFUSALS, SCAN_VERDICTS, Registry
from relay.scanner.report import Report, own_verdict


class Measure:
    """Made before the walls go up: afterwards `/proc` is out of reach."""

    def __init__(self, registry: Registry) -> None:
        self._refusals = registry.scalar(REFUSALS)
        self._verdicts = registry.scalar(SCAN_VERDICTS)
        self.files = registry.scalar(QUEUE_DEPTH).at("transfers")
        self._statm = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
        self._page_bytes = os.sysconf("SC_PAGESIZE")

    def address_space(self) -> int:
        """Bytes that this process takes of its address space now; a child begins with as many."""
        return int(os.pread(self._statm, 128, 0).split()[0]) * self._page_bytes

    def said(self, looked: Report | Verdict, scanned: Mapping[str, Scanned]) -> None:
        """Which of those that looked at a file said what; a file with faults of its own counts as unscannable there."""
        own = Verdict.UNSCANNABLE if isinstance(looked, Report) and looked.faults else own_verdict(looked)
        self._verdicts.at("structure", own.value).inc()
        for name, each in scanned.items():
            self._verdicts.at(name, each.verdict.value).inc()

    def scanned(self, answer: FileScanned) -> None:
        """What the front will make of it."""
        if answer.faults or answer.verdict in ("infected", "unscannable"):
            self._refused(Reason.FILE_INVALID)
        elif answer.verdict != "clean":
            self._refused(Reason.SCAN_TIMEOUT if answer.verdict == "timeout" else Reason.SCAN_FAILED)

    def violation(self) -> None:
        """A front broke the protocol."""
        self._refused(Reason.IPC_VIOLATION)

    def _refused(self, reason: Reason) -> None:
        self._refusals.at(row(reason).stage.value, reason.value, NONE).inc()
