"""Every transformation: total, bounded in length, untouched without its signs, the same of values joined, text where it says so, linear."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from re import _constants as code  # type: ignore[attr-defined]  # no public way to look into a pattern
from re import _parser as parser  # type: ignore[attr-defined]

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import policy.transformations
from policy.transformations.code_points import is_utf8
from policy.transformations.table import SEPARATOR, TRANSFORMATIONS, Transformation, chain, find
from tests.unit.policy.transformations.tokens import TOKENS

ROWS = list(TRANSFORMATIONS.values())
VALUES = st.one_of(
    st.lists(st.sampled_from(TOKENS), max_size=12).map(b"".join),
    st.binary(max_size=24),
    st.text(max_size=12).map(lambda text: text.encode("utf-8", "surrogatepass")),
)
TEXTS = VALUES.filter(is_utf8)
MAP = {0xE9: 0x65, 0x2019: 0x27, 0xFF1C: 0x5B, 0x3042: 0xB1}
LONGEST = 4  # bytes of result for one of value: utf8toUnicode writes 7 for an overlong form of 2
EXTRA = 40  # bytes: a digest's 20, one of a comment that ends nowhere


@settings(max_examples=3000, deadline=None)
@given(row=st.sampled_from(ROWS), value=VALUES)
def test_without_a_sign_a_value_stays_as_it_is(row: Transformation, value: bytes) -> None:
    unsigned = row.signs is not None and not any(sign in value + SEPARATOR for sign in row.signs)
    inactive = row.active is not None and not set(value) & set(row.active)
    foreign = row.alphabet is not None and 0 not in value and bool(value.translate(None, row.alphabet))
    if unsigned or inactive or foreign:
        assert row.strict(value) == value
        assert row.characters(value) == value


@settings(max_examples=3000, deadline=None)
@given(
    row=st.sampled_from([row for row in ROWS if row.joins]),
    values=st.lists(TEXTS.filter(lambda value: not {0, SEPARATOR[0]} & set(value)), min_size=1, max_size=5),
    mapped=st.booleans(),
)
def test_values_may_be_joined(row: Transformation, values: list[bytes], mapped: bool) -> None:
    step = find(row.name, MAP if mapped else None)
    functions = [step.strict, step.characters]
    if step.after_utf8_to_unicode is not None:
        functions.append(step.after_utf8_to_unicode)
    for function in functions:
        joined = function(SEPARATOR.join(values) + SEPARATOR)
        assert joined == b"".join([function(value) + SEPARATOR for value in values])


def test_what_may_be_joined_is_told() -> None:
    assert {row.name for row in ROWS if row.joins} == {
        *("cmdline", "compresswhitespace", "htmlentitydecode", "lowercase", "none", "removewhitespace", "uppercase"),
        *("urldecode", "urldecodeuni", "utf8tounicode"),
    }


@settings(max_examples=3000, deadline=None)
@given(row=st.sampled_from(ROWS), value=VALUES)
def test_a_result_is_bounded_and_an_unchanged_value_is_the_same_object(row: Transformation, value: bytes) -> None:
    single = chain([row.name])
    for characters in (False, True):
        result = single.apply(value, characters)
        assert isinstance(result, bytes)
        assert len(result) <= LONGEST * len(value) + EXTRA
        assert result != value or result is value


@settings(max_examples=3000, deadline=None)
@given(row=st.sampled_from(ROWS), value=VALUES)
def test_what_is_not_utf8_is_read_bytewise(row: Transformation, value: bytes) -> None:
    if not is_utf8(value):
        assert row.characters(value) == row.strict(value)


@settings(max_examples=3000, deadline=None)
@given(row=st.sampled_from([row for row in ROWS if row.text_safe]), value=TEXTS)
def test_text_stays_text(row: Transformation, value: bytes) -> None:
    assert is_utf8(row.characters(value))


@settings(max_examples=2000, deadline=None)
@given(
    names=st.lists(st.sampled_from([*TRANSFORMATIONS, "utf8tounicode", "urldecodeuni"]), max_size=6),
    value=VALUES,
    mapped=st.booleans(),
)
@example(names=["utf8tounicode", "urldecodeuni"], value="\0％41".encode(), mapped=False)
@example(names=["utf8tounicode", "urldecodeuni"], value=b"%ud842\xf0\xa0\xae\xb7%udfb7", mapped=False)
def test_a_chain_is_its_steps(names: list[str], value: bytes, mapped: bool) -> None:
    tested = chain(names, MAP if mapped else None)
    for characters in (False, True):
        result = value
        for step in tested.steps:
            result = step.characters(result) if characters else step.strict(result)
        assert tested.apply(value, characters) == result


@settings(max_examples=1000, deadline=None)
@given(value=TEXTS, mapped=st.booleans())
def test_two_steps_in_one_write_what_the_two_write(value: bytes, mapped: bool) -> None:
    pair = chain(["utf8toUnicode", "urlDecodeUni"], MAP if mapped else None)
    first, second = pair.steps
    assert pair.apply(value, True) == second.characters(first.characters(value))


@settings(max_examples=500, deadline=None)
@given(value=st.binary(max_size=64))
def test_what_is_encoded_decodes_to_itself(value: bytes) -> None:
    for pair in (["urlEncode", "urlDecode"], ["hexEncode", "hexDecode"], ["base64Encode", "base64DecodeExt"]):
        assert chain(pair).apply(value, False) == value


@settings(max_examples=500, deadline=None)
@given(text=st.text(st.characters(codec="utf-8", exclude_characters="+%\0"), max_size=24))
def test_text_passes_the_unicode_pair_but_for_full_width_forms(text: str) -> None:
    narrow = text.translate({code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)})
    assert chain(["utf8toUnicode", "urlDecodeUni"]).apply(text.encode(), True) == narrow.encode()


# Linear by construction: patterns that can't try a stretch twice, and a number of calls that grows with the input at most.

UNBOUNDED = {code.MAX_REPEAT: "greedy", code.MIN_REPEAT: "lazy"}
# Used with fullmatch or from \A only, so that what follows a run may fail once.
ANCHORED = frozenset({"_BASE64", "_CODEPAGE", "_EXT_PADDING"})


# Repetitions of groups cannot be possessive (tests/arch/test_regular_expressions.py). Why these still do not look twice
EXPLAINED = {
    "_COMMENT": "a lazy run, which ends at the end of the value at the latest, and nothing comes behind it",
    "_C_COMMENT": "as _COMMENT",
    "_BASE64": "tried at one place; what comes behind the runs may be nothing",
    "_EXT_PADDING": "tried at one place; a group of four has one way to be read, and the rest is shorter than a group",
}


def patterns() -> Iterator[tuple[str, re.Pattern[bytes] | re.Pattern[str]]]:
    for module in pkgutil.iter_modules(policy.transformations.__path__):
        loaded = importlib.import_module(f"policy.transformations.{module.name}")
        yield from ((name, value) for name, value in vars(loaded).items() if isinstance(value, re.Pattern))


def faults(tree: object, anchored: bool) -> Iterator[str]:
    """What could make a pattern look at a stretch again: a run that gives back, or a run before something that may fail."""
    items = list(tree)  # type: ignore[call-overload]
    for at, (operation, argument) in enumerate(items):
        inner = [part for part in _parts(argument) if isinstance(part, parser.SubPattern)]
        if operation in UNBOUNDED and argument[1] is code.MAXREPEAT:
            yield f"{UNBOUNDED[operation]} run"
        rest = parser.SubPattern(tree.state, items[at + 1 :])  # type: ignore[attr-defined]
        if not anchored and _unbounded(operation, argument) and rest.getwidth()[0] > 0:
            yield "a run before something that may fail"
        for part in inner:
            yield from faults(part, anchored or operation is code.POSSESSIVE_REPEAT)


def _parts(argument: object) -> Iterator[object]:
    if isinstance(argument, parser.SubPattern):
        yield argument
    elif isinstance(argument, tuple | list):
        for part in argument:
            yield from _parts(part)


def _unbounded(operation: object, argument: object) -> bool:
    return operation is code.POSSESSIVE_REPEAT and argument[1] is code.MAXREPEAT  # type: ignore[index]


FOUND = list(patterns())


def test_every_pattern_was_found() -> None:
    assert len({name for name, _ in FOUND}) >= 13
    assert {name for name, _ in FOUND} >= ANCHORED


@pytest.mark.parametrize(("name", "pattern"), FOUND, ids=[name for name, _ in FOUND])
def test_no_pattern_tries_a_stretch_twice(name: str, pattern: re.Pattern[bytes]) -> None:
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    found = list(faults(parser.parse(source, pattern.flags & ~re.UNICODE), name in ANCHORED))
    assert bool(found) is (name in EXPLAINED), found


def test_a_pattern_that_gives_back_would_be_found() -> None:
    for source in ("a+b", "a*?b", "(?:a|b)+c", "a++b", "(a+)+"):
        assert list(faults(parser.parse(source), False)), source


def calls(function: Callable[[bytes], bytes], value: bytes) -> int:
    counted = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        function(value)
    finally:
        sys.setprofile(None)
    return counted


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_calls_grow_with_the_input_at_most(row: Transformation) -> None:
    once, factor = 96, 8
    for token in TOKENS:
        for function in {row.strict, row.characters}:
            function(token * once * factor)  # fills what is remembered
            assert calls(function, token * once * factor) <= factor * (calls(function, token * once) + 4), token
