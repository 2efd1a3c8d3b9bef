"""What a pattern requires is in every value that it matches, and is as long as it can plainly be told."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.operators.pattern import PatternInvalid, take_apart
from policy.operators.pcre import Expression
from policy.operators.required import required

PATTERNS = {
    rb"\bServer Error in.{0,50}?\bApplication\b": b"Server Error in", rb"abc": b"abc", rb"a\.b": b"a.b", rb"\x41\x42?C": b"A",
    rb"\Qa+b\E+": b"a+", rb"(abc)d": b"d", rb"(?:abc)?": b"", rb"ab|c": b"", rb"(?:ab|c)de": b"de", rb"(?i)abc": b"",
    rb"ab(?i:c)": b"", rb"(?s)ab": b"ab", rb"(?-i)ab": b"ab", rb"(?x) a b # c": b"ab", rb"ab*cd{2}ef{0}g": b"a", rb"a(?=bcd)e": b"a",
    rb"a(?<!bcd)ef": b"ef", rb"\bab\Bcd": b"ab", rb"[abc]d": b"d", rb"a\xe3\x81b": b"a", "山ab".encode(): b"ab", rb"a\Kb": b"a",
    rb"(?(?=a)bc|de)f": b"f", rb"": b"",
}  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_is_required(pattern: bytes) -> None:
    assert required(take_apart(pattern)) == PATTERNS[pattern]


PIECES = [b"a", b"b", b"ab", b"\\x61", b"[ab]", b"(", b")", b"(?:", b"(?=", b"(?!", b"(?i)", b"(?i:", b"(?-i)", b"|", b"?", b"*", b"{0}",
          b"{1,2}", b".", b"^", b"\\b", b"\\Qa", b"\\E", b"(?x)", b" ", b"\\1"]  # fmt: skip


@settings(max_examples=2_000, deadline=None)
@given(
    pattern=st.lists(st.sampled_from(PIECES), max_size=8).map(b"".join),
    values=st.lists(st.lists(st.sampled_from([b"a", b"b", b"A", b"B", b" "]), max_size=5).map(b"".join), min_size=1, max_size=8),
)  # fmt: skip
def test_every_value_that_matches_has_it(pattern: bytes, values: list[bytes]) -> None:
    try:
        expression = Expression(pattern, characters=False)
        wanted = required(take_apart(pattern))
    except PatternInvalid:
        return
    for value in values:
        assert wanted in value or expression.search(value) is None
