from __future__ import annotations

from policy.seclang.action_words import ACTIONS, CTLS, PHASE_NAMES, SEVERITIES
from policy.seclang.word import Status


def test_the_tables_are_whole() -> None:
    for words, wanted in ((ACTIONS, [35, 11, 6]), (CTLS, [14, 4, 5])):
        assert [sum(word.status is status for word in words.values()) for status in Status] == wanted


def test_what_is_not_supported_says_why() -> None:
    for words in (ACTIONS, CTLS):
        assert all(bool(word.note) is (word.status is not Status.SUPPORTED) for word in words.values())


def test_names_for_numbers() -> None:
    assert PHASE_NAMES == {"request": 2, "response": 4, "logging": 5}
    assert (SEVERITIES[0], SEVERITIES[2], SEVERITIES[7]) == ("emergency", "critical", "debug")
