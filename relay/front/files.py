"""The attached files of one request on their way to the scanner: taken as the body is parsed, sent between two of its pieces.

Rules:
1. Every file is at the scanner before its last byte is sealed, and what is sealed is worth nothing until each has its verdict.
2. Of a file that is to be disarmed no byte is sealed: what the scanner made of it goes on in its place, when all have their verdicts.
   The digests of both are taken here, of what was sent and of what is sealed; the scanner is not asked for them.
"""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from policy.attachments import DISARM, Attachment
from policy.faults import FileFault
from policy.pipeline import Judgement
from relay.base.errors import Unavailable
from relay.base.reasons import Reason
from relay.front.scanning import FileScan, Scanned
from relay.net.parcel import Parcel
from relay.tree.bounded import bounded_target
from relay.tree.record import DisarmedFile

_END: Final = b""  # no piece of a file is empty


class Begun(NamedTuple):
    """`filename` and `media_type`: as they go on."""

    attachment: Attachment
    filename: str
    media_type: str

    @property
    def is_disarmed(self) -> bool:
        return self.attachment.active == DISARM


@dataclass(slots=True)
class _UnderWay:
    begun: Begun
    scan: FileScan
    original: hashlib._Hash = field(default_factory=hashlib.sha256)


class Made(NamedTuple):
    """What goes on in the place of a file."""

    begun: Begun
    parcel: Parcel
    record: DisarmedFile


class Files:
    """Use it as a context manager: connections to the scanner end with the request, and so does what it made."""

    def __init__(self, scanner: Path | None, timeout_s: float, made_bytes: int) -> None:
        """`made_bytes`: of all that the scanner made anew; beyond it no envelope of the form would be taken."""
        self._scanner = scanner
        self._timeout_s = timeout_s
        self._made_left = made_bytes
        self._under_way: list[_UnderWay] = []
        self._open = ExitStack()
        self._failed: Unavailable | None = None
        self.waiting: list[Begun | bytes] = []
        self.made: list[Made] = []

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
                continue
            current = self._under_way[-1]
            if not event:
                await current.scan.end()
                continue
            if current.begun.is_disarmed:
                current.original.update(event)
            await current.scan.send(event)

    async def verdicts(self, judgement: Judgement) -> None:
        """Wait for every one of them, and tell the judgement. Raises Unavailable, also for what failed before."""
        if self._failed is not None:
            raise self._failed
        for one in self._under_way:
            scanned = await one.scan.verdict()
            words = scanned.words if scanned.made is None else self._take(one, scanned, scanned.made)
            judgement.file_judged(one.begun.attachment.name, words)

    def _take(self, one: _UnderWay, scanned: Scanned, parcel: Parcel) -> tuple[str, ...]:
        """Why what was made cannot cross; nothing where it can."""
        self._open.enter_context(parcel)
        self._made_left -= parcel.size
        if self._made_left < 0:
            return (FileFault.NOT_DISARMED,)
        result = hashlib.sha256()
        for piece in parcel.pieces():
            result.update(piece)
        name = bounded_target(one.begun.attachment.name)
        record = DisarmedFile(name, one.original.hexdigest(), result.hexdigest(), scanned.tool, scanned.removed)
        self.made.append(Made(one.begun, parcel, record))
        return ()

    def records(self) -> tuple[DisarmedFile, ...]:
        return tuple([made.record for made in self.made])

    async def _begin(self, begun: Begun) -> None:
        if self._scanner is None:
            raise Unavailable(Reason.SCANNER_UNAVAILABLE, "no scanner is configured")
        scan = self._open.enter_context(FileScan(self._scanner, self._timeout_s))
        self._under_way.append(_UnderWay(begun, scan))
        await scan.begin(begun.filename, begun.media_type, begun.attachment)

    def __enter__(self) -> Files:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()
