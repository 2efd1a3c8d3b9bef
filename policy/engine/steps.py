"""The steps of a chain of transformations, with what is known beforehand of the values that each of them can change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from policy.transformations.spacing import cmd_line_cased
from policy.transformations.table import Chain, Transformation


class Step(NamedTuple):
    """One transformation.

    `signs`: text without a NUL, a separator behind it, that has none of these in it is left alone; None: there is no telling.
    `joins`: values of such text may be joined by separators and given to it together.
    """

    name: str
    function: Callable[[bytes], bytes]
    signs: tuple[bytes, ...] | None
    joins: bool
    alphabet: bytes | None = None
    """Such text that has anything but these bytes in it is left alone; None: there is no telling."""


Steps = tuple[Step, ...]


def steps_of(chain: Chain, *, characters: bool) -> Steps:
    """In the characters reading utf8toUnicode with urlDecodeUni behind it is one step, which leaves most text alone."""
    steps: list[Step] = []
    for step in chain.steps:
        if characters and steps and steps[-1].name == "utf8tounicode" and step.after_utf8_to_unicode is not None:
            signs = tuple([bytes((byte,)) for byte in step.active_after_utf8_to_unicode])
            steps[-1] = Step(f"utf8tounicode+{step.name}", step.after_utf8_to_unicode, signs, joins=True)
        else:
            steps.append(_step(step, characters=characters))
    return tuple(steps)


def _step(step: Transformation, *, characters: bool) -> Step:
    name = step.name.replace("normalise", "normalize")  # two spellings of one
    return Step(name, step.characters if characters else step.strict, step.signs, step.joins, step.alphabet)


def stages_of(chain: Chain, *, characters: bool) -> list[Steps]:
    """The results that multiMatch looks at, each as a chain of its own."""
    single = steps_of(chain, characters=characters)
    return [single[:length] for length in range(len(single) + 1)]


CASED_CMD_LINE: Final = Step("cmdline-", cmd_line_cased, None, joins=True)
"""For what does not ask for the case of letters."""
