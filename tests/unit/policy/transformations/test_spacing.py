from __future__ import annotations

import pytest

from policy.transformations import spacing
from policy.transformations.table import find
from tests.unit.policy.transformations.cases import STRICT

CASES = STRICT["spacing"]


@pytest.mark.parametrize(("name", "value", "result"), CASES)
def test_strictly_as_modsecurity(name: str, value: bytes, result: bytes) -> None:
    assert find(name).strict(value) == result


def test_strict_cases_are_counted() -> None:
    assert len(CASES) == 24


CHARACTERS = [
    ("場所　テスト".encode(), "場所　テスト".encode()),
    ("a\u00a0場 b".encode(), "a場b".encode()),
    ("場\t所".encode(), "場所".encode()),
    (b"a \xa0\xe5", b"a\xe5"),
]


@pytest.mark.parametrize(("value", "result"), CHARACTERS)
def test_no_break_space_is_a_character_where_a_value_is_utf8(value: bytes, result: bytes) -> None:
    assert spacing.remove_whitespace_characters(value) == result


def test_character_cases_are_counted() -> None:
    assert len(CHARACTERS) == 4


def test_white_space_is_what_c_says() -> None:
    every = bytes(range(256))
    assert {byte for byte in every if not spacing.trim(bytes([byte]))} == set(b" \t\n\r\x0b\x0c")
    assert spacing.compress_whitespace(b"\t\n\x0b\x0c\r ") == b" "
    assert len(spacing.compress_whitespace(every)) == 256 - 4


def test_a_long_run_of_spaces_becomes_one() -> None:
    for length in (2, 3, 255, 256, 257, 65537):
        assert spacing.compress_whitespace(b"a" + b" " * length + b"b") == b"a b"
