"""Ending in good order: transfers under way finish, idle connections end at once, no new ones are taken."""

from __future__ import annotations

import trio


class Drain:
    """`asked` turns true when the worker is to end."""

    def __init__(self) -> None:
        self.asked = False
        self._idle: set[trio.CancelScope] = set()

    def hold_idle(self, deadline: float) -> trio.CancelScope:
        """The scope of a wait between two requests, that ends at `deadline` or when the worker drains."""
        scope = trio.CancelScope(deadline=deadline)
        if self.asked:
            scope.cancel()
        self._idle.add(scope)
        return scope

    def release(self, scope: trio.CancelScope) -> None:
        self._idle.discard(scope)

    def begin(self) -> None:
        """From now on connections end when they are idle."""
        self.asked = True
        for scope in self._idle:
            scope.cancel()
