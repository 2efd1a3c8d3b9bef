"""What chains make of many values at once is what they make of each."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from policy.effort import FORM_BYTES_PER_STEP, FORM_CHARGE, Effort, Spent
from policy.engine.forms import Made, Tree, Values
from policy.engine.steps import CASED_CMD_LINE, Steps, steps_of
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
PIECES = st.sampled_from([*TEXTS, *TEXTS, *TOKENS, SEPARATOR, b"%1e", b"\0", b"\xff", b"\xe3"])
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
    made = Made(Tree(chains, through), Values(distinct), present, Effort.for_bytes(0))
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


@pytest.mark.parametrize(
    ("names", "values", "cost"),
    [
        (
            ["base64Decode"],
            [b"YQ==", b"Yg=="],
            2 * FORM_CHARGE + 10 // FORM_BYTES_PER_STEP,
        ),  # each by itself, joined to 10 bytes
        (["urlDecode"], [b"%41", b"\xff%41"], FORM_CHARGE),  # together, and what is no text by itself
        (["urlDecode", "lowercase"], [b"%41", b"%42"], 2 * FORM_CHARGE),  # what has changed goes on by itself
        (["lowercase"], [b"A" * 800, b"B"], 0),
    ],
)
def test_what_is_worked_out_by_itself_is_counted(names: list[str], values: list[bytes], cost: int) -> None:
    chains = {0: steps_of(chain(names), characters=True)}
    distinct = dict.fromkeys(values, 1)
    effort = Effort(cost)
    Made(Tree(chains, {0: 1}), Values(distinct), 1, effort)
    assert effort.left == 0
    if cost:
        with pytest.raises(Spent):
            Made(Tree(chains, {0: 1}), Values(distinct), 1, Effort(cost - 1))


def test_values_that_are_no_text_are_worked_out_by_themselves() -> None:
    values = Values({b"a": 1, b"\xff": 1, b"b\0": 2, SEPARATOR: 1, "山".encode(): 1})
    assert values.odd == [1, 2, 3]
    assert values.joined == SEPARATOR.join([b"a", b"", b"", b"", "山".encode(), b""])
    assert Values({b"a": 1, "山".encode(): 1}).odd == []
