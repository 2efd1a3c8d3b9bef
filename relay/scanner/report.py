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

from content.examine import FILE_BYTES_MAX, Examined
from content.faults import Fault
from content.kinds import KINDS
from content.verdicts import Scanned, Verdict
from relay.ipc.messages import FAULTS_MOST, FileScanned

REPORT_BYTES_MAX: Final = 4096  # bytes; all faults together have under 1,200


class Report(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The end of an examination. `unpacked`: bytes in the file's archives."""

    faults: Annotated[tuple[Fault, ...], Meta(max_length=FAULTS_MOST)]
    kind: str
    unpacked: Annotated[int, Meta(ge=0, le=4 * FILE_BYTES_MAX)]


_encoder = msgspec.msgpack.Encoder()
_reports: msgspec.msgpack.Decoder[Report] = msgspec.msgpack.Decoder(Report)


def report_of(examined: Examined) -> bytes:
    return _encoder.encode(Report(examined.faults, examined.kind, examined.unpacked))


def read_report(raw: bytes) -> Report | None:
    """None where it is not exactly a report: no file without faults is of no kind."""
    try:
        report = _reports.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    if report.kind not in KINDS and (report.kind or not report.faults):
        return None
    return report


def judged(call: int, looked: Report | Verdict, scanned: Mapping[str, Scanned]) -> FileScanned:
    """`looked`: the report, or why there is none. A virus is said first; then what is wrong with the file; then who failed."""
    report = looked if isinstance(looked, Report) else None
    said = [each.verdict for each in scanned.values()] or [Verdict.ERROR]
    said.append(own_verdict(looked))
    verdict = next(verdict for verdict in _WORST_FIRST if verdict in said)
    signature = next((each.signature for each in scanned.values() if each.signature), "")
    faults = () if report is None else tuple(fault.value for fault in report.faults)
    return FileScanned(call, verdict.value, faults, signature, "" if report is None else report.kind)


def own_verdict(looked: Report | Verdict) -> Verdict:
    """Of the process that opened the file; a report names what is wrong in words of its own."""
    return Verdict.CLEAN if isinstance(looked, Report) else Verdict(looked)


_WORST_FIRST: Final = (Verdict.INFECTED, Verdict.UNSCANNABLE, Verdict.ERROR, Verdict.TIMEOUT, Verdict.CLEAN)
