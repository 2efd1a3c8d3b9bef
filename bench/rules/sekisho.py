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

    def met_a_limit(self, request: bytes, response: bytes | None = None) -> frozenset[int]:
        """Ids of the rules that count as matched because a limit of the pattern engine was met."""
        run = offline.evaluate(self._rules, request, response)
        return frozenset(fired.id for fired in run.fired if fired.exhausted)
