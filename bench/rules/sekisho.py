"""Sekisho's own rule engine behind the same interface, without the daemon."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from policy import offline

_CACHE = Path("out/rules-cache")


class SekishoRules:
    """One rule set. `reading` is `strict`, bytewise as ModSecurity, or `characters`, as the daemon reads."""

    def __init__(self, files: Sequence[Path], *, reading: Literal["strict", "characters"]) -> None:
        _CACHE.mkdir(parents=True, exist_ok=True)
        self._rules = offline.load(files, reading=reading, cache=_CACHE)

    def close(self) -> None:
        """Nothing is held outside Python."""

    def grade(self, request: bytes, response: bytes | None = None) -> tuple[int, list[int], list[str]]:
        return offline.grade(self._rules, request, response)

    def grade_told(self, request: bytes, response: bytes | None = None) -> tuple[list[int], frozenset[int]]:
        """Ids of the rules that fired, and which of them count as matched because a limit of the pattern engine was met.

        Of one evaluation: another may have more steps left, where answers are remembered.
        """
        run = offline.evaluate(self._rules, request, response)
        return [fired.id for fired in run.fired], frozenset(fired.id for fired in run.fired if fired.exhausted)
