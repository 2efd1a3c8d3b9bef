"""The steps of a chain: each with the bytes that make it do anything."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from policy.engine.steps import stages_of, steps_of
from policy.transformations.table import TRANSFORMATIONS, chain

NAMES = sorted(TRANSFORMATIONS)


@settings(max_examples=600, deadline=None)
@given(name=st.sampled_from(NAMES), value=st.binary(max_size=30), characters=st.booleans())
def test_without_its_active_bytes_a_step_does_nothing(name: str, value: bytes, characters: bool) -> None:
    for step in steps_of(chain([name]), characters=characters):
        if step.active is not None and step.active.isdisjoint(value):
            assert step.function(value) == value


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


def test_a_following_step_never_begins() -> None:
    (step,) = steps_of(chain(["lowercase"]), characters=True)
    assert step.following().follows and step.following().active == frozenset()
    assert not step.follows
