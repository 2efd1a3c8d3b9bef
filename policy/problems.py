"""What is wrong in a file that an operator wrote, and how to mend it."""

from __future__ import annotations

from typing import NamedTuple


class Problem(NamedTuple):
    """One thing wrong. `line` is 1-based; 0 where the file or directory as a whole is meant."""

    path: str
    line: int
    message: str
    mend: str

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line else self.path
        return f"{where}: {self.message}\n    mend: {self.mend}"


class PolicyInvalid(Exception):
    """The policy cannot be used. Carries every problem found, not only the first."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
