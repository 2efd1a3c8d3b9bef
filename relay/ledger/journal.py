"""The journal's frames (docs/spec/log.md section 7): made, found again after a crash, and read beside a live writer.

Bytes in, frames out; only `read_live` opens a file, and it never writes.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from relay.base.errors import IntegrityBroken
from relay.tree.tiles import encode_bundle, split_bundle

JOURNAL_BYTES = 8 * 1024 * 1024
BLOCK_BYTES = 4096
MAGIC = b"\xf7SKJNL\x00\x01"
_HEADER = struct.Struct(">8sIIQQ")
_DIGEST_BYTES = 32
OVERHEAD_BYTES = _HEADER.size + _DIGEST_BYTES
_ZEROS = bytes(BLOCK_BYTES)


@dataclass(frozen=True, slots=True)
class Frame:
    """One batch. `end`: the offset where the next frame begins."""

    start: int
    lap: int
    entries: tuple[bytes, ...]
    end: int

    @property
    def next_index(self) -> int:
        return self.start + len(self.entries)


@dataclass(frozen=True, slots=True)
class Replay:
    """What a journal says on top of a tree of some size."""

    entries: tuple[bytes, ...]  # acknowledged (or at least whole) records that the tree does not hold
    offset: int  # where the next frame of this lap goes
    lap: int
    torn: bool  # a frame that a crash cut off lay there


def frame_bytes(payload_bytes: int) -> int:
    """The room that a frame takes in the journal."""
    return -(-(payload_bytes + OVERHEAD_BYTES) // BLOCK_BYTES) * BLOCK_BYTES


def encode_frame(start: int, lap: int, records: Sequence[bytes]) -> bytes:
    """The frame, padded to whole blocks."""
    payload = encode_bundle(records)
    body = _HEADER.pack(MAGIC, len(payload), len(records), start, lap) + payload
    frame = body + sha256(body).digest()
    return frame + _ZEROS[: -len(frame) % BLOCK_BYTES]


def frame_at(journal: bytes | memoryview, offset: int) -> Frame | None:
    """The whole frame that begins at `offset`; None when there is none."""
    if offset + OVERHEAD_BYTES > len(journal):
        return None
    magic, length, count, start, lap = _HEADER.unpack_from(journal, offset)
    payload = offset + _HEADER.size
    end = payload + length
    if magic != MAGIC or end + _DIGEST_BYTES > len(journal):
        return None
    if sha256(journal[offset:end]).digest() != journal[end : end + _DIGEST_BYTES]:
        return None
    entries = tuple(split_bundle(bytes(journal[payload:end]), count))
    return Frame(start, lap, entries, offset + frame_bytes(length))


def _run(journal: bytes | memoryview) -> Iterator[Frame]:
    """The frames from offset 0 that continue each other (section 7.3)."""
    frame = frame_at(journal, 0)
    while frame is not None:
        yield frame
        before = frame
        frame = frame_at(journal, before.end)
        if frame is not None and (frame.lap != before.lap or frame.start != before.next_index):
            return


def replay(journal: bytes | memoryview, size: int) -> Replay:
    """The records beyond a published tree of `size`. Raises IntegrityBroken where section 7.3 says so."""
    entries: list[bytes] = []
    offset = lap = 0
    for frame in _run(journal):
        offset, lap = frame.end, frame.lap
        if frame.next_index <= size:
            continue
        expected = size + len(entries)
        if frame.start != expected:
            what = "the tree was rolled back" if frame.start > expected else "they do not belong together"
            raise IntegrityBroken(
                f"the journal continues a tree of {frame.start}, but the checkpoint ends at {expected}: {what}"
            )
        entries += frame.entries
    torn, newest_lap = _leftover(journal, offset, size + len(entries))
    if not entries:  # all of it is published: the next frame begins a lap
        offset, lap = 0, max(lap, newest_lap) + 1
    return Replay(tuple(entries), offset, lap, torn)


def _leftover(journal: bytes | memoryview, offset: int, size: int) -> tuple[bool, int]:
    """Whether a torn write lies at `offset`, and the newest lap of any whole frame.

    Raises IntegrityBroken for a frame beyond `size` that nothing leads to.
    """
    newest_lap = 0
    for place in range(0, len(journal) - OVERHEAD_BYTES + 1, BLOCK_BYTES):
        if journal[place : place + len(MAGIC)] != MAGIC:
            continue
        frame = frame_at(journal, place)
        if frame is None:
            continue
        newest_lap = max(newest_lap, frame.lap)
        if frame.next_index > size:
            raise IntegrityBroken(
                f"the journal holds records {frame.start} to {frame.next_index - 1} at offset {place}, "
                f"but those before them, from {size} on, are damaged"
            )
    if offset + _HEADER.size > len(journal):
        return False, newest_lap
    magic, _, _, start, _ = _HEADER.unpack_from(journal, offset)
    return magic == MAGIC and start == size and frame_at(journal, offset) is None, newest_lap


def read_live(path: str) -> list[Frame]:
    """The frames that a writer may be adding to at this moment; read block by block, as most of it is old."""
    frames: list[Frame] = []
    with open(path, "rb", buffering=0) as file:
        descriptor = file.fileno()
        offset = 0
        while (frame := _frame_on_disk(descriptor, offset)) is not None:
            if frames and (frame.lap != frames[-1].lap or frame.start != frames[-1].next_index):
                break
            frames.append(frame)
            offset += frame.end
    return frames


def _frame_on_disk(descriptor: int, offset: int) -> Frame | None:
    """As `frame_at`; its `end` is the frame's length."""
    head = os.pread(descriptor, BLOCK_BYTES, offset)
    if len(head) < OVERHEAD_BYTES or not head.startswith(MAGIC):
        return None
    length = _HEADER.unpack_from(head)[1]
    room = frame_bytes(length)
    if room > JOURNAL_BYTES:
        return None
    return frame_at(head if room == BLOCK_BYTES else os.pread(descriptor, room, offset), 0)
