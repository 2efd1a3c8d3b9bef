"""Patterns that need no PCRE2: what matches everything, and what is one string."""

from __future__ import annotations

import pytest

from policy.operators.pcre import Expression, Found
from policy.operators.rx import Rx, literal_of


@pytest.mark.parametrize("pattern", [b".*", b"^.*", b".*$", b"^.*$"])
def test_a_pattern_that_matches_everything_takes_all_of_it(pattern: bytes) -> None:
    for value in (b"", b"a", b"a\nb", "氏名\n".encode(), b"\xff\n\n"):
        for characters in (False, True):
            expected = Expression(pattern, characters=False).search(value)
            assert isinstance(expected, Found)
            found = Rx(pattern).match(value, characters)
            assert found is not None
            assert ((found.start, found.end), found.groups) == (expected.whole, (value,))


@pytest.mark.parametrize(
    ("pattern", "literal"),
    [
        (rb"\x25", b"%"), (rb"a-b", b"a-b"), (rb"\.\.", b".."), (rb"\\", b"\\"), (rb"x=1", b"x=1"), (rb"\x41B", b"AB"),
        (rb"a.b", None), (rb"a*", None), (rb"\d", None), (rb"(a)", None), (rb"^a", None), (rb"\xe3\x81", None), ("あ".encode(), None),
        (rb"a#b", None), (rb"\n", None), (rb"[a]", None), (rb"a|b", None), (rb"\x4", None), (rb"\Qa\E", None), (rb"a{2}", None),
    ],
)  # fmt: skip
def test_a_literal_pattern_is_searched_for_as_a_string(pattern: bytes, literal: bytes | None) -> None:
    assert literal_of(pattern) == literal
    if literal is not None:
        for value in (b"", literal, b"xx" + literal + literal, "氏".encode() + literal, literal[:-1]):
            expected = Expression(pattern, characters=False).search(value)
            found = Rx(pattern).match(value, True)
            assert (found is None) == (expected is None)
            if found is not None and isinstance(expected, Found):
                assert ((found.start, found.end), found.groups) == (expected.whole, (literal,))
