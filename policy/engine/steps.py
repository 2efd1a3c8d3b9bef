"""The steps of a chain of transformations, with what is known beforehand of the values that each of them can change."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from policy.transformations.table import Chain, Transformation


class Step(NamedTuple):
    """One transformation: `active` are the bytes without which it leaves a value alone; None: there is no telling."""

    name: str
    function: Callable[[bytes], bytes]
    active: frozenset[int] | None

    def following(self) -> Step:
        """The same step, applied only where another one of its chain has something to do."""
        return Step(self.name + "~", self.function, frozenset())

    @property
    def follows(self) -> bool:
        return self.name.endswith("~")


Steps = tuple[Step, ...]


def steps_of(chain: Chain, *, characters: bool) -> Steps:
    """In the characters reading utf8toUnicode with urlDecodeUni behind it is one step, which leaves most text alone."""
    steps: list[Step] = []
    for step in chain.steps:
        made = _step(step, characters=characters)
        if characters and steps and steps[-1].name == "utf8tounicode" and step.after_utf8_to_unicode is not None:
            active = None if made.active is None or steps[-1].active is None else made.active | steps[-1].active
            steps[-1] = Step(f"utf8tounicode+{step.name}", step.after_utf8_to_unicode, active)
        else:
            steps.append(made)
    return tuple(steps)


def _step(step: Transformation, *, characters: bool) -> Step:
    active = None if step.active is None else frozenset(step.active)
    return Step(step.name, step.characters if characters else step.strict, active)


def stages_of(chain: Chain, *, characters: bool) -> list[Steps]:
    """The results that multiMatch looks at, each as a chain of its own."""
    single = steps_of(chain, characters=characters)
    return [single[:length] for length in range(len(single) + 1)]
