"""The steps of a chain: each with the signs without which it does nothing."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from policy.engine.steps import CASED_CMD_LINE, stages_of, steps_of
from policy.transformations.code_points import is_utf8
from policy.transformations.table import SEPARATOR, TRANSFORMATIONS, chain
from tests.unit.policy.transformations.tokens import TOKENS

NAMES = sorted(TRANSFORMATIONS)
MAP = {0xE9: 0x65, 0x2019: 0x27, 0xFF1C: 0x5B, 0x3042: 0xB1}


@settings(max_examples=1500, deadline=None)
@given(
    names=st.sampled_from([[name] for name in NAMES] + [["utf8toUnicode", "urlDecodeUni"]]),
    pieces=st.lists(st.sampled_from(TOKENS), max_size=3),
    mapped=st.booleans(),
    characters=st.booleans(),
)
def test_text_without_its_signs_is_left_alone(
    names: list[str], pieces: list[bytes], mapped: bool, characters: bool
) -> None:
    value = b"".join(pieces).replace(b"\0", b"")
    if not is_utf8(value):
        return
    for step in steps_of(chain(names, MAP if mapped else None), characters=characters):
        if step.signs is not None and not any(sign in value + SEPARATOR for sign in step.signs):
            assert step.function(value) == value


@settings(max_examples=1500, deadline=None)
@given(pieces=st.lists(st.sampled_from(TOKENS) | st.binary(max_size=3), max_size=6))
def test_the_cased_command_line_differs_in_case_alone(pieces: list[bytes]) -> None:
    value = b"".join(pieces)
    (lower,) = steps_of(chain(["cmdLine"]), characters=True)
    assert CASED_CMD_LINE.function(value).lower() == lower.function(value)
    assert CASED_CMD_LINE.function(value.lower()) == lower.function(value)
    joined = SEPARATOR.join([value.replace(SEPARATOR, b""), b"a", value.replace(SEPARATOR, b"")])
    assert CASED_CMD_LINE.function(joined).split(SEPARATOR) == [
        CASED_CMD_LINE.function(part) for part in joined.split(SEPARATOR)
    ]


@settings(max_examples=400, deadline=None)
@given(names=st.lists(st.sampled_from(NAMES), max_size=4), text=st.text(max_size=10), characters=st.booleans())
def test_the_steps_are_the_chain(names: list[str], text: str, characters: bool) -> None:
    value = text.encode("utf-8", "surrogatepass")
    result = value
    for step in steps_of(chain(names), characters=characters):
        result = step.function(result)
    assert result == chain(names).apply(value, characters)


def test_the_unicode_pair_is_one_step_for_characters() -> None:
    pair = chain(["utf8toUnicode", "urlDecodeUni", "lowercase"])
    assert [step.name for step in steps_of(pair, characters=True)] == ["utf8tounicode+urldecodeuni", "lowercase"]
    assert [step.name for step in steps_of(pair, characters=False)] == ["utf8tounicode", "urldecodeuni", "lowercase"]
    assert [len(stage) for stage in stages_of(pair, characters=True)] == [0, 1, 2]
