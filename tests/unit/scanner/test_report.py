"""The one verdict that follows from what each has said."""

from __future__ import annotations

from itertools import product

import msgspec
import pytest
from msgspec.structs import replace

from content.disarm import ACTIVE_FAULTS, Treated
from content.disarmed import Removed
from content.examine import FILE_BYTES_MAX, Examined
from content.faults import Fault
from content.verdicts import Scanned, Verdict
from relay.scanner.report import REPORT_BYTES_MAX, Report, judged, read_report, report_of
from relay.tree.record import REMOVED_MAX, TOOL_CHARS

FINE = Report((), "txt", 0)


def test_only_clean_by_all_is_clean() -> None:
    tried = 0
    for looked, clamd, icap in product((FINE, *set(Verdict) - {Verdict.CLEAN}), Verdict, Verdict):
        answer = judged(1, looked, {"clamd": Scanned(clamd), "icap": Scanned(icap)})
        assert (answer.verdict == "clean") == (looked is FINE and clamd is icap is Verdict.CLEAN)
        tried += 1
    assert tried == 125


@pytest.mark.parametrize("name", ["clamd", "icap"])
def test_what_one_finds_is_said_whatever_the_other_says(name: str) -> None:
    for other in Verdict:
        both = {"clamd": Scanned(other), "icap": Scanned(other), name: Scanned(Verdict.INFECTED, "Name")}
        answer = judged(1, FINE, both)
        assert (answer.verdict, answer.signature) == ("infected", "Name")


def test_where_nobody_was_asked_nothing_is_clean() -> None:
    assert judged(1, FINE, {}).verdict == "error"


ANEW = Report((), "pdf", 0, "disarm/1", ("pdf_script", "metadata"))


def test_what_made_a_file_anew_is_said_of_a_clean_one_only() -> None:
    for verdict in Verdict:
        answer = judged(1, ANEW, {"clamd": Scanned(verdict)})
        made = (answer.tool, answer.removed)
        assert made == (("disarm/1", ("pdf_script", "metadata")) if verdict is Verdict.CLEAN else ("", ()))


def test_a_report_is_read_as_it_is_written_and_no_other() -> None:
    every = tuple(sorted((*ACTIVE_FAULTS, *Removed)))
    largest = Treated((), Examined((), "a.docx", "docx", 4 * FILE_BYTES_MAX), b"x", every, "t" * TOOL_CHARS)
    raw = report_of(largest)
    assert len(raw) <= REPORT_BYTES_MAX
    assert read_report(raw) == Report((), "docx", 4 * FILE_BYTES_MAX, "t" * TOOL_CHARS, tuple(map(str, every)))
    assert len(every) <= REMOVED_MAX
    for changes in (
        {"tool": ""},
        {"tool": "t" * (TOOL_CHARS + 1)},
        {"tool": "a\n"},
        {"removed": ("damaged",)},
        {"removed": ("山田",)},
        {"removed": ("metadata",) * (REMOVED_MAX + 1)},
        {"faults": (Fault.DAMAGED,)},
    ):
        assert read_report(msgspec.msgpack.encode(replace(ANEW, **changes))) is None, changes
    assert read_report(msgspec.msgpack.encode(ANEW)) == ANEW


def test_a_fault_is_said_beside_a_clean_verdict() -> None:
    answer = judged(1, Report((Fault.PDF_SCRIPT,), "pdf", 0), {"icap": Scanned(Verdict.CLEAN)})
    assert (answer.verdict, answer.faults) == ("clean", ("pdf_script",))
