"""Every fault is said to the citizen, in both languages, and no two alike."""

from __future__ import annotations

from content.fault_words import WORDS
from content.faults import Fault


def test_every_fault_has_words() -> None:
    assert set(WORDS) == set(Fault)
    assert len({said.ja for said in WORDS.values()}) == len(WORDS)
    assert len({said.en for said in WORDS.values()}) == len(WORDS)
    for said in WORDS.values():
        assert said.en.isascii() and said.en.endswith(".")
        assert not said.ja.isascii() and said.ja.endswith("。")
