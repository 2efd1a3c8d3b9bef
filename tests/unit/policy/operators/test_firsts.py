from __future__ import annotations

import pytest

from policy.operators.firsts import first_bytes
from policy.operators.pattern import take_apart
from policy.operators.pcre import Expression, Found
from policy.operators.rewrite import tokens_of
from tests.unit.policy.operators.samples import Sampler, crs_arguments

HIGH = (1 << 128) - 1


def ascii_firsts(pattern: bytes) -> str | None:
    found = first_bytes(take_apart(pattern))
    return None if found is None else "".join(chr(byte) for byte in range(128) if found >> byte & 1)


@pytest.mark.parametrize(
    ("pattern", "firsts"),
    [
        (rb"abc", "Aa"),
        (rb"1|2", "12"),
        (rb"1?2", "12"),
        (rb"1*?2", "12"),
        (rb"1{0,3}2", "12"),
        (rb"1{2}2", "1"),
        (rb"(?:1|2(3))4", "12"),
        (rb"(?:1|)2", "12"),
        (rb"\b1", "1"),
        (rb"^(?i)1$", "1"),
        (rb"(?=1)2", "2"),
        (rb"(?<=1)2", "2"),
        (rb"(?!1)[1-3]", "123"),
        (rb"[^\x00-\x7e]", "\x7f"),
        (rb"[\d-]", "-0123456789"),
        (rb"\s=", "\t\n\x0b\x0c\r "),
        (rb"1++", "1"),
        (rb"(1)\1", "1"),
        (rb"\1(1)", None),
        (rb"a*", None),
        (rb"", None),
        (rb".a", None),
        (rb"\Ra", None),
        (rb"(?(?=a)b|c)", None),
        (rb"(1)?(?(1)2|3)", None),
        (rb"(?1)(a)", None),
        (rb"[^\w]", None),
        (rb"\p{L}", None),
    ],
)
def test_what_a_match_can_begin_with(pattern: bytes, firsts: str | None) -> None:
    assert ascii_firsts(pattern) == firsts


@pytest.mark.parametrize(
    ("pattern", "high"),
    [
        (rb"abc", False),
        (rb"(?i)[a-z]|kelvin", False),
        (rb"(?i:s)", False),
        (rb"(?^:s)", True),
        (rb"(?i-r)s", True),
        (rb"[<=>]", False),
        (rb"[!-\xff]", True),
        (rb"[^5]", True),
        (rb"\d", True),
        (rb"[\w]", True),
        (rb"\xe9", True),
        ("あ".encode(), True),
        (rb"1|\xe3\x81\x82", True),
    ],
)
def test_characters_beyond_ascii_begin_a_match_together(pattern: bytes, high: bool) -> None:
    for characters in (False, True):
        found = first_bytes(tokens_of(pattern, characters))
        assert found is not None
        assert found >> 128 == (HIGH if high else 0)


@pytest.mark.parametrize("characters", [False, True])
def test_no_match_of_a_crs_pattern_begins_with_anything_else(characters: bool) -> None:
    sampler = Sampler(23)
    hits = 0
    for pattern in crs_arguments(b"rx"):
        firsts = first_bytes(tokens_of(pattern, characters))
        anchored = Expression(pattern, characters, anchored=True)
        for value in [sampler.near(pattern, []) for _ in range(3)]:
            if characters:
                value = "（新宿）ſé１\u3000".encode() + value.decode("utf-8", "replace").encode()
            starts = [at for at in range(min(len(value), 100)) if isinstance(anchored.search(value, at), Found)]
            hits += len(starts)
            for at in starts:
                assert firsts is None or firsts >> value[at] & 1, (pattern, value)
    assert hits > 300
