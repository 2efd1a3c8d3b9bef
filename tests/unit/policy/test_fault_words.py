"""Every word of a finding's detail is explained, in both languages."""

from __future__ import annotations

from policy.fault_words import WORDS, words_of
from policy.faults import Fault, FileFault
from policy.file_words import FILE_WORDS


def test_every_fault_has_words() -> None:
    assert set(WORDS) == set(Fault)
    assert len({said.ja for said in WORDS.values()}) == len(WORDS)
    assert len({said.en for said in WORDS.values()}) == len(WORDS)
    for said in WORDS.values():
        assert said.en.isascii() and not said.ja.isascii()


def test_by_the_detail_of_a_record() -> None:
    assert words_of("undeclared") == WORDS[Fault.UNDECLARED]
    assert words_of("infected") == FILE_WORDS[FileFault.INFECTED]
    assert words_of("37") is None  # how many findings were left out
    assert words_of("") is None
