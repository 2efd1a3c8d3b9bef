"""Ending in good order: transfers under way finish, idle connections end at once, no new ones are taken.

A connection that has had no request yet is not idle: its client has just come, from the queue that all workers share, and
would take the end for a failure. It gets `FIRST_REQUEST_S` more.
"""

from __future__ import annotations

from typing import Final

import trio

from relay.net.patience import Patience
from relay.net.tls_stream import TlsStream

FIRST_REQUEST_S: Final = 2.0  # a request follows its handshake by a round trip; browsers' spare ones never come


class Drain:
    """`asked` turns true when the worker is to end. `idle_s`: how long a connection may wait for a request until then."""

    def __init__(self, idle_s: float) -> None:
        self.asked = False
        self._first = Patience(idle_s)
        self._next = Patience(idle_s)

    def hold_idle(self, stream: TlsStream, *, is_first: bool) -> Patience | None:
        """A wait for a request begins: `end` it on what this gives. None: there is to be no wait."""
        if self.asked and not is_first:
            return None
        patience = self._first if is_first else self._next
        patience.begin(stream)
        return patience

    async def run(self) -> None:
        """Ends the waits whose time is over, for ever. Run it beside the connections."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._first.run)
            await self._next.run()

    def begin(self) -> None:
        """From now on connections end when they are idle."""
        self.asked = True
        self._first.shorten(FIRST_REQUEST_S)
        self._next.stop_all()
