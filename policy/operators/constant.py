"""noMatch and unconditionalMatch."""

from __future__ import annotations

from policy.operators.match import Match, whole


class NoMatch:
    """noMatch."""

    __slots__ = ()

    def match(self, value: bytes, characters: bool) -> Match | None:
        del value, characters
        return None


class UnconditionalMatch:
    """unconditionalMatch."""

    __slots__ = ()

    def match(self, value: bytes, characters: bool) -> Match | None:
        del characters
        return whole(value)
