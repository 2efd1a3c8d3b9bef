"""Check digits against every other digit, bounds at n and n+1."""

from __future__ import annotations

import pytest

from policy.faults import Fault
from policy.fields.numbers import MAX_DIGITS, corporate_check_digit, personal_check_digit
from tests.unit.policy.test_classes import field, verdict

PERSONAL = ("123456789018", "000000000060", "999999999996")
CORPORATE = ("7000012050002", "8000012010038", "9000000000000")


@pytest.mark.parametrize("number", PERSONAL)
def test_one_check_digit_of_ten_is_right_for_a_personal_number(number: str) -> None:
    taken = [
        digit
        for digit in "0123456789"
        if verdict(field("personal_number"), number[:-1] + digit) is not Fault.CHECK_DIGIT
    ]
    assert taken == [number[-1]]


def test_check_digits_by_hand() -> None:
    # 1x6 + 2x5 + 3x4 + 4x3 + 5x2 + 6x7 + 7x6 + 8x5 + 9x4 + 0x3 + 1x2 = 212 = 19x11 + 3; 11 - 3
    assert personal_check_digit("12345678901") == 8
    # from the right 2x1 (n = 1), 5x1 (5), 2x1 (7), 1x2 (8): 11 = 9 + 2; 9 - 2: the number of the 国税庁 itself
    assert corporate_check_digit("000012050002") == 7


@pytest.mark.parametrize("number", CORPORATE)
def test_one_check_digit_of_nine_is_right_for_a_corporate_number(number: str) -> None:
    taken = [
        digit
        for digit in "123456789"
        if verdict(field("corporate_number"), digit + number[1:]) is not Fault.CHECK_DIGIT
    ]
    assert taken == [number[0]]


def test_a_remainder_of_nought_or_one_is_the_check_digit_0() -> None:
    # 1x3 + 4x2 = 11, and 6x2 = 12
    assert [verdict(field("personal_number"), value) for value in ("000000000140", "000000000060")] == [
        "000000000140",
        "000000000060",
    ]


@pytest.mark.parametrize("name", ["number", "amount"])
def test_bound_of_digits(name: str) -> None:
    assert verdict(field(name), "9" * MAX_DIGITS) == "9" * MAX_DIGITS
    assert verdict(field(name), "9" * (MAX_DIGITS + 1)) in (Fault.NOT_NUMBER, Fault.TOO_LONG)


@pytest.mark.parametrize(
    ("value", "outcome"),
    [("1,000", "1000"), ("999円", Fault.TOO_SMALL), ("100,000", "100000"), ("100,001", Fault.TOO_LARGE)],
)
def test_bounds_of_amounts(value: str, outcome: object) -> None:
    assert verdict(field("amount", minimum=1000, maximum=100_000), value) == outcome
