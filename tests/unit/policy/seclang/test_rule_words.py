from __future__ import annotations

from policy.seclang.rule_words import OPERATORS, PERSISTENT, TRANSFORMATIONS, VARIABLES
from policy.seclang.word import Shape, Status


def counts(words: object) -> list[int]:
    table = dict(words)  # type: ignore[call-overload]  # a mapping of Words
    return [sum(word.status is status for word in table.values()) for status in Status]


def test_the_tables_are_whole() -> None:
    assert counts(VARIABLES) == [103, 2, 24]
    assert counts(OPERATORS) == [31, 2, 7]
    assert counts(TRANSFORMATIONS) == [38, 0, 0]


def test_what_is_not_supported_says_why() -> None:
    for words in (VARIABLES, OPERATORS, TRANSFORMATIONS):
        assert all(bool(word.note) is (word.status is not Status.SUPPORTED) for word in words.values())


def test_what_persists_is_a_collection() -> None:
    assert all(VARIABLES[name.lower()].shape is Shape.OPTIONAL for name in PERSISTENT)
