"""The journal's frames: what a crash may leave behind, and what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from relay.base.errors import IntegrityBroken
from relay.ledger.journal import (
    BLOCK_BYTES,
    JOURNAL_BYTES,
    OVERHEAD_BYTES,
    Replay,
    encode_frame,
    frame_at,
    frame_bytes,
    read_live,
    replay,
)

SIZE = 16 * BLOCK_BYTES


def journal(*frames: bytes) -> bytearray:
    made = bytearray(SIZE)
    written = b"".join(frames)
    made[: len(written)] = written
    return made


def entries(start: int, count: int, size: int = 100) -> list[bytes]:
    return [f"{number:0{size}d}".encode() for number in range(start, start + count)]


def frame(start: int, lap: int, count: int = 2, size: int = 100) -> bytes:
    return encode_frame(start, lap, entries(start, count, size))


def test_a_frame_both_ways() -> None:
    made = frame(7, 3, 5)
    assert len(made) == BLOCK_BYTES
    read = frame_at(made, 0)
    assert read is not None
    assert (read.start, read.lap, read.entries, read.end) == (7, 3, tuple(entries(7, 5)), BLOCK_BYTES)
    assert read.next_index == 12


def test_frames_fill_whole_blocks() -> None:
    room = BLOCK_BYTES - OVERHEAD_BYTES
    for payload, blocks in ((0, 1), (room, 1), (room + 1, 2), (room + BLOCK_BYTES, 2), (room + BLOCK_BYTES + 1, 3)):
        assert frame_bytes(payload) == blocks * BLOCK_BYTES
    assert len(encode_frame(0, 1, [b"x" * (room - 2)])) == BLOCK_BYTES
    assert len(encode_frame(0, 1, [b"x" * (room - 1)])) == 2 * BLOCK_BYTES
    assert JOURNAL_BYTES % BLOCK_BYTES == 0


def test_every_changed_bit_of_a_frame_is_seen() -> None:
    made = frame(7, 3)
    end = OVERHEAD_BYTES + 2 * 102
    assert not any(made[end:])
    for place in range(end):
        changed = bytearray(made)
        changed[place] ^= 0x10
        assert frame_at(bytes(changed), 0) is None
    for cut in range(0, end, 7):
        assert frame_at(made[:cut], 0) is None


def test_an_empty_journal() -> None:
    assert replay(journal(), 0) == Replay((), 0, 1, torn=False)
    assert replay(journal(), 500) == Replay((), 0, 1, torn=False)


def test_frames_that_continue_the_tree() -> None:
    made = journal(frame(10, 4), frame(12, 4, 1, 5000), frame(13, 4))
    found = replay(made, 10)
    assert found.entries == (*entries(10, 2), *entries(12, 1, 5000), *entries(13, 2))
    assert (found.offset, found.lap, found.torn) == (4 * BLOCK_BYTES, 4, False)


def test_published_frames_are_stale() -> None:
    made = journal(frame(10, 4), frame(12, 4))
    assert replay(made, 14) == Replay((), 0, 5, torn=False)
    assert replay(made, 12).entries == tuple(entries(12, 2))
    assert replay(made, 99) == Replay((), 0, 5, torn=False)


def test_an_old_lap_behind_the_new_one_is_stale() -> None:
    made = journal(frame(20, 5), frame(12, 4), frame(14, 4))
    assert replay(made, 20) == Replay(tuple(entries(20, 2)), BLOCK_BYTES, 5, torn=False)
    # ... also when its indices happen to go on, which a lap number tells apart
    made = journal(frame(20, 5), frame(22, 4))
    with pytest.raises(IntegrityBroken):
        replay(made, 20)


def test_a_torn_write_is_dropped_and_reported() -> None:
    whole = journal(frame(10, 4), frame(12, 4))
    torn = 0
    for cut in range(BLOCK_BYTES, BLOCK_BYTES + OVERHEAD_BYTES + 204, 3):
        made = whole[:cut] + bytes(SIZE - cut)
        found = replay(made, 10)
        assert found.entries == tuple(entries(10, 2))
        assert (found.offset, found.lap) == (BLOCK_BYTES, 4)
        torn += found.torn
    assert torn > 50  # from the cut on at which the header is there
    first = frame(12, 5)
    made = bytearray(journal(frame(10, 4)))
    made[:200] = first[:200]
    assert replay(made, 12) == Replay((), 0, 1, torn=True)


def test_damage_before_an_acknowledged_frame_is_no_torn_write() -> None:
    made = journal(frame(10, 4), frame(12, 4), frame(14, 4))
    for place in (0, 40, BLOCK_BYTES, BLOCK_BYTES + 100):
        damaged = bytearray(made)
        damaged[place] ^= 1
        with pytest.raises(IntegrityBroken, match="damaged"):
            replay(damaged, 10)


def test_a_journal_that_does_not_belong_to_the_tree() -> None:
    made = journal(frame(10, 4), frame(12, 4))
    with pytest.raises(IntegrityBroken, match="rolled back"):
        replay(made, 9)
    with pytest.raises(IntegrityBroken, match="rolled back"):
        replay(made, 0)
    for size in (11, 13):
        with pytest.raises(IntegrityBroken, match="belong together"):
            replay(made, size)


def test_reading_beside_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_bytes(journal(frame(10, 4), frame(12, 4, 1, 9000), frame(13, 4), frame(3, 3)))
    assert [read.start for read in read_live(str(path))] == [10, 12, 13]
    path.write_bytes(bytes(SIZE))
    assert read_live(str(path)) == []
    path.write_bytes(frame(10, 4)[:100])
    assert read_live(str(path)) == []
    huge = bytearray(frame(10, 4))
    huge[8:12] = b"\xff" * 4
    path.write_bytes(huge)
    assert read_live(str(path)) == []
