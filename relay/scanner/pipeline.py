"""THE HOT PATH of the scanner: pieces to clamd, ICAP and memory ▸ verdicts, and the structure in a process of its own ▸ one answer,
and beside it the file that this process made anew, where the attachment asks for that.

While the file arrives nothing of it is looked at here, now or later: the role moves bytes, a process of its own opens them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import trio

from content.disarm import Active
from content.verdicts import Scanned, Verdict
from relay.base.errors import Unavailable
from relay.base.limits import Limits
from relay.ipc.messages import FileScanned, ProtocolViolation, ScanFile
from relay.net.parcel import Parcel, ParcelWriter
from relay.scanner.asked import CLAMD, Asked
from relay.scanner.child import Bounds, File
from relay.scanner.clamd import Clamd
from relay.scanner.icap import Icap
from relay.scanner.measure import Measure
from relay.scanner.process import Looked, examine_apart
from relay.scanner.report import Report, judged


@dataclass(frozen=True, slots=True)
class Scanner:
    """What all files of the role share. `clamd`, `icap`: who is asked; one at least. `processes`: how many are looked at at a time;
    who waits for one uses up their time."""

    limits: Limits
    clamd: Clamd | None
    icap: Icap | None
    processes: trio.CapacityLimiter
    measure: Measure
    is_filtered: bool
    open_files: int

    def bounds(self) -> Bounds:
        limits = self.limits
        space = self.measure.address_space() + limits.scan_memory_bytes
        return Bounds(space, limits.scan_cpu_s, self.open_files, self.is_filtered)

    @property
    def file_bytes(self) -> int:
        """What a body may have: no front sends a larger file."""
        return max(self.limits.body_bytes, self.limits.route_body_bytes)


class Answer(NamedTuple):
    """`made`: the file that was made anew; the caller closes it."""

    said: FileScanned
    made: Parcel | None = None

    @property
    def descriptors(self) -> list[int]:
        return [] if self.made is None else self.made.descriptors

    def __enter__(self) -> Answer:
        return self

    def __exit__(self, *_: object) -> None:
        if self.made is not None:
            self.made.close()


async def scan(scanner: Scanner, begun: ScanFile, pieces: AsyncIterator[bytes]) -> Answer:
    """One file, from its first piece to its verdict. Raises ProtocolViolation."""
    with ParcelWriter() as writer, Asked(scanner.clamd, scanner.icap) as asked:
        await asked.open()
        try:
            async for piece in pieces:
                if writer.size + len(piece) > scanner.file_bytes:
                    raise ProtocolViolation("a file is larger than any body may be")
                writer.write(piece)
                await asked.send(piece)
            parcel = writer.freeze()
        except Unavailable:  # no memory for it
            return Answer(judged(begun.call, Verdict.ERROR, {}))
        with parcel:
            file = File(begun.name, begun.media_type, frozenset(begun.kinds), Active(begun.active), parcel)
            return await _all(scanner, begun.call, file, asked)


async def _all(scanner: Scanner, call: int, file: File, asked: Asked) -> Answer:
    """The structure, and whoever is asked, at the same time and under one deadline."""
    looked = Looked(Verdict.TIMEOUT)

    async def look() -> None:
        nonlocal looked
        async with scanner.processes:
            looked = await examine_apart(file, scanner.bounds())

    with trio.move_on_after(scanner.limits.scan_timeout_ms / 1000):
        async with trio.open_nursery() as both:
            both.start_soon(look)
            both.start_soon(asked.wait_verdicts)
    scanned = _seen(scanner.clamd, file.parcel, looked.said, asked.scanned)
    scanner.measure.said(looked.said, scanned)
    answer = judged(call, looked.said, scanned)
    if not answer.tool:
        looked.close()
        return Answer(answer)
    return Answer(answer, looked.made)


def _seen(
    clamd: Clamd | None, parcel: Parcel, looked: Report | Verdict, scanned: Mapping[str, Scanned]
) -> Mapping[str, Scanned]:
    """clamd answers OK for what it skipped in an archive because of a limit of its own."""
    unpacked = looked.unpacked if isinstance(looked, Report) else 0
    if clamd is None or scanned[CLAMD].verdict is not Verdict.CLEAN or clamd.settings.sees_all(parcel.size, unpacked):
        return scanned
    return {**scanned, CLAMD: Scanned(Verdict.UNSCANNABLE)}
