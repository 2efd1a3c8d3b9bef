"""Ending in good order: transfers under way finish, idle connections end at once, no new ones are taken.

A connection that has had no request yet is not idle: its client has just come, from the queue that all workers share, and
would take the end for a failure. It gets `FIRST_REQUEST_S` more.
"""

from __future__ import annotations

from typing import Final

import trio

FIRST_REQUEST_S: Final = 2.0  # a request follows its handshake by a round trip; browsers' spare ones never come


class Drain:
    """`asked` turns true when the worker is to end."""

    def __init__(self) -> None:
        self.asked = False
        self._idle: dict[trio.CancelScope, bool] = {}

    def hold_idle(self, deadline: float, *, is_first: bool) -> trio.CancelScope:
        """The scope of a wait for a request, that ends at `deadline` or, for the sake of the drain, before."""
        scope = trio.CancelScope(deadline=deadline)
        if self.asked:
            _end(scope, is_first)
        self._idle[scope] = is_first
        return scope

    def release(self, scope: trio.CancelScope) -> None:
        self._idle.pop(scope, None)

    def begin(self) -> None:
        """From now on connections end when they are idle."""
        self.asked = True
        for scope, is_first in self._idle.items():
            _end(scope, is_first)


def _end(scope: trio.CancelScope, is_first: bool) -> None:
    if is_first:
        scope.deadline = min(scope.deadline, trio.current_time() + FIRST_REQUEST_S)
    else:
        scope.cancel()
