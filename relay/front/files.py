"""The attached files of one request on their way to the scanner: taken as the body is parsed, sent between two of its pieces.

Every file is at the scanner before its last byte is sealed, and what is sealed is worth nothing until each has its verdict.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

from policy.pipeline import Judgement
from relay.base.errors import Unavailable
from relay.base.reasons import Reason
from relay.front.scanning import FileScan

_END: Final = b""  # no piece of a file is empty


class Begun(NamedTuple):
    """`name`: of the attachment, which is declared."""

    name: str
    filename: str
    media_type: str
    kinds: tuple[str, ...]


class Files:
    """Use it as a context manager: connections to the scanner end with the request."""

    def __init__(self, scanner: Path | None, timeout_s: float) -> None:
        self._scanner = scanner
        self._timeout_s = timeout_s
        self._scans: list[tuple[str, FileScan]] = []
        self._open = ExitStack()
        self._failed: Unavailable | None = None
        self.waiting: list[Begun | bytes] = []

    def start(self, begun: Begun) -> None:
        self.waiting.append(begun)

    def data(self, data: bytes) -> None:
        if data:
            self.waiting.append(data)

    def end(self) -> None:
        self.waiting.append(_END)

    async def forward(self) -> None:
        """What was taken since the last time goes to the scanner, unless it has failed: then there is no verdict in the end."""
        waiting, self.waiting = self.waiting, []
        if self._failed is not None:
            return
        try:
            await self._send(waiting)
        except Unavailable as error:
            self._failed = error
            self._open.close()

    async def _send(self, waiting: list[Begun | bytes]) -> None:
        """Raises Unavailable."""
        for event in waiting:
            if isinstance(event, Begun):
                await self._begin(event)
            elif event:
                await self._scans[-1][1].send(event)
            else:
                await self._scans[-1][1].end()

    async def verdicts(self, judgement: Judgement) -> None:
        """Wait for every one of them, and tell the judgement. Raises Unavailable, also for what failed before."""
        if self._failed is not None:
            raise self._failed
        for name, scan in self._scans:
            judgement.file_judged(name, await scan.refused_for())

    async def _begin(self, begun: Begun) -> None:
        if self._scanner is None:
            raise Unavailable(Reason.SCANNER_UNAVAILABLE, "no scanner is configured")
        scan = self._open.enter_context(FileScan(self._scanner, self._timeout_s))
        self._scans.append((begun.name, scan))
        await scan.begin(begun.filename, begun.media_type, begun.kinds)

    def __enter__(self) -> Files:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()
