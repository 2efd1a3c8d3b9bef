"""Deadlines of many waits that are all equally long: one task sees to them, instead of one cancel scope for each.

A scope costs as much as the decryption of a small request, and hardly any of these deadlines ever comes.
"""

from __future__ import annotations

import math

import trio

from relay.net.tls_stream import TlsStream


class Patience:
    """Streams that may wait for their peers, each for `timeout_s`; after it the one that waits gets trio.ClosedResourceError.

    `run` it beside the waits: without it they have no end.
    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._deadlines: dict[TlsStream, float] = {}  # oldest first, and so the next whose time is over
        self._sleep = trio.CancelScope()

    def begin(self, stream: TlsStream) -> None:
        """From now on the time runs."""
        self._deadlines[stream] = trio.current_time() + self._timeout_s

    def end(self, stream: TlsStream) -> None:
        """The wait is over, in time or not; the stream may be used on."""
        if self._deadlines.pop(stream, None) is None:
            stream.wait_again()

    def shorten(self, timeout_s: float) -> None:
        """From now on nobody waits longer than this."""
        latest = trio.current_time() + timeout_s
        self._timeout_s = min(timeout_s, self._timeout_s)
        for stream, deadline in self._deadlines.items():
            self._deadlines[stream] = min(deadline, latest)
        self._sleep.cancel()  # it was to last until a deadline that has become an earlier one

    def stop_all(self) -> None:
        """All that wait now have waited long enough."""
        self._stop(math.inf)

    async def run(self) -> None:
        """For ever."""
        while True:
            # a wait that begins meanwhile cannot be over before
            next_s = next(iter(self._deadlines.values()), trio.current_time() + self._timeout_s)
            with trio.CancelScope(deadline=next_s) as self._sleep:
                await trio.sleep_forever()
            self._stop(trio.current_time())

    def _stop(self, now: float) -> None:
        overdue = []
        for stream, deadline in self._deadlines.items():
            if deadline > now:
                break
            overdue.append(stream)
        for stream in overdue:
            del self._deadlines[stream]
            stream.stop_waiting()
