"""The one verdict that follows from what each has said."""

from __future__ import annotations

from itertools import product

import pytest

from content.faults import Fault
from content.verdicts import Scanned, Verdict
from relay.scanner.report import Report, judged

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


def test_a_fault_is_said_beside_a_clean_verdict() -> None:
    answer = judged(1, Report((Fault.PDF_SCRIPT,), "pdf", 0), {"icap": Scanned(Verdict.CLEAN)})
    assert (answer.verdict, answer.faults) == ("clean", ("pdf_script",))
