"""Whatever an answer is: the check gives kinds and counts and nothing else; and a personal number with its word in front is found in
every way of writing it.
"""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from policy.fields.numbers import personal_check_digit
from policy.leak_kinds import KINDS
from policy.leaks import LeakCheck

DETAIL = re.compile(rf"(?:{'|'.join(KINDS)})\.[1-9][0-9]{{0,2}}")
TYPES = [
    "text/html",
    "text/plain",
    "application/json",
    "text/html; charset=shift_jis",
    "",
    "image/png",
    'text/csv; charset="x',
]
ELEVEN = st.text("0123456789", min_size=11, max_size=11).filter(lambda digits: len(set(digits)) > 1)


def _find(body: bytes, kind: str, status: int = 200) -> list[str]:
    return [finding.detail for finding in LeakCheck().find(status, ((b"content-type", kind.encode()),), body)]


@given(st.binary(max_size=400), st.sampled_from(TYPES), st.sampled_from([200, 206, 500]))
def test_nothing_but_kinds_and_counts_comes_out(body: bytes, kind: str, status: int) -> None:
    details = _find(body, kind, status)
    assert all(DETAIL.fullmatch(detail) for detail in details)
    assert len(details) == len({detail.partition(".")[0] for detail in details})


@given(
    ELEVEN,
    st.sampled_from(["", " ", "-", "　", "－", "‐"]),
    st.booleans(),
    st.sampled_from(["個人番号", "マイナンバー：", "my_number="]),
    st.text("あいう、。 \n", max_size=30),
)
def test_a_personal_number_beside_its_word_is_found(
    eleven: str, between: str, is_wide: bool, word: str, around: str
) -> None:
    number = eleven + str(personal_check_digit(eleven))
    written = between.join([number[:4], number[4:8], number[8:]])
    if is_wide:
        written = written.translate({digit: digit - ord("0") + ord("０") for digit in range(ord("0"), ord("9") + 1)})
    page = f"{around}<th>{word}</th><td>{written}</td>{around}"
    assert _find(page.encode(), "text/html; charset=utf-8") == ["personal_number.1"]


@given(ELEVEN)
def test_a_number_whose_check_digit_is_wrong_is_none(eleven: str) -> None:
    wrong = (personal_check_digit(eleven) + 1) % 10
    assert _find(f"個人番号 {eleven}{wrong}".encode(), "text/plain") == []
