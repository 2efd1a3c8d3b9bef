from __future__ import annotations

import pytest

from policy.effort import Effort
from policy.operators.pattern import PatternInvalid
from policy.operators.pcre import (
    EXHAUSTED,
    FAR_BYTES,
    FAR_CHARGE,
    FIRST_RUNG,
    HEAP_KIB,
    LAST_RUNG,
    LOOK_CHARGE,
    QUICK_BYTES,
    QUICK_CHARGE,
    QUICK_STEPS,
    RUNG_FACTOR,
    Expression,
    Found,
)
from policy.operators.rewrite import counted


def test_spans_leave_out_what_took_no_part() -> None:
    found = Expression(b"(a)|(b)(c)?", characters=False).search(b"xb")
    assert isinstance(found, Found)
    assert found.spans == ((1, 2), None, (1, 2))
    assert found.whole == (1, 2)


@pytest.mark.parametrize("size", [QUICK_BYTES, QUICK_BYTES + 1, 70_000])
def test_the_same_is_found_in_short_and_long_values(size: int) -> None:
    expression = Expression(rb"\d+(x)\s*=", characters=False)
    value = b"a" * (size - 6) + b"12x  ="
    found = expression.search(value)
    assert isinstance(found, Found) and found.spans == ((size - 6, size), (size - 4, size - 3))
    assert expression.search(value[:-1]) is None
    found = expression.search(value, size - 5)
    assert isinstance(found, Found) and found.whole == (size - 5, size)


def test_an_anchored_expression_matches_at_the_start_only() -> None:
    expression = Expression(b"b", characters=False, anchored=True)
    assert expression.search(b"ab") is None
    assert isinstance(expression.search(b"ab", 1), Found)


def steps(expression: Expression, value: bytes, pattern: bytes | None = None) -> int:
    """How many steps a search takes, of the pattern as it is or of another form: the smallest limit that it is done in."""
    low, high = 1, LAST_RUNG
    while low < high:
        middle = (low + high) // 2
        done = expression._run(expression._compile(pattern or expression.pattern, middle), value, 0) is not EXHAUSTED
        low, high = (low, middle) if done else (middle + 1, high)
    return low


def test_a_limit_holds_at_n_and_not_at_n_plus_1() -> None:
    expression = Expression(rb"a[^x]*(?:d|e)", characters=False)
    value = b"a" * 40
    needed = steps(expression, value)
    assert expression._run(expression._compile(expression.pattern, needed), value, 0) is None
    assert expression._run(expression._compile(expression.pattern, needed - 1), value, 0) is EXHAUSTED


def test_steps_of_all_starts_are_counted_together() -> None:
    expression = Expression(rb"a[^x]*(?:d|e)", characters=False)
    assert steps(expression, b"a" * 80) > 3 * steps(expression, b"a" * 40)


def test_the_quick_limit_leads_to_the_counted_form() -> None:
    expression = Expression(rb"a[^x]*(?:d|e)", characters=False)
    value = b"a" * QUICK_BYTES
    assert steps(expression, value) > QUICK_STEPS
    assert expression.search(value) is None
    found = expression.search(value[1:] + b"e")
    assert isinstance(found, Found) and found.whole == (0, QUICK_BYTES)


@pytest.mark.parametrize(
    "pattern", [rb"(a+)+$x", rb"\s*=(?!=)", rb"(?:a|a)*b(?:c|d)", rb"(.*)(.*)(.*)(.*)[,;]", rb"(a*)*\1[bc]"]
)
@pytest.mark.parametrize("value", [b"a" * 200, b"a" * 20_000, b" " * 200_000, b"a =" * 300])
def test_what_would_take_for_ever_is_exhausted_or_answered(pattern: bytes, value: bytes) -> None:
    expression = Expression(pattern, characters=False)
    effort = Effort(2 * FAR_CHARGE * LAST_RUNG)
    expression.search(value, 0, effort)
    assert effort.left > 0


def test_effort_is_spent_and_then_nothing_is_tried() -> None:
    expression = Expression(rb"(?:a+)+[$%]", characters=False)
    effort = Effort(FIRST_RUNG)
    assert expression.search(b"a" * 500, 0, effort) is EXHAUSTED
    assert effort.left == -1
    for value in (b"b", b"b" * 1_000):
        assert expression.search(value, 0, effort) is EXHAUSTED
    assert effort.left == -1


def test_the_quick_form_may_take_the_last_of_the_effort() -> None:
    expression = Expression(b"a", characters=False)
    effort = Effort(QUICK_CHARGE + QUICK_BYTES)
    assert expression.search(b"a" * QUICK_BYTES, 0, effort) is not None
    assert effort.left == 0
    assert expression.search(b"a" * QUICK_BYTES, 0, effort) is not None
    assert effort.left == -QUICK_CHARGE - QUICK_BYTES
    assert expression.search(b"a" * QUICK_BYTES, 0, effort) is EXHAUSTED


@pytest.mark.parametrize(("left", "found", "then"), [(FIRST_RUNG, True, FIRST_RUNG // 2), (FIRST_RUNG - 1, False, -1)])
def test_what_is_less_than_the_first_rung_is_too_little(left: int, found: bool, then: int) -> None:
    effort = Effort(left)
    result = Expression(b"a", characters=False).search(b"a" * (QUICK_BYTES + 1), 0, effort)
    assert isinstance(result, Found) is found
    assert found or result is EXHAUSTED
    assert effort.left == then


def test_the_last_try_takes_what_is_left_and_not_a_step_more() -> None:
    expression = Expression(rb"a[^x]*(?:d|e)", characters=False)
    value = b"a" * (QUICK_BYTES + 1)
    needed = steps(expression, value, counted(expression.source, characters=False))
    rungs = 0
    while FIRST_RUNG * RUNG_FACTOR**rungs < needed:
        rungs += 1
    before = sum(FIRST_RUNG * RUNG_FACTOR**rung for rung in range(rungs))
    assert rungs > 1  # or the last try would be the first
    for left, found in ((before + needed, True), (before + needed - 1, False)):
        effort = Effort(left)
        result = expression.search(value, 0, effort)
        assert (result is None) is found
        assert found or (result is EXHAUSTED and effort.left == -1)


@pytest.mark.parametrize(("size", "charge"), [(FAR_BYTES - 1, 1), (FAR_BYTES, FAR_CHARGE)])
def test_a_step_in_a_long_value_counts_for_more(size: int, charge: int) -> None:
    value = b"a" * size
    effort = Effort(10 * LAST_RUNG)
    assert Expression(b"a", characters=False).search(value, 0, effort) is not None
    assert effort.left == 10 * LAST_RUNG - charge * FIRST_RUNG // 2
    for left, found in ((charge * FIRST_RUNG, True), (charge * FIRST_RUNG - 1, False)):
        last = Effort(left)
        assert isinstance(Expression(b"a", characters=False).search(value, 0, last), Found) is found
        assert found or last.left == -1


def test_the_last_try_in_a_long_value_takes_its_part_of_what_is_left() -> None:
    expression = Expression(rb"(?:a+)+[$%]", characters=False)
    left = FAR_CHARGE * FIRST_RUNG * (1 + RUNG_FACTOR) - 1  # the first rung, and no second
    effort = Effort(left)
    assert expression.search(b"a" * FAR_BYTES, 0, effort) is EXHAUSTED
    assert effort.left == -1


@pytest.mark.parametrize("characters", [False, True])
def test_where_no_match_can_begin_a_look_is_all_that_it_costs(characters: bool) -> None:
    expression = Expression(rb"(?i)\x5cu[0-9a-f]{4}", characters)
    effort = Effort(1_000_000)
    assert expression.search(b"abc" * 400, 0, effort) is None
    assert effort.left == 1_000_000 - LOOK_CHARGE - 1_200
    assert expression.search("新宿".encode() + rb"\u0041", 0, effort) is not None


def test_memory_is_bounded() -> None:
    expression = Expression(rb"(?:(a)|b)*c(?:d|e)", characters=False)
    value = b"a" * (HEAP_KIB * 1024 // 64)
    assert expression.search(value) is EXHAUSTED


@pytest.mark.parametrize(
    ("size", "answered"), [(FIRST_RUNG // 2, True), (LAST_RUNG // 8, True), (2 * LAST_RUNG, False)]
)
def test_a_value_is_given_up_at_the_last_limit(size: int, answered: bool) -> None:
    found = Expression(b"[ab]c", characters=False).search(b"a" * size + b"ac")
    assert isinstance(found, Found) is answered
    assert answered or found is EXHAUSTED


def test_pcre2_says_where_it_stops() -> None:
    with pytest.raises(PatternInvalid, match="PCRE2 refuses it") as invalid:
        Expression(b"abc(?<=d+)", characters=False)
    assert 0 < invalid.value.position <= 10


def test_text_is_read_by_characters() -> None:
    expression = Expression(rb"^\w{3}\W$", characters=True)
    found = expression.search("新宿区、".encode())
    assert isinstance(found, Found) and found.whole == (0, 12)
    assert Expression(rb"[\xe3]", characters=True).search("新".encode()) is None


def test_a_character_that_may_be_left_out_begins_nothing() -> None:
    found = Expression(rb"$\xe3\x81\x82*", characters=True).search("あ".encode())
    assert isinstance(found, Found) and found.whole == (3, 3)


@pytest.mark.parametrize("size", [1, QUICK_BYTES + 1])
def test_ascii_letters_are_the_same_as_ascii_letters_only(size: int) -> None:
    blank = b"\xe3\x80\x80" * size
    for letter, other in (("k", "\u212a"), ("s", "\u017f")):
        expression = Expression(b"(?i)" + letter.encode(), characters=True)
        assert isinstance(expression.search(blank + letter.upper().encode()), Found)
        assert expression.search(blank + other.encode()) is None
    assert isinstance(Expression("(?i)Я".encode(), characters=True).search(blank + "я".encode()), Found)
