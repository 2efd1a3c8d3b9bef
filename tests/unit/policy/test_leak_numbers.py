"""policy/leak_numbers.py: what is a personal number or a card number in a text, and what only looks like one."""

from __future__ import annotations

import pytest

from policy.fields.numbers import personal_check_digit
from policy.leak_numbers import (
    CANDIDATES_MOST,
    MASK_CHARS_LEAST,
    MASK_CHARS_MOST,
    compile_mask,
    count_numbers,
)

MADE_UP = "87654321098"  # of nobody
NUMBER = f"{MADE_UP}{personal_check_digit(MADE_UP)}"
FOURS = (NUMBER[:4], NUMBER[4:8], NUMBER[8:])
FULL = NUMBER.translate({ord(digit): ord(digit) - ord("0") + ord("０") for digit in "0123456789"})
WRONG = NUMBER[:-1] + str((int(NUMBER[-1]) + 1) % 10)
BOXES = "\n".join(NUMBER)

PERSONAL = (
    NUMBER, FULL, " ".join(FOURS), "-".join(FOURS), "　".join(FOURS), "－".join(FOURS), f"{NUMBER[:6]} {NUMBER[6:]}",
    " ".join(NUMBER[place : place + 3] for place in (0, 3, 6, 9)), f"a,{NUMBER},b", f"[{NUMBER}]", f"個人番号{NUMBER}", f"個人番号 {BOXES}",
    f"個人番号 id-{NUMBER}", f"3 {' '.join(FOURS)} 5", f"マイナンバー：{FULL}。", f"1,{NUMBER},3",
)  # fmt: skip
NONE = (
    WRONG, NUMBER[:-1], NUMBER + "1", "1" + NUMBER, "000000000000", f"受付番号 {NUMBER}", f"id{NUMBER}", f"{NUMBER}円", f"￥{NUMBER}",
    f"+{NUMBER}", f"0.{NUMBER}", f"{NUMBER}.5", f"/files/{NUMBER}", f"550e8400-e29b-41d4-a716-{NUMBER}", BOXES, "-".join((*FOURS, "1234")),
    "-".join(("1234", *FOURS)), f"{FOURS[0]} {FOURS[1]}-{FOURS[2]}", f"カード番号 {NUMBER}",
)  # fmt: skip
CARDS = (  # the schemes' own numbers for tests
    "4111111111111111", "5555555555554444", "2223003122003222", "3530111333300000", "378282246310005", "30569309025904", "6011111111111117",
    "6200000000000005", "4111 1111 1111 1111", "4111-1111-1111-1111", "3782 822463 10005", "3056 930902 5904",
    "カード番号 ４１１１１１１１１１１１１１１１",
)  # fmt: skip
NO_CARDS = (
    "4111111111111112", "4222222222222", "9111111111111111", "注文番号 4111111111111111", "4111 1111 1111 1111 1111", "2221000000000000",
    "3589999999999999999", "x4111111111111111",
)  # fmt: skip


@pytest.mark.parametrize("text", PERSONAL)
def test_a_personal_number(text: str) -> None:
    assert count_numbers(text) == {"personal_number": 1}


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_personal_number(text: str) -> None:
    assert count_numbers(text) == {}


@pytest.mark.parametrize("text", CARDS)
def test_a_card_number(text: str) -> None:
    assert count_numbers(text) == {"card_number": 1}


@pytest.mark.parametrize("text", NO_CARDS)
def test_what_is_no_card_number(text: str) -> None:
    assert count_numbers(text) == {}


def test_a_time_is_none_unless_a_word_says_so() -> None:
    time = next(
        text for minute in range(60) if (text := f"2026112309{minute:02}")[-1] == str(personal_check_digit(text[:-1]))
    )
    assert count_numbers(f"x {time}") == {}
    assert count_numbers(f"個人番号 {time}") == {"personal_number": 1}


def test_a_declared_receipt_number_is_none_unless_a_word_says_so() -> None:
    mask = compile_mask(NUMBER[:2] + "#" * 10)
    assert mask is not None
    assert count_numbers(f"お手元の {NUMBER}", [mask]) == {}
    assert count_numbers(f"個人番号 {NUMBER}", [mask]) == {"personal_number": 1}
    assert count_numbers("お手元の 4111111111111111", [mask]) == {"card_number": 1}


@pytest.mark.parametrize(
    ("mask", "is_one"),
    [
        ("26##-########", True), ("R8######", True), ("############", False), ("####-####-####", False), ("2###########", False),
        ("260001122334", False), ("26" + "#" * (MASK_CHARS_LEAST - 2), True), ("26" + "#" * (MASK_CHARS_LEAST - 3), False),
        ("26" + "#" * (MASK_CHARS_MOST - 2), True), ("26" + "#" * (MASK_CHARS_MOST - 1), False),
    ],
)  # fmt: skip
def test_a_mask_fixes_something_and_leaves_something(mask: str, is_one: bool) -> None:
    assert (compile_mask(mask) is not None) is is_one


@pytest.mark.parametrize("over", [0, 1])
def test_words_are_read_for_so_many_candidates(over: int) -> None:
    text = f"受付番号 {NUMBER}\n" * (CANDIDATES_MOST + over)
    assert count_numbers(text) == ({"personal_number": over} if over else {})


def test_each_is_counted() -> None:
    assert count_numbers(f"{NUMBER} と {FULL}、4111111111111111") == {"personal_number": 2, "card_number": 1}
