"""The log store under every failure of every durable step, under kill -9, and on a disk that is really full.

After each failure the log is opened again by the normal code, and the whole tree is verified: no record that was acknowledged
is lost, none is doubled or reordered, and the log goes on.
"""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from relay.base.errors import Broken, SekishoError, Unavailable
from relay.base.reasons import Reason
from relay.ledger import reader
from relay.ledger.disk import Disk
from relay.ledger.store import LogStore
from relay.ledger.verify import verify
from relay.tree.note import Signer
from relay.tree.record import encode_record
from tests.faults.failing_disk import Failure, MortalDisk, QuickDisk, ShortDisk, StumblingDisk
from tests.log_samples import ORIGIN, START_MS, encoded, refusal

SIGNER = Signer.generate(ORIGIN)
JOURNAL_BYTES = 160 * 1024
RECORDS = encoded(310)
# Records to append; None publishes. Passes a full tile, partial ones that are superseded, and several laps.
SCRIPT: tuple[int | None, ...] = (1, None, 4, 1, None, 200, 50, None, 2, 3, None, 30, 5)
ATTEMPTED = sum(step or 0 for step in SCRIPT)
ROUNDS = 10
KILL_AFTER = (1, 3, 8, 2, 15, 7, 40, 6, 14, 21)  # acknowledgements that each round waits for


def open_store(directory: Path, disk: Disk) -> LogStore:
    return LogStore.open(directory, ORIGIN, SIGNER, START_MS, journal_bytes=JOURNAL_BYTES, disk=disk)


def run_script(directory: Path, disk: Disk) -> Iterator[int]:
    """The size that has been acknowledged, after each step that succeeded."""
    store = open_store(directory, disk)
    try:
        size = 0
        for step in SCRIPT:
            if step is None:
                store.publish(START_MS)
            else:
                assert store.append(RECORDS[size : size + step]) == size
                size += step
            yield size
    finally:
        store.close()


def check_after(directory: Path, acknowledged: int) -> None:
    """Open, compare, go on to the end, verify."""
    store = open_store(directory, QuickDisk())
    assert acknowledged <= store.size <= ATTEMPTED
    assert [entry for _, entry in reader.entries(directory)] == RECORDS[: store.size]
    assert verify(directory, SIGNER.vkey).size == store.size
    if store.size < ATTEMPTED:
        store.append(RECORDS[store.size : ATTEMPTED])
        store.publish(START_MS)
    store.close()
    assert verify(directory, SIGNER.vkey).size == ATTEMPTED
    assert [entry for _, entry in reader.entries(directory)] == RECORDS[:ATTEMPTED]


def test_every_durable_step_times_every_failure(tmp_path: Path) -> None:
    counting = MortalDisk()
    (tmp_path / "count").mkdir()
    assert list(run_script(tmp_path / "count", counting))[-1] == ATTEMPTED
    steps = len(counting.calls)
    kinds = Counter(counting.calls)
    assert set(kinds) == {
        "create", "write", "pwrite", "fsync", "fdatasync", "fsync_directory", "mkdir", "rename", "unlink", "rmdir",
    }  # fmt: skip
    runs = 0
    for at in range(steps):
        for failure in Failure:
            for loses_power in (False, True):
                directory = tmp_path / f"{at}-{failure.name}-{loses_power}"
                directory.mkdir()
                disk = MortalDisk(at, failure)
                acknowledged = 0
                try:
                    for size in run_script(directory, disk):
                        acknowledged = size
                except SekishoError as error:
                    assert isinstance(error, Broken)
                if loses_power:
                    disk.power_loss()
                check_after(directory, acknowledged)
                runs += 1
    assert runs == steps * 6
    assert steps > 100


def test_a_write_without_space_is_unavailable_and_changes_nothing(tmp_path: Path) -> None:
    counting = StumblingDisk(None, errno.ENOSPC)
    (tmp_path / "count").mkdir()
    list(run_script(tmp_path / "count", counting))
    tried: Counter[str] = Counter()
    for at, call in enumerate(counting.calls):
        if call not in ("create", "write", "pwrite", "mkdir", "rename"):
            continue
        for number in (errno.ENOSPC, errno.EDQUOT):
            directory = tmp_path / f"{at}-{number}"
            directory.mkdir()
            disk = StumblingDisk(at, number)
            refused = run_and_retry(directory, disk)
            assert refused == 1, call
            check_after(directory, ATTEMPTED)
            tried[call] += 1
    assert set(tried) == {"create", "write", "pwrite", "mkdir", "rename"}


def run_and_retry(directory: Path, disk: Disk) -> int:
    """The script, each step repeated until it works; how often it was told to come again."""
    refused = size = 0
    store: LogStore | None = None
    while store is None:
        try:
            store = open_store(directory, disk)
        except Unavailable as error:
            assert error.reason is Reason.LEDGER_UNAVAILABLE
            refused += 1
    for step in SCRIPT:
        while True:
            try:
                if step is None:
                    store.publish(START_MS)
                else:
                    store.append(RECORDS[size : size + step])
                break
            except Unavailable as error:
                assert error.reason is Reason.LEDGER_UNAVAILABLE
                refused += 1
                assert store.size == size
                if step is not None and not store.is_accepting:
                    store.publish(START_MS)
        size += step or 0
    store.close()
    return refused


def test_after_a_publish_without_space_appends_wait_for_the_next_one(tmp_path: Path) -> None:
    class FullDisk(QuickDisk):
        full = False

        def create(self, path: str) -> int:
            if self.full:
                raise OSError(errno.ENOSPC, "no space")
            return super().create(path)

    disk = FullDisk()
    store = open_store(tmp_path, disk)
    store.append(RECORDS[:3])
    disk.full = True
    with pytest.raises(Unavailable):
        store.publish(START_MS)
    assert not store.is_accepting
    with pytest.raises(Unavailable):
        store.append(RECORDS[3:4])
    assert (store.size, store.checkpoint.size) == (3, 0)
    store.close()
    store = open_store(tmp_path, disk)  # a restart finds the records, and is no way around
    assert store.size == 3
    with pytest.raises(Unavailable):
        store.append(RECORDS[3:4])
    disk.full = False
    store.publish(START_MS)
    assert store.is_accepting
    assert store.append(RECORDS[3:4]) == 3
    store.close()
    assert verify(tmp_path, SIGNER.vkey).size == 3


def test_a_failed_fsync_is_never_repeated(tmp_path: Path) -> None:
    counting = StumblingDisk(None, errno.EIO)
    (tmp_path / "count").mkdir()
    list(run_script(tmp_path / "count", counting))
    tried: Counter[str] = Counter()
    for at, call in enumerate(counting.calls):
        if call not in ("fsync", "fdatasync", "fsync_directory"):
            continue
        for number in (errno.EIO, errno.ENOSPC):  # thin storage reports a lack of space as late as this
            directory = tmp_path / f"{at}-{number}"
            directory.mkdir()
            disk = StumblingDisk(at, number)
            acknowledged = 0
            with pytest.raises(Broken):
                for size in run_script(directory, disk):
                    acknowledged = size
            assert len(disk.calls) == at + 1  # not one call after it
            check_after(directory, acknowledged)
            tried[call] += 1
    assert set(tried) == {"fsync", "fdatasync", "fsync_directory"}


def test_broken_stays_broken(tmp_path: Path) -> None:
    for at_call in ("pwrite", "fdatasync"):
        directory = tmp_path / at_call
        directory.mkdir()
        disk = StumblingDisk(None, errno.EIO)
        store = open_store(directory, disk)
        disk._at = len(disk.calls) + (at_call == "fdatasync")
        with pytest.raises(Broken) as caught:
            store.append(RECORDS[:1])
        assert caught.value.exit_code == 74
        calls = len(disk.calls)
        for attempt in (lambda: store.append(RECORDS[:1]), lambda: store.publish(START_MS)):  # noqa: B023 - used at once
            with pytest.raises(Broken):
                attempt()
        assert len(disk.calls) == calls
        assert not store.is_accepting
        store.close()


def test_files_that_cannot_be_removed_do_no_harm(tmp_path: Path) -> None:
    counting = StumblingDisk(None, errno.EIO)
    (tmp_path / "count").mkdir()
    list(run_script(tmp_path / "count", counting))
    tried = 0
    for at, call in enumerate(counting.calls):
        if call == "unlink":
            directory = tmp_path / str(at)
            directory.mkdir()
            assert list(run_script(directory, StumblingDisk(at, errno.EIO)))[-1] == ATTEMPTED
            check_after(directory, ATTEMPTED)
            tried += 1
    assert tried >= 4


def test_short_writes(tmp_path: Path) -> None:
    assert list(run_script(tmp_path, ShortDisk()))[-1] == ATTEMPTED
    check_after(tmp_path, ATTEMPTED)


@pytest.mark.live
@pytest.mark.slow
def test_kill_nine_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    assert len(KILL_AFTER) == ROUNDS
    log = tmp_path / "log"
    log.mkdir()
    acknowledged = 0
    for rounds, after in enumerate(KILL_AFTER):
        acknowledged = max(acknowledged, written_before_the_kill(log, after))
        report = verify(log, SIGNER.vkey)  # as an auditor finds it, before the ledger is back
        assert report.size + report.unpublished >= acknowledged, rounds
    store = LogStore.open(log, ORIGIN, SIGNER, START_MS, journal_bytes=512 * 1024)
    assert store.size >= acknowledged >= sum(KILL_AFTER)
    store.close()
    assert verify(log, SIGNER.vkey).size == store.size
    expected = [encode_record(refusal(index)) for index in range(store.size)]
    assert [entry for _, entry in reader.entries(log)] == expected


def written_before_the_kill(log: Path, acknowledgements: int) -> int:
    """Start a writer, let it append, kill it; the last size that it acknowledged."""
    command = [sys.executable, "-m", "tests.faults.ledger_writer", str(log)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        writer.stdin.write(SIGNER.encode() + "\n")
        writer.stdin.flush()
        assert writer.stdout.readline() == "ready\n"
        lines = [writer.stdout.readline() for _ in range(acknowledgements)]
        writer.send_signal(signal.SIGKILL)
        lines += writer.stdout.read().splitlines(keepends=True)
    whole = [line for line in lines if line.endswith("\n")]
    return int(whole[-1])


@pytest.fixture
def small_mount(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a tmpfs needs root")
    directory = tmp_path / "small"
    directory.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(directory)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"mounting a tmpfs is not allowed here: {mounted.stderr.decode().strip()}")
    try:
        yield directory
    finally:
        subprocess.run(["umount", str(directory)], check=True)


class CarelessDisk(Disk):
    """Does not look how much is left, so that the writes themselves run into the end."""

    def free_bytes(self, descriptor: int) -> int:
        return 1 << 40


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        for size in (65536, 4096):
            while True:
                try:
                    file.write(bytes(size))
                except OSError as error:
                    assert error.errno == errno.ENOSPC
                    break


@pytest.mark.parametrize("disk", [Disk(), CarelessDisk()], ids=["looks", "runs into it"])
def test_a_disk_that_is_really_full(small_mount: Path, disk: Disk) -> None:
    log = small_mount / "log"
    log.mkdir()
    store = open_store(log, disk)
    store.append(RECORDS[:5])
    store.publish(START_MS)
    store.append(RECORDS[5:8])
    fill(small_mount / "filler")
    with pytest.raises(Unavailable):
        store.publish(START_MS)
    with pytest.raises(Unavailable) as caught:
        store.append(RECORDS[8:9])
    assert caught.value.reason is Reason.LEDGER_UNAVAILABLE
    assert verify(log, SIGNER.vkey).unpublished == 3
    (small_mount / "filler").unlink()
    store.publish(START_MS)
    assert store.append(RECORDS[8:9]) == 8
    store.close()
    store = open_store(log, disk)
    assert store.size == 9
    store.close()
    assert verify(log, SIGNER.vkey).size == 9


def test_a_new_log_on_a_full_disk(small_mount: Path) -> None:
    (small_mount / "log").mkdir()
    fill(small_mount / "filler")
    with pytest.raises(Unavailable):
        open_store(small_mount / "log", Disk())
    (small_mount / "filler").unlink()
    open_store(small_mount / "log", Disk()).close()
