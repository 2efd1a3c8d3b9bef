"""Nothing is delivered twice (P5): an id that the gate has seen is refused, also after it was stopped in the middle."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import trio

from relay.base.errors import Broken, Refused
from relay.base.ids import TransferId, transfer_id_to_bytes
from relay.base.reasons import Reason
from relay.gate.delivered import FORGET_MOST, Delivered
from tests.log_samples import transfer

ONE, OTHER = TransferId(transfer(1)), TransferId(transfer(2))


async def replayed(delivered: Delivered, transfer_id: TransferId, expires_ms: int = 1_000) -> None:
    with pytest.raises(Refused) as caught:
        await delivered.remember(transfer_id, expires_ms)
    assert caught.value.reason is Reason.ENVELOPE_REPLAYED


def behind_its_back(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as other:
        other.execute(statement)
    other.close()


async def test_a_repeat_is_refused(tmp_path: Path) -> None:
    delivered = Delivered(tmp_path / "delivered.sqlite")
    await delivered.remember(ONE, 1_000)
    await delivered.remember(OTHER, 1_000)
    for _ in range(3):
        await replayed(delivered, ONE)
    await replayed(delivered, ONE, expires_ms=2_000)  # another expiry does not make it another transfer
    delivered.close()


async def test_a_repeat_is_refused_after_a_restart(tmp_path: Path) -> None:
    first = Delivered(tmp_path / "delivered.sqlite")
    await first.remember(ONE, 1_000)
    second = Delivered(tmp_path / "delivered.sqlite")  # as after a crash: the first was never closed
    await replayed(second, ONE)
    await second.remember(OTHER, 1_000)
    await replayed(first, OTHER)
    first.close()
    second.close()


async def test_an_id_is_forgotten_only_after_its_time(tmp_path: Path) -> None:
    delivered = Delivered(tmp_path / "delivered.sqlite")
    await delivered.remember(ONE, 1_000)
    assert delivered.forget(1_000) == 0
    await replayed(delivered, ONE)
    assert delivered.forget(1_001) == 1
    await delivered.remember(ONE, 1_000)
    delivered.close()


def test_forgetting_goes_by_turns(tmp_path: Path) -> None:
    path = tmp_path / "delivered.sqlite"
    delivered = Delivered(path)
    with sqlite3.connect(path) as other:  # in one transaction: a thousand of them would wait for the disk
        ids = [(transfer_id_to_bytes(TransferId(transfer(number))), number) for number in range(FORGET_MOST + 1)]
        other.executemany("INSERT INTO delivered VALUES (?, ?)", ids)
    other.close()
    assert [delivered.forget(5_000) for _ in range(3)] == [FORGET_MOST, 1, 0]
    delivered.close()


def test_what_cannot_be_forgotten_is_broken_too(tmp_path: Path) -> None:
    path = tmp_path / "delivered.sqlite"
    delivered = Delivered(path)
    behind_its_back(path, "DROP TABLE delivered")
    with pytest.raises(Broken):
        delivered.forget(1_000)
    delivered.close()


async def test_what_cannot_be_kept_is_not_delivered(tmp_path: Path) -> None:
    path = tmp_path / "delivered.sqlite"
    delivered = Delivered(path)
    behind_its_back(path, "DROP TABLE delivered")
    with pytest.raises(Broken):
        await delivered.remember(ONE, 1_000)
    delivered.close()


async def outcomes(delivered: Delivered, ids: list[TransferId]) -> list[str]:
    """What becomes of ids that come in the same turn."""
    found = [""] * len(ids)

    async def one(place: int) -> None:
        try:
            await delivered.remember(ids[place], 1_000)
            found[place] = "new"
        except Refused as refused:
            found[place] = refused.reason.value
        except Broken:
            found[place] = "broken"

    async with trio.open_nursery() as nursery:
        for place in range(len(ids)):
            nursery.start_soon(one, place)
    return found


async def test_of_equal_ids_in_one_turn_one_is_new(tmp_path: Path) -> None:
    delivered = Delivered(tmp_path / "delivered.sqlite")
    found = await outcomes(delivered, [ONE, OTHER, ONE, ONE])
    assert sorted(found) == ["envelope_replayed", "envelope_replayed", "new", "new"] and found[1] == "new"
    await replayed(delivered, ONE)
    await replayed(delivered, OTHER)
    delivered.close()


async def test_ids_of_one_turn_wait_for_the_disk_once(tmp_path: Path) -> None:
    path = tmp_path / "delivered.sqlite"
    delivered = Delivered(path)
    log = path.with_name("delivered.sqlite-wal")
    before = log.stat().st_size
    assert await outcomes(delivered, [TransferId(transfer(number)) for number in range(50)]) == ["new"] * 50
    together = log.stat().st_size - before
    alone = Delivered(tmp_path / "alone.sqlite")
    before = log.with_name("alone.sqlite-wal").stat().st_size
    for number in range(50):
        await alone.remember(TransferId(transfer(number)), 1_000)
    assert together * 10 < log.with_name("alone.sqlite-wal").stat().st_size - before  # pages are written once for all
    delivered.close()
    alone.close()


async def test_a_group_that_cannot_be_kept_is_kept_by_nobody(tmp_path: Path) -> None:
    path = tmp_path / "delivered.sqlite"
    delivered = Delivered(path)
    behind_its_back(path, "ALTER TABLE delivered RENAME TO gone")
    assert await outcomes(delivered, [ONE, OTHER]) == ["broken", "broken"]
    behind_its_back(path, "ALTER TABLE gone RENAME TO delivered")
    assert await outcomes(delivered, [ONE, OTHER]) == ["new", "new"]  # and the next group begins anew
    delivered.close()


async def test_who_is_cancelled_leaves_no_group_behind(tmp_path: Path) -> None:
    delivered = Delivered(tmp_path / "delivered.sqlite")
    with trio.CancelScope() as scope:
        scope.cancel()
        await delivered.remember(ONE, 1_000)
    await replayed(delivered, ONE)
    await delivered.remember(OTHER, 1_000)
    delivered.close()
