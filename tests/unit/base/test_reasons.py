"""The outcome table is whole, bilingual, and says nothing about the inside."""

from __future__ import annotations

import re

import pytest

from relay.base.reasons import ROWS, Reason, Stage, row

INSIDE = re.compile(r"ledger|egress|gate\b|LGWAN|front|permit|envelope|clamd|台帳|関門", re.IGNORECASE)


@pytest.mark.parametrize("reason", list(Reason))
def test_a_row_is_answerable(reason: Reason) -> None:
    entry = row(reason)
    assert isinstance(entry.stage, Stage)
    if entry.status == 0:
        assert entry.ja == entry.en == ""
        return
    assert 200 <= entry.status <= 599
    assert re.search(r"[ぁ-んァ-ヶ一-龠]", entry.ja), "no Japanese"
    assert entry.en.isascii(), "the English sentence holds other letters"
    assert not INSIDE.search(entry.ja + entry.en), "tells about the inside"


def test_every_reason_has_its_row() -> None:
    assert ROWS.keys() == set(Reason)
