from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from policy.effort import Effort
from policy.operators.firsts import first_bytes
from policy.operators.match import Match, OperatorInvalid, character_at, characters_of, is_text
from policy.operators.numeric import number32, number64
from policy.operators.pattern import PatternInvalid, take_apart
from policy.operators.pcre import Expression, Found
from policy.operators.phrases import Phrases, phrases_in
from policy.operators.rewrite import bytewise, characterwise, counted
from policy.operators.rx import Rx, RxGlobal
from policy.operators.table import SIMPLE, build

ATOMS = st.sampled_from([
    b"a", b"b", b"Z", b"1", b" ", b"=", rb"\s", rb"\w", rb"\W", rb"\d", rb"\b", b".", b"^", b"$", rb"\xe3\x81\x82", rb"\xbc", rb"\x{e9}",
    "あ".encode(), b"[a-c]", rb"[^\xbe>]", rb"[\x80-\xff]", "[、。]".encode(), rb"[\w-]", b"(?=a)", b"(?!b)",
    rb"(a)?\1", b"(?i)", b"(?:ab|b)",
])  # fmt: skip
REPEATS = st.sampled_from([b"", b"", b"", b"*", b"+", b"?", b"*?", b"++", b"{2}", b"{1,2}", b"{2,}", b"{,2}"])


@st.composite
def patterns(draw: st.DrawFn) -> bytes:
    parts = draw(st.lists(st.tuples(ATOMS, REPEATS), min_size=1, max_size=5))
    text = b"".join(atom if atom in (b"(?i)", b"^", b"$", rb"\b") else atom + repeat for atom, repeat in parts)
    return draw(st.sampled_from([text, b"(?:" + text + b")+", text + b"|x", b"(" + text + b")" + rb"\s*="]))


VALUES = st.lists(
    st.sampled_from([
        b"a", b"b", b"c", b"Z", b"1", b" ", b"=", b"\n", b"x", b">", "あ".encode(), "、".encode(), "é".encode(), b"\xe9", b"\xbc", b"\xbe",
        b"\x00", b"ab",
    ]),
    max_size=14,
).map(b"".join)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(patterns(), VALUES, st.booleans())
def test_a_search_finds_the_first_place_that_matches(pattern: bytes, value: bytes, characters: bool) -> None:
    """Whatever is added to find a start, to pass over starts and to count steps: the match is that of the first start that has one."""
    characters = characters and is_text(value)
    anchored = Expression(pattern, characters, anchored=True)
    places = [at for at in range(len(value) + 1) if not characters or at == len(value) or value[at] & 0xC0 != 0x80]
    first = next((found for at in places if isinstance(found := anchored.search(value, at), Found)), None)
    expression = Expression(pattern, characters)
    for found in (expression.search(value), expression._climb(value, 0, None)):
        assert (found.spans if isinstance(found, Found) else found) == (first.spans if first else None)


@settings(max_examples=300, deadline=None)
@given(patterns())
def test_a_written_pattern_is_written_the_same_again(pattern: bytes) -> None:
    assert bytewise(bytewise(pattern)) == bytewise(pattern)
    assert counted(counted(pattern, False), False) == counted(bytewise(pattern), False)


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_pattern_or_invalid(pattern: bytes) -> None:
    for write in (bytewise, characterwise, lambda text: counted(text, False), lambda text: counted(text, True)):
        with suppress(PatternInvalid):
            write(pattern)
    with suppress(PatternInvalid):
        firsts = first_bytes(take_apart(pattern))
        assert firsts is None or 0 <= firsts < 1 << 256


@settings(max_examples=300, deadline=None)
@given(patterns(), VALUES)
def test_a_hit_in_text_begins_and_ends_between_characters(pattern: bytes, value: bytes) -> None:
    found = Rx(pattern).match(value, characters=True)
    if found is not None and is_text(value):
        value[: found.start].decode()
        value[found.start : found.end].decode()


WIDE_ATOMS = st.sampled_from([
    b"a", b"b", b"Z", b"1", b" ", b"=", rb"\s", rb"\w", rb"\W", rb"\d", rb"\D", rb"\S", rb"\b", b".", b"^", b"$", b"[a-c]", rb"[^a-c]",
    rb"[^\w=]", rb"[\W1]", rb"[^\W1]", rb"[[:^alpha:]]", rb"[^[:space:]]", rb"[\x80-\xff]", rb"[^\x00-\x7f]", rb"(?!\w)", rb"(?!a)",
    rb"(?<!\w)", rb"(?=\W)", rb"(?<=\W)", b"(?:ab|b)", b"(?i)",
])  # fmt: skip
ZERO_WIDTH = (rb"\b", b"^", b"$", b"(?i)", rb"(?!\w)", rb"(?!a)", rb"(?<!\w)", rb"(?=\W)", rb"(?<=\W)")
WIDE_PATTERNS = st.lists(
    st.tuples(WIDE_ATOMS, st.sampled_from([b"", b"", b"", b"*", b"+", b"?", b"*?", b"{0,2}"])), min_size=1, max_size=6
).map(lambda parts: b"".join(atom if atom in ZERO_WIDTH else b"(?:%b)%b" % (atom, count) for atom, count in parts))
TEXTS = st.lists(st.sampled_from(["a", "b", "Z", "1", " ", "=", "\n", "あ", "、", "新", "　", "é"]), max_size=10).map(
    "".join
)


@settings(max_examples=1_500, deadline=None)
@given(WIDE_PATTERNS, TEXTS)
def test_japanese_hides_nothing_that_other_bytes_do_not_hide(pattern: bytes, text: str) -> None:
    """Whatever matches bytewise where each character beyond ASCII is one byte; counts of two and more apart."""
    bytewise = "".join(character if character.isascii() else "\xff" for character in text).encode("latin-1")
    operator = Rx(pattern)
    if operator.match(bytewise, characters=False) is not None:
        assert operator.match(text.encode(), characters=True) is not None


@settings(max_examples=300, deadline=None)
@given(patterns(), st.text(st.characters(max_codepoint=127), max_size=20))
def test_ascii_has_one_reading(pattern: bytes, text: str) -> None:
    operator, value = Rx(pattern), text.encode()
    assert operator.match(value, characters=True) == operator.match(value, characters=False)


@settings(max_examples=300, deadline=None)
@given(patterns(), VALUES, st.integers(-10, 2_000))
def test_less_effort_never_loses_a_match(pattern: bytes, value: bytes, steps: int) -> None:
    operator = Rx(pattern)
    found = operator.match(value, characters=False)
    within = operator.match_within(value, False, Effort(steps))
    assert within == found or (within is not None and within.exhausted)


@settings(max_examples=200, deadline=None)
@given(patterns(), VALUES)
def test_rx_global_matches_what_rx_matches(pattern: bytes, value: bytes) -> None:
    one, all_ = Rx(pattern).match(value, characters=False), RxGlobal(pattern).match(value, characters=False)
    assert (one is None) == (all_ is None)
    if one is not None and all_ is not None:
        assert (one.start, one.end) == (all_.start, all_.end)


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=40))
def test_phrases_of_any_argument_are_found_where_they_stand(argument: bytes) -> None:
    phrases = phrases_in(argument)
    operator = Phrases(phrases)
    for phrase in phrases:
        assert not set(phrase) & set(b" \t\n\v\f\r")
        found = operator.match(b"." + phrase + b".", characters=False)
        assert found is not None and 0 <= found.start < found.end


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=30))
def test_numbers_are_those_of_python_where_they_fit(value: bytes) -> None:
    assert -(2**31) <= number32(value) < 2**31
    assert -(2**63) <= number64(value) < 2**63
    with suppress(ValueError):
        number = int(value)
        if b"_" not in value and b"\x1c" not in value and value.isascii() and abs(number) < 2**31:
            assert number32(value) == number64(value) == number


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=30))
def test_a_literal_means_text_that_is_the_literal_where_it_is_text(literal: bytes) -> None:
    text = characters_of(literal)
    text.decode()
    assert text == literal or not (is_text(literal) or literal.isascii())
    assert all(character_at(text, at) is None or text[at] >= 0x80 for at in range(len(text)))


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(SIMPLE)), st.binary(max_size=30), st.binary(max_size=60), st.booleans())
def test_any_operator_with_any_argument_and_any_value(
    name: str, argument: bytes, value: bytes, characters: bool
) -> None:
    try:
        operator = build(name, argument, Path("/"))
    except OperatorInvalid as invalid:
        assert invalid.message and invalid.mend
        return
    found = operator.match(value, characters)
    assert found is None or (isinstance(found, Match) and 0 <= found.start <= found.end <= len(value))
