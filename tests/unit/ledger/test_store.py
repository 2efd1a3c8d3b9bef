"""The log store when nothing fails: what is on the disk after each step. Faults are in tests/faults."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from relay.base.errors import Broken, IntegrityBroken, Misuse, Unavailable
from relay.base.limits import DEFAULTS
from relay.base.reasons import Reason
from relay.ledger.disk import Disk
from relay.ledger.journal import BLOCK_BYTES
from relay.ledger.store import FREE_SPARE_BYTES, LogStore
from relay.ledger.verify import verify
from relay.tree.checkpoint import open_checkpoint
from relay.tree.note import Signer
from tests.log_samples import JOURNAL_BYTES, ORIGIN, START_MS, encoded, make_log, naive_root

SIGNER = Signer.generate(ORIGIN)


def open_store(directory: Path, disk: Disk | None = None) -> LogStore:
    return LogStore.open(directory, ORIGIN, SIGNER, START_MS, journal_bytes=JOURNAL_BYTES, disk=disk)


def files(directory: Path) -> set[str]:
    return {
        os.path.relpath(os.path.join(parent, name), directory)
        for parent, _, names in os.walk(directory / "tile")
        for name in names
    }


def test_a_new_log_has_the_checkpoint_of_the_empty_tree(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    assert store.size == 0
    assert store.is_accepting
    checkpoint = open_checkpoint((tmp_path / "checkpoint").read_bytes(), ORIGIN, [SIGNER.verifier])
    assert (checkpoint.size, checkpoint.root) == (0, naive_root([]))
    assert (tmp_path / "journal").stat().st_size == JOURNAL_BYTES
    assert files(tmp_path) == set()
    store.close()
    assert verify(tmp_path, SIGNER.vkey).size == 0


def test_append_tells_the_index_and_publish_makes_it_readable(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    records = encoded(300)
    assert store.append(records[:1]) == 0
    assert store.append(records[1:9]) == 1
    assert store.append(records[9:]) == 9
    assert (store.size, store.checkpoint.size) == (300, 0)
    checkpoint = store.publish(START_MS + 1)
    assert (checkpoint.size, checkpoint.root) == (300, naive_root(records))
    assert store.published_ms == START_MS + 1
    assert files(tmp_path) == {
        "tile/0/000",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/44",
    }
    bundle = (tmp_path / "tile/entries/000").read_bytes()
    assert bundle.startswith(len(records[0]).to_bytes(2) + records[0])
    assert open_checkpoint((tmp_path / "checkpoint").read_bytes(), ORIGIN, [SIGNER.verifier]) == checkpoint
    store.close()


def test_publishing_nothing_new_writes_nothing(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.append(encoded(3))
    store.publish(START_MS)
    before = (tmp_path / "checkpoint").stat()
    store.publish(START_MS + 5)
    after = (tmp_path / "checkpoint").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert store.published_ms == START_MS + 5


def test_partial_files_stay_until_the_full_one_is_there(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    records = encoded(520)
    store.append(records[:10])
    store.publish(START_MS)
    store.append(records[10:20])
    store.publish(START_MS)
    assert {"tile/0/000.p/10", "tile/0/000.p/20", "tile/entries/000.p/10", "tile/entries/000.p/20"} == files(tmp_path)
    store.append(records[20:])
    store.publish(START_MS)
    assert files(tmp_path) == {
        *(f"tile/{level}/{number}" for level in ("0", "entries") for number in ("000", "001", "002.p/8")),
        "tile/1/000.p/2",
    }
    store.close()
    assert verify(tmp_path, SIGNER.vkey).size == 520


def test_reopening_goes_on_where_it_was(tmp_path: Path) -> None:
    records = encoded(1000)
    at = 0
    for step in (1, 255, 1, 256, 100, 300, 87):
        store = open_store(tmp_path)
        assert store.size == at
        assert store.append(records[at : at + step]) == at
        at += step
        if step % 2:
            store.publish(START_MS)
        store.close()
    store = open_store(tmp_path)
    assert (store.size, store.checkpoint.size, store.checkpoint.root) == (1000, 1000, naive_root(records))
    store.close()
    report = verify(tmp_path, SIGNER.vkey)
    assert (report.size, report.unpublished) == (1000, 0)


def test_recovery_says_what_it_found(tmp_path: Path) -> None:
    make_log(tmp_path, 20, SIGNER, published=12)
    store = open_store(tmp_path)
    assert (store.recovery.replayed, store.recovery.torn) == (8, False)
    store.append(encoded(1))
    store.close()
    journal = bytearray((tmp_path / "journal").read_bytes())
    journal[100] ^= 1  # inside the only frame: nobody can tell it from a torn write
    (tmp_path / "journal").write_bytes(journal)
    store = open_store(tmp_path)
    assert (store.size, store.recovery.replayed, store.recovery.torn) == (20, 0, True)
    store.close()


def test_a_full_lap_publishes_by_itself(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    records = encoded(3)
    laps = JOURNAL_BYTES // BLOCK_BYTES
    for number in range(3 * laps):
        assert store.append(records[number % 3 : number % 3 + 1]) == number
    assert store.size - store.checkpoint.size <= laps
    assert store.checkpoint.size >= 2 * laps
    store.close()


def test_a_batch_larger_than_a_lap_is_split(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    record = b"x" * DEFAULTS.record_bytes
    assert store.append([record] * 20) == 0
    assert store.append([b"y"]) == 20
    store.publish(START_MS)
    assert store.checkpoint.root == naive_root([record] * 20 + [b"y"])
    store.close()


def test_the_size_of_a_record_at_n_and_n_plus_1(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    most = DEFAULTS.record_bytes
    assert store.append([b"x" * most]) == 0
    for batch in ([b"x" * (most + 1)], [b"ok", b"x" * (most + 1)], [b""], [b"ok", b""], []):
        with pytest.raises(Misuse):
            store.append(batch)
    assert store.size == 1
    assert store.append([b"ok"]) == 1
    store.close()


def test_one_owner(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    with pytest.raises(Unavailable, match="another ledger owns") as caught:
        open_store(tmp_path)
    assert caught.value.reason is Reason.LEDGER_UNAVAILABLE
    store.append(encoded(1))
    store.close()
    open_store(tmp_path).close()


def test_after_close_nothing_works(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.close()
    store.close()
    with pytest.raises(Broken):
        store.append(encoded(1))
    with pytest.raises(Broken):
        store.publish(START_MS)
    assert not store.is_accepting


def test_the_key_carries_the_name_of_the_log(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="origin"):
        LogStore.open(tmp_path, "log.example/other", SIGNER, START_MS)


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Broken):
        open_store(tmp_path / "missing")


class SmallDisk(Disk):
    """Reports as much free space as it is told to."""

    free = 0

    def free_bytes(self, descriptor: int) -> int:
        return self.free


def test_no_record_is_taken_that_could_not_be_published(tmp_path: Path) -> None:
    disk = SmallDisk()
    store = open_store(tmp_path, disk)
    record = b"x" * 98  # with its length: 100 bytes
    disk.free = FREE_SPARE_BYTES + 199
    with pytest.raises(Unavailable) as caught:
        store.append([record])
    assert caught.value.reason is Reason.LEDGER_UNAVAILABLE
    assert store.size == 0
    disk.free += 1
    assert store.append([record]) == 0
    store.close()


# What an intruder or a failing disk may do to a log that is not running, and the words of the ledger that starts on it.
def forget(path: Path) -> None:
    path.unlink()


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


DAMAGE = [
    ("checkpoint", forget, "the checkpoint is gone"),
    ("checkpoint", flip, "."),
    ("checkpoint", cut, "signed note"),
    ("journal", forget, "the journal is gone"),
    ("journal", cut, "not 524288"),
    ("tile/0/002.p/8", forget, "tile/0/002.p/8 is missing"),
    ("tile/0/002.p/8", flip, "root"),
    ("tile/0/002.p/8", cut, "bytes"),
    ("tile/1/000.p/2", forget, "missing"),
    ("tile/1/000.p/2", flip, "root"),
    ("tile/0/001", forget, "missing"),
    ("tile/0/001", flip, "does not hash to the tile above"),
    ("tile/entries/002.p/8", forget, "missing"),
    ("tile/entries/002.p/8", flip, "does not hash|cut off|entries"),
    ("tile/entries/002.p/8", cut, "cut off"),
]


def test_a_damaged_log_does_not_start(tmp_path: Path) -> None:
    for number, (name, damage, words) in enumerate(DAMAGE):
        directory = tmp_path / str(number)
        make_log(directory, 520, SIGNER)
        damage(directory / name)
        with pytest.raises(IntegrityBroken, match=words):
            open_store(directory)
        with pytest.raises(IntegrityBroken):  # and the lock was given back
            open_store(directory)
    assert len(DAMAGE) == 15


def test_another_key_does_not_start(tmp_path: Path) -> None:
    make_log(tmp_path, 5, Signer.generate(ORIGIN))
    with pytest.raises(IntegrityBroken, match="known key"):
        open_store(tmp_path)


def test_a_tree_that_was_rolled_back_does_not_start(tmp_path: Path) -> None:
    make_log(tmp_path, 10, SIGNER)
    old = (tmp_path / "checkpoint").read_bytes()
    store = open_store(tmp_path)
    store.append(encoded(3))
    store.publish(START_MS)
    store.append(encoded(3))
    store.close()
    (tmp_path / "checkpoint").write_bytes(old)
    with pytest.raises(IntegrityBroken, match="rolled back"):
        open_store(tmp_path)


def test_an_operator_may_accept_the_loss_of_the_journal(tmp_path: Path) -> None:
    make_log(tmp_path, 10, SIGNER)
    (tmp_path / "journal").write_bytes(b"")
    store = open_store(tmp_path)
    assert store.size == 10
    assert (tmp_path / "journal").stat().st_size == JOURNAL_BYTES
    store.close()


def test_files_are_not_for_everybody(tmp_path: Path) -> None:
    make_log(tmp_path, 300, SIGNER)
    modes = [path.stat().st_mode for path in tmp_path.rglob("*")]
    assert len(modes) > 10
    assert not any(mode & 0o007 for mode in modes)
