"""What chains make of many values at once is what they make of each."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from policy.engine.forms import ALONE_BYTES, KNOWN_BYTES, Made, Memory, Tree, Values
from policy.engine.limits import TRANSFORMED_BYTES_MAX
from policy.engine.steps import CASED_CMD_LINE, Step, Steps, steps_of
from policy.transformations.table import SEPARATOR, TRANSFORMATIONS, chain
from tests.unit.policy.transformations.tokens import TOKENS

CHAINS = [
    ["urlDecodeUni", "htmlEntityDecode", "jsDecode", "cssDecode", "removeNulls"],
    ["utf8toUnicode", "urlDecodeUni", "htmlEntityDecode", "jsDecode", "cssDecode", "removeNulls"],
    ["utf8toUnicode", "urlDecodeUni", "removeNulls", "cmdLine"], ["utf8toUnicode", "urlDecodeUni", "normalisePathWin"],
    ["urlDecodeUni", "lowercase", "urlDecode", "htmlEntityDecode"], ["urlDecode", "replaceComments", "compressWhitespace"],
    ["urlDecodeUni", "base64Decode"], ["normalisePath", "urlDecodeUni"], ["removeWhitespace"], [], ["length", "md5"],
    *([name] for name in TRANSFORMATIONS),
]  # fmt: skip
TEXTS = [
    b"a",
    b"B",
    b"insured_number",
    b"YWJj",
    "（あＡ）".encode(),
    "山田太郎".encode(),
    b"\r\n",
    b"a  b",
    b".",
    b"/..",
    b"%41+",
    b"&lt;",
    b"&#30;",
]
LONG = b"a" * (ALONE_BYTES - 1)
PIECES = st.sampled_from([*TEXTS, *TEXTS, *TOKENS, SEPARATOR, b"%1e", b"\0", b"\xff", b"\xe3", LONG])
VALUES = st.lists(
    st.lists(PIECES, min_size=1, max_size=4).map(b"".join).filter(bool), min_size=1, max_size=6, unique=True
)


def after(steps: Steps, value: bytes) -> bytes:
    for step in steps:
        value = step.function(value)
    return value


@settings(max_examples=1500, deadline=None)
@given(
    names=st.lists(st.sampled_from(CHAINS), min_size=1, max_size=8),
    values=VALUES,
    masks=st.lists(st.integers(1, 7), min_size=14, max_size=14),
    characters=st.booleans(),
)
@example(names=[["htmlEntityDecode"]], values=[b"&#30;", b"a"], masks=[1] * 14, characters=True)
@example(
    names=[["urlDecode"], ["utf8toUnicode"]],
    values=[b"%1e\xff", b"%1E", "あ".encode()],
    masks=[1] * 14,
    characters=True,
)
def test_the_forms_are_those_of_each_value(
    names: list[list[str]], values: list[bytes], masks: list[int], characters: bool
) -> None:
    chains = {number: steps_of(chain(one), characters=characters) for number, one in enumerate(names)}
    chains[99] = (CASED_CMD_LINE,)
    through = {number: masks[6 + number] if number < 8 else 7 for number in chains}
    distinct = dict(zip(values, masks, strict=False))
    present = 0
    for mask in distinct.values():
        present |= mask
    made = Made(Tree(chains, through), Values(distinct), present, Memory())
    for number, steps in chains.items():
        expected = {
            at: after(steps, value)
            for at, value in enumerate(values)
            if distinct[value] & through[number] and after(steps, value) != value
        }
        assert {
            at: form for at, form in made.behind(number).items() if distinct[values[at]] & through[number]
        } == expected
        for at, value in enumerate(values):
            if distinct[value] & through[number]:
                origins = made.origins(number, expected.get(at, value))  # others may be of values that go another way
                assert at in origins
                assert expected or [other for other in origins if distinct[values[other]] & through[number]] == [at]


def test_a_step_is_worked_out_once_for_chains_that_begin_alike() -> None:
    chains = {number: steps_of(chain(names), characters=True) for number, names in enumerate(CHAINS[:8])}
    tree = Tree(chains, dict.fromkeys(chains, 1))
    assert len(tree.branches) == 1 + len(
        {steps[:size] for steps in chains.values() for size in range(1, len(steps) + 1)}
    )
    assert len(tree.steps) == len({step.name for steps in chains.values() for step in steps})
    assert tree.end[0] != tree.end[1]


@pytest.mark.parametrize("over", [0, 1])
def test_many_values_are_worked_out_as_few_are(over: int) -> None:
    size = KNOWN_BYTES // 8  # and one of them longer by `over`
    values = {bytes((letter,)) * (size + over * (letter == 0x42)): 1 for letter in b"ABCDEFG"}
    values[b"a" * (size - 2) + b"\0A"] = 1
    chains = {number: steps_of(chain(names), characters=True) for number, names in enumerate(CHAINS)}
    sent = Values(values)
    assert (sum(map(len, values)), sent.sent.odd) == (KNOWN_BYTES + over, [])
    made = Made(Tree(chains, dict.fromkeys(chains, 1)), sent, 1, Memory())
    for number, steps in chains.items():
        expected = {at: after(steps, value) for at, value in enumerate(values) if after(steps, value) != value}
        assert made.behind(number) == expected


def test_values_that_are_no_text_are_worked_out_by_themselves() -> None:
    values = Values({b"a": 1, b"\xff": 1, b"b\0": 2, SEPARATOR: 1, "山".encode(): 1})
    assert values.sent.odd == [1, 3]
    assert values.sent.joined == SEPARATOR.join([b"a", b"", b"b\0", b"", "山".encode(), b""])
    assert Values({b"a": 1, "山".encode(): 1}).sent.odd == []


def test_values_are_joined_up_to_a_length() -> None:
    assert Values({b"a": 1, b"b" * (ALONE_BYTES - 1): 1}).sent.odd == []
    assert Values({b"a": 1, b"b" * ALONE_BYTES: 1}).sent.odd == [1]


def counted(name: str, function: Callable[[bytes], bytes], calls: list[bytes], alike: str = "") -> Step:
    def count(value: bytes) -> bytes:
        calls.append(value)
        return function(value)

    return Step(name, count, None, True, alike=alike)


@pytest.mark.parametrize("value", [b"a", b"a" * ALONE_BYTES, b"\xffa"])
def test_what_is_behind_the_same_texts_is_worked_out_once(value: bytes) -> None:
    calls: list[bytes] = []
    chains = {
        number: (Step(f"upper {number}", bytes.upper, None, True), counted("end", bytes.swapcase, calls))
        for number in range(3)
    }
    made = Made(Tree(chains, dict.fromkeys(chains, 1)), Values({value: 1, b"b": 1}), 1, Memory())
    assert [made.behind(number) for number in chains] == [{}] * 3  # twice the other case
    assert len(calls) == 1 + (value != b"a")  # what is joined, and what is odd
    assert len(made.distinct(list(chains))) == 1


def test_a_memory_is_for_all_groups_and_for_steps_that_make_the_same_of_ascii() -> None:
    calls: list[bytes] = []
    memory = Memory()
    step, other = counted("one", bytes.lower, calls), counted("other", bytes.lower, calls, alike="one")
    for text in (b"A", b"A", "Ａ".encode(), b"A\0"):
        assert [memory.after(one, text) for one in (step, other, other)] == [text.lower()] * 3
    assert calls == [b"A", *["Ａ".encode()] * 2, *[b"A\0"] * 2]


@pytest.mark.parametrize(("over", "asked"), [(0, 1), (1, 2)])
def test_a_memory_has_a_bound(over: int, asked: int) -> None:
    calls: list[bytes] = []
    step = counted("one", lambda value: b"", calls)
    memory = Memory()
    text = b"a" * (TRANSFORMED_BYTES_MAX + over)
    assert [memory.after(step, text) for _ in range(2)] == [b"", b""]
    assert len(calls) == asked
