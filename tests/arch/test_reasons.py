"""One table of outcomes: what policy and certs say is in it, and what is in it can happen."""

from __future__ import annotations

from certs.mismatch import Mismatch
from policy.verdict import Code
from relay.base.reasons import ROWS, Reason
from tests.arch.sources import sources

WORDS_ONLY = ("relay/base/reasons.py", "policy/refusal_words.py")  # what they name, they do not give


def test_the_words_of_policy_and_certs_are_reasons() -> None:
    reasons = {reason.value for reason in Reason}
    assert {code.value for code in Code} <= reasons
    assert {mismatch.value for mismatch in Mismatch} <= reasons


def test_every_row_has_words_for_the_citizen() -> None:
    assert len(ROWS) == len(Reason) > 80
    for reason, row in ROWS.items():
        assert row.status == 0 or 200 <= row.status <= 599, reason
        if row.status:
            assert row.ja and row.en and row.ja != row.en, reason


def test_every_reason_is_given_by_somebody() -> None:
    """A row that nothing leads to is a promise without a test."""
    text = "".join(source.text for source in sources() if source.name not in WORDS_ONLY)
    said = {reason for reason in Reason if f"Reason.{reason.name}" in text}
    said |= {Reason(code.value) for code in Code if f"Code.{code.name}" in text}
    said |= {Reason(mismatch.value) for mismatch in Mismatch if f"Mismatch.{mismatch.name}" in text}
    never = {reason.name for reason in Reason} - {reason.name for reason in said}
    assert never == set()
