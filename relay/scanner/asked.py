"""Who is asked about a file: clamd, an ICAP service, or both, which then must both say that it is clean.

Each gets every piece as it comes. What one says, or fails to say, changes nothing for the other: one that takes no more of the file
in time is given up, and its verdict is TIMEOUT.
"""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import ExitStack
from typing import Final, Protocol

import trio

from content.verdicts import Scanned, Verdict
from relay.scanner.clamd import Clamd, ClamdStream
from relay.scanner.icap import Icap, IcapStream

# Seconds to connect and to take one piece, an answer to a preview included. Both together stay under what a front waits for the
# scanner to take a piece: `scan_timeout_ms` and `ipc_timeout_ms`, 65 s as they ship.
STEP_TIMEOUT_S: Final = 20.0
CLAMD: Final = "clamd"
ICAP: Final = "icap"


class Stream(Protocol):
    """A connection for one file. None of these raises for what the other end does."""

    async def open(self) -> None: ...

    async def send(self, piece: bytes) -> None: ...

    async def verdict(self) -> Scanned: ...


class Asked:
    """One file. Use it as a context manager; `open`, `send` each piece as it comes, then `wait_verdicts`.

    `scanned`: what is known by now, by who said it. Nobody has said anything before the end.
    """

    def __init__(self, clamd: Clamd | None, icap: Icap | None) -> None:
        self._exits = ExitStack()
        self._streams: dict[str, Stream] = {}
        if clamd is not None:
            self._streams[CLAMD] = self._exits.enter_context(ClamdStream(clamd))
        if icap is not None:
            self._streams[ICAP] = self._exits.enter_context(IcapStream(icap))
        self.scanned = dict.fromkeys(self._streams, Scanned(Verdict.TIMEOUT))

    async def open(self) -> None:
        for name, stream in list(self._streams.items()):
            await self._in_time(name, stream.open())

    async def send(self, piece: bytes) -> None:
        for name, stream in list(self._streams.items()):
            await self._in_time(name, stream.send(piece))

    async def _in_time(self, name: str, step: Awaitable[None]) -> None:
        with trio.move_on_after(STEP_TIMEOUT_S) as patience:
            await step
        if patience.cancelled_caught:
            del self._streams[name]  # half a piece may be written: nothing can be asked there any more

    async def wait_verdicts(self) -> None:
        """Each enters `scanned` when it is there."""

        async def one(name: str, stream: Stream) -> None:
            self.scanned[name] = await stream.verdict()

        async with trio.open_nursery() as all_of_them:
            for name, stream in self._streams.items():
                all_of_them.start_soon(one, name, stream)

    def __enter__(self) -> Asked:
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()
