from __future__ import annotations

from itertools import product

import pytest

from policy.operators.numeric import COMPARISONS, INT32, INT64, Comparison, number32, number64
from tests.unit.policy.operators.modsecurity import Asked

ARGUMENTS = (b"5", b"-5", b"0", b"abc", b"2147483647", b"99999999999999999999", b"-99999999999999999999")
VALUES = (
    b"5", b" 5", b"\t\n\v\f\r5", b"5x", b"05", b"x", b"", b"-5", b"+5", b"--5", b"+-5", b"- 5", b"5.5", b"0x5", b"\xe35", b"5\x00",
    b"2147483647", b"2147483648", b"-2147483648", b"-2147483649", b"4294967301", b"9223372036854775807", b"9223372036854775808",
    b"-9223372036854775809", b"0" * 40 + b"5", b"6", b"4", b"1e3",
)  # fmt: skip


def test_every_comparison_is_as_in_modsecurity() -> None:
    operators = list(product(COMPARISONS, ARGUMENTS))
    asked = Asked(operators)
    cases = 0
    for value in VALUES:
        theirs = asked.spans(value)
        for number, (name, argument) in enumerate(operators):
            found = Comparison(name, argument).match(value, characters=False)
            assert (found is not None) == (number in theirs), (name, argument, value)
            cases += 1
    assert cases == 5 * 7 * 28


def test_a_match_is_the_whole_value() -> None:
    assert Comparison("eq", b"5").match(b" 5x", characters=True) == (0, 3, (), False)


@pytest.mark.parametrize(
    ("text", "small", "large"),
    [
        (str(INT32 - 1).encode(), INT32 - 1, INT32 - 1),
        (str(INT32).encode(), 0, INT32),
        (str(-INT32).encode(), -INT32, -INT32),
        (str(-INT32 - 1).encode(), 0, -INT32 - 1),
        (str(INT64 - 1).encode(), 0, INT64 - 1),
        (str(INT64).encode(), 0, INT64 - 1),
        (str(-INT64 - 1).encode(), 0, -INT64),
        (b"9" * 100_000, 0, INT64 - 1),
    ],
)
def test_numbers_that_do_not_fit(text: bytes, small: int, large: int) -> None:
    assert (number32(text), number64(text)) == (small, large)
