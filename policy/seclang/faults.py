"""What is wrong in SecLang text, where, and what to write instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from policy.seclang.ast import Position


class Problem(NamedTuple):
    """One thing wrong."""

    position: Position
    message: str
    mend: str

    def __str__(self) -> str:
        return f"{self.position}: {self.message}\n    mend: {self.mend}"


class SecLangError(Exception):
    """One directive cannot be understood, or is refused on purpose."""

    def __init__(self, position: Position, message: str, mend: str) -> None:
        self.problem = Problem(position, message, mend)
        super().__init__(str(self.problem))


class WordError(Exception):
    """As SecLangError, raised where only a piece of a directive is known; the reader of the directive adds the position.

    `offset` is where in that piece it is, as far as that is known.
    """

    def __init__(self, message: str, mend: str, offset: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend
        self.offset = offset


class SecLangInvalid(Exception):
    """The rules cannot be used. Carries every problem found, in the order of reading."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
