"""A procedure with attachments takes and refuses what its golden file says, to the last word."""

from __future__ import annotations

from policy.pipeline import Policy
from policy.verdict import Admitted
from tests import golden_attachments

ADMITTED, REFUSED = 4, 30  # cases, at least


def test_files_are_judged_as_the_golden_file_says() -> None:
    text = golden_attachments.GOLDEN.read_text("utf-8")
    written = golden_attachments.written(golden_attachments.policy())
    assert written == text  # where this is meant: make golden, and read what it changes
    assert text.count(": admitted, ") >= ADMITTED
    assert text.count(": refused, ") >= REFUSED


def test_nothing_of_a_file_is_told() -> None:
    """Neither its name nor what is in it."""
    loaded: Policy = golden_attachments.policy()
    asked = 0
    for case in golden_attachments.cases():
        for outcome in golden_attachments.outcomes(loaded, case).values():
            if isinstance(outcome.verdict, Admitted):
                continue
            asked += 1
            said = str(loaded.told(outcome.verdict, golden_attachments.NOW_MS))  # type: ignore[arg-type]  # all are Denied
            names = [file.filename.rpartition(".")[0] for file in case.files if len(file.filename) > len("a.docx")]
            assert not any(name in said for name in names if name != "診断書"), case.title  # which is the label, too
            assert "sekisho-test" not in said
    assert asked >= REFUSED
