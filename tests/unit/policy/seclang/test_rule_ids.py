from __future__ import annotations

import pytest

from policy.seclang.faults import WordError
from policy.seclang.rule_ids import IdRange, parse_ids


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        (["5"], [(5, 5)]),
        (["5-9"], [(5, 9)]),
        (["5 - 9"], [(5, 9)]),
        (["1 3-4,7"], [(1, 1), (3, 4), (7, 7)]),
        (["1", "3-4"], [(1, 1), (3, 4)]),
        (["5-5"], [(5, 5)]),
    ],
)
def test_numbers_and_ranges(texts: list[str], wanted: list[tuple[int, int]]) -> None:
    assert list(parse_ids(texts)) == wanted


@pytest.mark.parametrize("texts", [[], [""], ["a"], ["5-"], ["-5"], ["9-5"], ["5--9"], ["1" * 19], ["1.5"]])
def test_anything_else_is_refused(texts: list[str]) -> None:
    with pytest.raises(WordError) as raised:
        parse_ids(texts)
    assert raised.value.mend


def test_a_range_holds_its_ends() -> None:
    both = IdRange(5, 9)
    assert [number in both for number in (4, 5, 9, 10)] == [False, True, True, False]
    assert "5" not in both
