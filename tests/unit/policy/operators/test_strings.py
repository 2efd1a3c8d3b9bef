from __future__ import annotations

from itertools import product

import pytest

from policy.operators.strings import BeginsWith, Contains, ContainsWord, EndsWith, Streq, Within
from policy.scan.needle import Needle
from tests.unit.policy.operators.modsecurity import Asked, ask

OPERATORS = {
    "beginsWith": BeginsWith, "contains": Contains, "containsWord": ContainsWord, "endsWith": EndsWith, "streq": Streq,
    "strmatch": Contains, "within": Within,
}  # fmt: skip
ARGUMENTS = (b"ab", b"a", b"a b", b"ab,cd", b"\xe3\x81\x82", b"\x81", b"%{tx.none}", b"AB ")
VALUES = (
    b"", b"ab", b"AB", b"xab", b"abx", b"x ab y", b"ab_", b"1ab2", b"\xe3ab\xe3", b"xab abx ab", b"abab ab", b"a", b"b", b"a b", b"ab,cd",
    b"cd", b",", b"c\x00d", b"a\x00b\x00ab\x00", "あ".encode(), "いあう".encode(), "xあ".encode(), b"\x81", b"AB ",
)  # fmt: skip


def test_every_comparison_is_as_in_modsecurity() -> None:
    rules = list(product(OPERATORS, ARGUMENTS))
    asked = Asked(rules)
    cases = 0
    for value in VALUES:
        theirs = asked.spans(value)
        for number, (name, argument) in enumerate(rules):
            operator = OPERATORS[name](b"" if argument == b"%{tx.none}" else argument)
            found = operator.match(value, characters=False)
            assert (found is not None) == (number in theirs), (name, argument, value)
            if found is not None and theirs[number] and name != "within":
                assert ((found.start, found.end),) == theirs[number], (name, argument, value)
            cases += 1
    assert cases == 7 * 8 * 24


def test_nothing_is_captured() -> None:
    assert ask("contains", b"ab", b"xab") == (True, None)
    found = Contains(b"ab").match(b"xab", characters=False)
    assert found is not None and found.groups == ()


@pytest.mark.parametrize(
    ("operator", "value", "bytewise", "by_characters"),
    [
        (Contains(b"\x81"), "い".encode(), True, False),
        (Contains(b"\xe9"), "é".encode(), False, True),
        (Contains(b"\xe9"), b"\xe9", True, True),
        (BeginsWith(b"\xe3"), "い".encode(), True, False),
        (EndsWith(b"\x84"), "い".encode(), True, False),
        (Streq(b"\xe9"), "é".encode(), False, True),
        (Within(b"caf\xe9"), "é".encode(), False, True),
        (Within("café".encode()), "é".encode(), True, True),
        (ContainsWord(b"or"), "日or本".encode(), True, True),
        (ContainsWord(b"or"), "日xor本".encode(), False, False),
        (ContainsWord("日本".encode()), "日本x".encode(), False, False),
        (ContainsWord("日本".encode()), "在日本".encode(), True, False),
        (ContainsWord("日本".encode()), "、日本。".encode(), True, True),
        (ContainsWord(b"or"), "、or。".encode(), True, True),
        (ContainsWord(b"or"), "éor".encode(), True, True),
        (ContainsWord(b"or"), "日or本 or".encode(), True, True),
        (ContainsWord(b"or"), b"xor", False, False),
    ],
)
def test_in_text_an_argument_means_characters(
    operator: Contains, value: bytes, bytewise: bool, by_characters: bool
) -> None:
    assert (operator.match(value, characters=False) is not None) is bytewise
    assert (operator.match(value, characters=True) is not None) is by_characters


def test_what_a_scanner_looks_for() -> None:
    assert Contains(b"\xe9").needle() == Needle("literal", b"\xe9", text="é".encode())
    assert ContainsWord(b"or").needle() == Needle("literal", b"or", text=b"or")
    assert Contains(b"").needle() is None
