from __future__ import annotations

import pytest

from policy.operators.match import OperatorInvalid, character_at, characters_of, is_text, whole


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"", False),
        (b"abc", False),
        ("あ".encode(), True),
        (b"a\xff", False),
        (b"\xed\xa0\x80", False),
        ("a é".encode(), True),
    ],
)
def test_text_is_utf8_beyond_ascii(value: bytes, text: bool) -> None:
    assert is_text(value) is text


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        (b"abc", "abc"),
        ("日本".encode(), "日本"),
        (b"\xe9t\xe9", "été"),
        ("日".encode() + b"\x81", "日\x81"),
        (b"\xe3\x81", "ã\x81"),
        (b"\x80\xff", "\x80ÿ"),
        (b"\xf0\x9f\x98\x80\xff", "😀ÿ"),
        (b"\xed\xa0\x80", "í\xa0\x80"),
    ],
)
def test_a_literal_means_characters(literal: bytes, text: str) -> None:
    assert characters_of(literal) == text.encode()


def test_a_character_is_found_where_it_begins_only() -> None:
    value = "aあ".encode()
    assert [character_at(value, at) for at in range(4)] == [None, "あ".encode(), None, None]
    assert character_at(value[:-1], 1) is None


def test_the_whole_value_is_a_match_without_groups() -> None:
    assert whole(b"abc") == (0, 3, (), False)


def test_an_invalid_operator_tells_what_to_mend() -> None:
    invalid = OperatorInvalid("it is wrong", "mend it")
    assert (str(invalid), invalid.message, invalid.mend) == ("it is wrong; mend it", "it is wrong", "mend it")
