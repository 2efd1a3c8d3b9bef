from __future__ import annotations

import pytest

from policy.transformations import utf8
from policy.transformations.table import find
from tests.unit.policy.transformations.cases import STRICT

CASES = STRICT["utf8"]


@pytest.mark.parametrize(("name", "value", "result"), CASES)
def test_strictly_as_modsecurity(name: str, value: bytes, result: bytes) -> None:
    assert find(name).strict(value) == result


def test_strict_cases_are_counted() -> None:
    assert len(CASES) == 19


CHARACTERS = [
    ("aあé".encode(), b"a%u3042%u00e9"),
    ("𠮷\U0010ffff".encode(), b"%ud842%udfb7%udbff%udfff"),
    ("\\あ\\U0001f600".encode(), b"\\%u3042\\U0001f600"),
    (b"\xe3a", b"a"),
]


@pytest.mark.parametrize(("value", "result"), CHARACTERS)
def test_past_the_bmp_there_are_two_halves(value: bytes, result: bytes) -> None:
    assert utf8.utf8_to_unicode_characters(value) == result


def test_character_cases_are_counted() -> None:
    assert len(CHARACTERS) == 4


def test_every_character_is_written_by_its_number() -> None:
    text = "".join(chr(number) for number in range(0x80, 0x11000, 7) if not 0xD800 <= number <= 0xDFFF)
    assert utf8.utf8_to_unicode(text.encode()) == b"".join(b"%%u%04x" % ord(character) for character in text)
    assert utf8.utf8_to_unicode(text.encode() + b"\xff") == utf8.utf8_to_unicode(text.encode()) + b"\xff"
