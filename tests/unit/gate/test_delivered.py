"""Nothing is delivered twice (P5): an id that the gate has seen is refused, also after it was stopped in the middle."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from relay.base.errors import Broken, Refused
from relay.base.ids import TransferId, transfer_id_to_bytes
from relay.base.reasons import Reason
from relay.gate.delivered import FORGET_MOST, Delivered
from tests.log_samples import transfer

ONE, OTHER = TransferId(transfer(1)), TransferId(transfer(2))


def replayed(delivered: Delivered, transfer_id: TransferId, expires_ms: int = 1_000) -> None:
    with pytest.raises(Refused) as caught:
        delivered.remember(transfer_id, expires_ms)
    assert caught.value.reason is Reason.ENVELOPE_REPLAYED


def test_a_repeat_is_refused(tmp_path: Path) -> None:
    delivered = Delivered(tmp_path / "delivered.sqlite")
    delivered.remember(ONE, 1_000)
    delivered.remember(OTHER, 1_000)
    for _ in range(3):
        replayed(delivered, ONE)
    replayed(delivered, ONE, expires_ms=2_000)  # another expiry does not make it another transfer
    delivered.close()


def test_a_repeat_is_refused_after_a_restart(tmp_path: Path) -> None:
    first = Delivered(tmp_path / "delivered.sqlite")
    first.remember(ONE, 1_000)
    second = Delivered(tmp_path / "delivered.sqlite")  # as after a crash: the first was never closed
    replayed(second, ONE)
    second.remember(OTHER, 1_000)
    replayed(first, OTHER)
    first.close()
    second.close()


def test_an_id_is_forgotten_only_after_its_time(tmp_path: Path) -> None:
    delivered = Delivered(tmp_path / "delivered.sqlite")
    delivered.remember(ONE, 1_000)
    assert delivered.forget(1_000) == 0
    replayed(delivered, ONE)
    assert delivered.forget(1_001) == 1
    delivered.remember(ONE, 1_000)
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
    with sqlite3.connect(path) as other:
        other.execute("DROP TABLE delivered")
    other.close()
    with pytest.raises(Broken):
        delivered.forget(1_000)
    delivered.close()


def test_what_cannot_be_kept_is_not_delivered(tmp_path: Path) -> None:
    path = tmp_path / "delivered.sqlite"
    delivered = Delivered(path)
    with sqlite3.connect(path) as other:
        other.execute("DROP TABLE delivered")
    other.close()
    with pytest.raises(Broken):
        delivered.remember(ONE, 1_000)
    delivered.close()
