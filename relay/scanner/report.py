"""What is known of one file, from the process that looked at its structure and from who was asked, and the one verdict that follows.

Rules:
1. A file passes when all say that it is clean and nothing is wrong with it. Whatever is missing or not understood is no pass, and
   nobody asked is nobody who says so.
2. The process that opens the file is not believed: its report is read strictly, can hold nothing of the file, and cannot speak
   for clamd or the ICAP service.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from content.disarm import ACTIVE_FAULTS, Treated
from content.disarmed import Removed
from content.examine import FILE_BYTES_MAX
from content.faults import Fault
from content.kinds import KINDS
from content.verdicts import Scanned, Verdict
from relay.ipc.messages import FAULTS_MOST, FileScanned
from relay.tree.record import REMOVED_MAX, Tool

REPORT_BYTES_MAX: Final = 4096  # bytes; all words together have under 1,500


class Report(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The end of an examination. `unpacked`: bytes in the file's archives. `tool`: what made the file anew, `removed`: what is not in
    the new one."""

    faults: Annotated[tuple[Fault, ...], Meta(max_length=FAULTS_MOST)]
    kind: str
    unpacked: Annotated[int, Meta(ge=0, le=4 * FILE_BYTES_MAX)]
    tool: Tool = ""
    removed: Annotated[tuple[str, ...], Meta(max_length=REMOVED_MAX)] = ()  # words of Fault and Removed


_REMOVED: Final = frozenset((*ACTIVE_FAULTS, *Removed))
_encoder = msgspec.msgpack.Encoder()
_reports: msgspec.msgpack.Decoder[Report] = msgspec.msgpack.Decoder(Report)


def report_of(treated: Treated) -> bytes:
    examined = treated.examined
    return _encoder.encode(Report(treated.faults, examined.kind, examined.unpacked, treated.tool, treated.removed))


def read_report(raw: bytes) -> Report | None:
    """None where it is not exactly a report: no file without faults is of no kind, and none with faults was made anew."""
    try:
        report = _reports.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    if report.kind not in KINDS and (report.kind or not report.faults):
        return None
    if (
        (report.faults and report.tool)
        or (report.removed and not report.tool)
        or not _REMOVED.issuperset(report.removed)
    ):
        return None
    return report


def judged(call: int, looked: Report | Verdict, scanned: Mapping[str, Scanned]) -> FileScanned:
    """`looked`: the report, or why there is none. A virus is said first; then what is wrong with the file; then who failed."""
    report = looked if isinstance(looked, Report) else None
    said = [each.verdict for each in scanned.values()] or [Verdict.ERROR]
    said.append(own_verdict(looked))
    verdict = next(verdict for verdict in _WORST_FIRST if verdict in said)
    signature = next((each.signature for each in scanned.values() if each.signature), "")
    if report is None:
        return FileScanned(call, verdict.value, (), signature, "")
    faults = tuple(fault.value for fault in report.faults)
    tool, removed = (report.tool, report.removed) if verdict is Verdict.CLEAN else ("", ())
    return FileScanned(call, verdict.value, faults, signature, report.kind, tool, removed)


def own_verdict(looked: Report | Verdict) -> Verdict:
    """Of the process that opened the file; a report names what is wrong in words of its own."""
    return Verdict.CLEAN if isinstance(looked, Report) else Verdict(looked)


_WORST_FIRST: Final = (Verdict.INFECTED, Verdict.UNSCANNABLE, Verdict.ERROR, Verdict.TIMEOUT, Verdict.CLEAN)
