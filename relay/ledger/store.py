"""The log on disk: the only writer of its directory (docs/spec/log.md sections 7 to 9).

    append:   records ─▶ frame ─▶ journal, fdatasync ─▶ tree in memory         (the records are committed)
    publish:  tree ─▶ bundles and tiles, fsync ─▶ checkpoint, rename, fsync    (the checkpoint is committed)
    open:     checkpoint, edge ─▶ tree in memory ◀─ records of the journal     (the same code as append)

Synchronous on purpose: while it waits for the disk, requests queue, and the next append takes them all (group commit).
Memory: one tile per level, one bundle, and what was appended since the last publish, which one lap of the journal bounds.

Rule: after an error whose effect on the disk is not known the store is broken for good. It never repeats an fsync: the
kernel reports a lost page once, and the second call would say that all is well.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from relay.base.errors import Broken, Misuse, Unavailable
from relay.base.limits import DEFAULTS, Limits
from relay.base.reasons import Reason
from relay.ledger import edge
from relay.ledger.disk import Disk, pwrite_all, write_all
from relay.ledger.edge import CHECKPOINT_FILE, JOURNAL_FILE, LOCK_FILE
from relay.ledger.journal import JOURNAL_BYTES, OVERHEAD_BYTES, encode_frame, frame_bytes, replay
from relay.tree.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from relay.tree.merkle import leaf_hash
from relay.tree.note import Signer
from relay.tree.tiles import ENTRY_LENGTH_BYTES, TILE_SHIFT, TILE_WIDTH, Edge, TileName, encode_bundle, width_at

FREE_SPARE_BYTES = 256 * 1024  # tiles, directories and a checkpoint; section 11
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, slots=True)
class Recovery:
    """What `open` found: `replayed` records were only in the journal; `torn`: a write that nobody was told of was cut off."""

    replayed: int
    torn: bool


class SyncFailed(OSError):
    """fsync or fdatasync failed: nothing is known about the data."""


class LogStore:
    """One log, open for writing. `append` and `publish` raise Unavailable (nothing happened), Misuse or Broken."""

    def __init__(self, directory: Path, signer: Signer, limits: Limits, disk: Disk) -> None:
        """Use `open`."""
        self._directory = str(directory)
        self._signer = signer
        self._limits = limits
        self._disk = disk
        self._lock = -1
        self._journal = -1
        self._journal_bytes = 0
        self._offset = 0
        self._lap = 1
        self._edge = Edge()
        self._bundle: list[bytes] = []  # entries of the partial bundle
        self._bundle_bytes = 0
        self._bundles: list[tuple[TileName, bytes]] = []  # full ones that are not published
        self._pending_bytes = 0  # of entries that are not published
        self._full = False  # the last publish found no space
        self._broken = ""
        self.checkpoint = Checkpoint(signer.name, 0, b"")
        self.published_ms = 0
        self.recovery = Recovery(0, torn=False)

    @classmethod
    def open(
        cls,
        directory: Path,
        origin: str,
        signer: Signer,
        now_ms: int,
        *,
        limits: Limits = DEFAULTS,
        disk: Disk | None = None,
        journal_bytes: int = JOURNAL_BYTES,
    ) -> LogStore:
        """The log of this directory, which must exist; a new one when it holds none (section 8.3).

        Raises IntegrityBroken when what is there does not fit together, Unavailable when another ledger owns it.
        """
        if signer.name != origin:
            raise ValueError(f"the log's key is named {signer.name!r}, but its origin is {origin!r}")
        store = cls(directory, signer, limits, disk or Disk())
        try:
            store._recover(now_ms, journal_bytes)
        except BaseException:
            store.close()
            raise
        return store

    @property
    def directory(self) -> Path:
        return Path(self._directory)

    @property
    def size(self) -> int:
        """Records in the log, published or not."""
        return self._edge.size

    @property
    def is_accepting(self) -> bool:
        """Whether `append` can work now, as far as is known without trying: for readiness and metrics."""
        return not self._broken and not self._full

    def close(self) -> None:
        """Give the directory up. What is not published is in the journal, and the next `open` finds it."""
        self._broken = self._broken or "closed"
        for descriptor in (self._journal, self._lock):
            if descriptor >= 0:
                with contextlib.suppress(OSError):
                    self._disk.close(descriptor)
        self._journal = self._lock = -1

    # --- append -------------------------------------------------------------------------------------------------

    def append(self, records: Sequence[bytes]) -> int:
        """Add records and return the index of the first. They are durable when this returns."""
        self._check_usable()
        payload_bytes = self._payload_bytes(records)
        first = self._edge.size
        self._check_space(payload_bytes)
        if frame_bytes(payload_bytes) <= self._journal_bytes - self._offset:
            self._commit(records)
            return first
        for part, part_bytes in self._parts(records):
            if frame_bytes(part_bytes) > self._journal_bytes - self._offset:
                self.publish(self.published_ms)
            self._commit(part)
        return first

    def _payload_bytes(self, records: Sequence[bytes]) -> int:
        if not records:
            raise Misuse("nothing to append")
        most = self._limits.record_bytes
        total = 0
        for record in records:
            size = len(record)
            if size > most or not size:
                raise Misuse(f"a record of {size} bytes; limits.record_bytes is {most}")
            total += size + ENTRY_LENGTH_BYTES
        return total

    def _check_space(self, payload_bytes: int) -> None:
        """Publishing must stay possible: a log that nobody can read on is no log."""
        needed = 2 * (self._pending_bytes + self._bundle_bytes + payload_bytes) + FREE_SPARE_BYTES
        if self._full or self._disk.free_bytes(self._journal) < needed:
            raise Unavailable(Reason.LEDGER_UNAVAILABLE, "no space to publish the log")

    def _parts(self, records: Sequence[bytes]) -> Iterator[tuple[Sequence[bytes], int]]:
        """Records as batches that each fit into one lap."""
        most = self._journal_bytes - OVERHEAD_BYTES
        start = total = 0
        for at, record in enumerate(records):
            size = len(record) + ENTRY_LENGTH_BYTES
            if total + size > most:
                yield records[start:at], total
                start, total = at, 0
            total += size
        yield records[start:], total

    def _commit(self, records: Sequence[bytes]) -> None:
        frame = encode_frame(self._edge.size, self._lap, records)
        try:
            pwrite_all(self._disk, self._journal, frame, self._offset)
        except OSError as exc:
            raise self._not_written("the journal", exc) from exc
        try:
            self._disk.fdatasync(self._journal)
        except OSError as exc:
            raise self._not_durable("the journal", exc) from exc
        # THE INSTANT OF COMMITMENT (section 8.1). From here the records are in the log: a crash at any later
        # line finds the frame in the journal, and open() takes it into the tree by the line below.
        self._offset += len(frame)
        self._absorb(records)

    def _absorb(self, records: Sequence[bytes]) -> None:
        """Durable records enter the tree in memory: after an append, and after a restart."""
        grow = self._edge.append
        bundle = self._bundle
        for record in records:
            grow(leaf_hash(record))
            bundle.append(record)
            size = len(record) + ENTRY_LENGTH_BYTES
            self._bundle_bytes += size
            self._pending_bytes += size
            if len(bundle) == TILE_WIDTH:
                name = TileName(None, self._edge.size // TILE_WIDTH - 1)
                self._bundles.append((name, encode_bundle(bundle)))
                bundle.clear()
                self._bundle_bytes = 0

    # --- publish ------------------------------------------------------------------------------------------------

    def publish(self, now_ms: int) -> Checkpoint:
        """Make the tree readable: tiles, bundles and a signed checkpoint, all durable. Nothing to do: nothing written."""
        self._check_usable()
        if self._edge.size == self.checkpoint.size and self.checkpoint.root:
            self.published_ms = now_ms
            return self.checkpoint
        new = Checkpoint(self._signer.name, self._edge.size, self._edge.root())
        try:
            self._write_tree()
            self._replace(CHECKPOINT_FILE, sign_checkpoint(new, [self._signer]))
        except SyncFailed as exc:
            raise self._not_durable("the tree", exc) from exc
        except OSError as exc:
            raise self._not_written("the tree", exc) from exc
        # THE INSTANT OF COMMITMENT of the checkpoint (section 8.2): it is under its name, durably, and so is all that
        # it covers. Only now is the journal free for a new lap. A crash before this line leaves the old checkpoint
        # and the journal, from which open() makes the same tree again; a crash after it finds nothing to replay.
        old, self.checkpoint = self.checkpoint, new
        self.published_ms = now_ms
        self._full = False
        self._edge.take_completed()
        self._bundles.clear()
        self._pending_bytes = 0
        self._offset = 0
        self._lap += 1
        self._remove_superseded(old.size, new.size)
        return new

    def _write_tree(self) -> None:
        # What the old checkpoint covers is never written again, not even with the same bytes: a crash in the middle
        # would take a published file away. A partial tile of an upper level often stays as it is.
        covered = self.checkpoint.size
        grown = [tile for tile in self._edge.partials() if tile[0].end > covered >> TILE_SHIFT * (tile[0].level or 0)]
        changed = [*self._bundles, *self._edge.completed, *grown]
        if self._bundle:
            name = TileName(None, self._edge.size // TILE_WIDTH, len(self._bundle))
            changed.append((name, encode_bundle(self._bundle)))
        touched: set[str] = set()
        for name, data in changed:
            self._write_file(name.path, data, touched)
        for directory in sorted(touched):
            self._sync_directory(directory)

    def _write_file(self, path: str, data: bytes, touched: set[str]) -> None:
        """A new file with durable content; the directories that got a name go to `touched`."""
        full_path = f"{self._directory}/{path}"
        try:
            descriptor = self._disk.create(full_path)
        except FileNotFoundError:
            self._make_parents(path, touched)
            descriptor = self._disk.create(full_path)
        try:
            write_all(self._disk, descriptor, data)
            self._sync(descriptor)
        finally:
            self._disk.close(descriptor)
        touched.add(path.rpartition("/")[0])

    def _make_parents(self, path: str, touched: set[str]) -> None:
        parts = path.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            with contextlib.suppress(FileExistsError):
                self._disk.mkdir(f"{self._directory}/{'/'.join(parts[:depth])}")
                touched.add("/".join(parts[: depth - 1]))

    def _replace(self, name: str, data: bytes) -> None:
        """`name` holds `data`, durably, or what it held before."""
        temporary = f"{self._directory}/.{name}.tmp"
        descriptor = self._disk.create(temporary)
        try:
            write_all(self._disk, descriptor, data)
            self._sync(descriptor)
        finally:
            self._disk.close(descriptor)
        self._disk.rename(temporary, f"{self._directory}/{name}")
        self._sync_directory("")

    def _sync(self, descriptor: int) -> None:
        try:
            self._disk.fsync(descriptor)
        except OSError as exc:
            raise SyncFailed(exc.errno, exc.strerror) from exc

    def _sync_directory(self, directory: str) -> None:
        try:
            self._disk.fsync_directory(f"{self._directory}/{directory}")
        except OSError as exc:
            raise SyncFailed(exc.errno, exc.strerror) from exc

    def _remove_superseded(self, old_size: int, new_size: int) -> None:
        """Partial files whose full file is there now (section 4.4). Best effort: what stays is a prefix of the tree."""
        for path in edge.superseded(old_size, new_size):
            with contextlib.suppress(OSError):
                edge.remove_partials(self._disk, f"{self._directory}/{path}")

    # --- open ---------------------------------------------------------------------------------------------------

    def _recover(self, now_ms: int, journal_bytes: int) -> None:
        try:
            self._lock = self._disk.lock(f"{self._directory}/{LOCK_FILE}")
        except BlockingIOError as exc:
            raise Unavailable(Reason.LEDGER_UNAVAILABLE, f"another ledger owns {self._directory}") from exc
        except OSError as exc:
            raise self._not_written("the lock", exc) from exc
        try:
            published = edge.read(self._directory, CHECKPOINT_FILE)
            journal = edge.read(self._directory, JOURNAL_FILE)
            if published is not None:
                self._load(open_checkpoint(published, self._signer.name, [self._signer.verifier]))
            edge.check_set(self._directory, published, journal, journal_bytes)
            if not journal:
                self._replace(JOURNAL_FILE, bytes(journal_bytes))
                journal = bytes(journal_bytes)
            self._journal = self._disk.open_journal(f"{self._directory}/{JOURNAL_FILE}")
        except SyncFailed as exc:
            raise self._not_durable("the log", exc) from exc
        except OSError as exc:
            raise self._not_written("the log", exc) from exc
        self._journal_bytes = len(journal)
        found = replay(journal, self._edge.size)
        self._offset, self._lap = found.offset, found.lap
        self._absorb(found.entries)
        self.recovery = Recovery(len(found.entries), found.torn)
        self.published_ms = now_ms
        if published is None:
            self.publish(now_ms)  # without its first checkpoint there is no log; no space for it is an error of open
            return
        with contextlib.suppress(Unavailable):  # then the records stay in the journal, and appends are Unavailable
            self.publish(now_ms)

    def _load(self, checkpoint: Checkpoint) -> None:
        self._edge, self._bundle = edge.load(self._directory, checkpoint)
        self._bundle_bytes = sum(len(entry) + ENTRY_LENGTH_BYTES for entry in self._bundle)
        if len(self._bundle) != width_at(0, checkpoint.size):
            raise Misuse("the edge and its bundle differ")
        self.checkpoint = checkpoint

    # --- failures (section 9) -----------------------------------------------------------------------------------

    def _check_usable(self) -> None:
        if self._broken:
            raise Broken(f"the log store is out of use: {self._broken}")

    def _not_written(self, what: str, exc: OSError) -> Unavailable | Broken:
        if exc.errno in _NO_SPACE:
            self._full = what == "the tree" or self._full
            return Unavailable(Reason.LEDGER_UNAVAILABLE, f"no space for {what}")
        return self._out_of_use(f"{what} cannot be written: {exc.strerror}")

    def _not_durable(self, what: str, exc: OSError) -> Broken:
        return self._out_of_use(f"{what} may not be durable: {exc.strerror}")

    def _out_of_use(self, why: str) -> Broken:
        self._broken = self._broken or why
        return Broken(why)
