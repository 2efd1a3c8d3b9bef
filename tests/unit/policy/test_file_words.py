"""Every fault of a file is said to the citizen, in both languages, no two alike, and with the bounds that its attachment has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from content.faults import Fault as ContentFault
from content.verdicts import Verdict
from policy.attachments import Attachment
from policy.faults import Fault, FileFault
from policy.file_words import FILE_WORDS, file_sentence, kind_words, size_words

SCAN = Attachment("scan", "診断書", "Certificate", ("pdf", "jpeg"), max_bytes=5_000_000, required=True, repeat=2)


def test_every_fault_has_words() -> None:
    assert set(FILE_WORDS) == set(FileFault)
    assert len({said.ja for said in FILE_WORDS.values()}) == len(FILE_WORDS)
    assert len({said.en for said in FILE_WORDS.values()}) == len(FILE_WORDS)
    for said in FILE_WORDS.values():
        assert said.en.isascii() and said.en.endswith(".")
        assert not said.ja.isascii() and said.ja.endswith("。")


def test_the_words_are_those_of_the_scanner() -> None:
    of_the_scanner = {fault.value for fault in ContentFault} | {Verdict.INFECTED.value, Verdict.UNSCANNABLE.value}
    assert {fault.value for fault in FileFault} == of_the_scanner | {"missing_file", "not_examined"}
    assert {fault.value for fault in FileFault}.isdisjoint({fault.value for fault in Fault})


def test_what_would_do_is_said_with_what_would_not() -> None:
    too_large = file_sentence("file_too_large", SCAN)
    assert too_large is not None
    assert too_large.ja.endswith("一つのファイルは5 MB（5,000,000 バイト）までです。")
    assert too_large.en.endswith("One file may have at most 5 MB (5,000,000 bytes).")
    for fault in ("missing_file", "kind_not_taken", "extension_unknown", "heic", "type_disagrees", "content_disagrees"):
        said = file_sentence(fault, replace(SCAN, kinds=("docx",)))
        assert said is not None
        assert said.ja.endswith("受け取れる種類: DOCX。") and said.en.endswith("Kinds taken: DOCX.")
    assert file_sentence("infected", SCAN) == FILE_WORDS[FileFault.INFECTED]
    assert file_sentence("a word of nobody's", SCAN) is None


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (1, "1 bytes"),
        (999, "999 bytes"),
        (1_000, "1 KB (1,000 bytes)"),
        (1_999, "1.9 KB (1,999 bytes)"),
        (999_999, "999.9 KB (999,999 bytes)"),
        (1_000_000, "1 MB (1,000,000 bytes)"),
        (2**20 * 100, "104.8 MB (104,857,600 bytes)"),
    ],
)
def test_a_size_is_never_said_to_be_more_than_it_is(size: int, said: str) -> None:
    assert size_words(size).en == said


def test_kinds_are_said_as_people_know_them() -> None:
    assert kind_words(("pdf", "docx")) == "PDF, DOCX"
