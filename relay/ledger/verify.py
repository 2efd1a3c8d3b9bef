"""Verifying a whole log offline, with nothing but its directory and the log's public key (docs/spec/log.md section 10).

    bundles ─▶ leaf hashes ─▶ tiles of every level ─▶ root ◀─ checkpoint ◀─ signature
       └─▶ records ─▶ each outcome and each remark has its intent

Every hash is computed anew from the entries, so nothing on the disk is believed but the signature. The first thing that
does not fit is raised as IntegrityBroken with its place. It may run beside a live writer.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from relay.base.errors import IntegrityBroken
from relay.base.ids import TransferId, transfer_id_to_bytes
from relay.base.limits import DEFAULTS
from relay.ledger.edge import CHECKPOINT_FILE, read_required
from relay.ledger.reader import Snapshot, decode_at, read_bundle, read_tile, snapshot
from relay.tree.checkpoint import Checkpoint, open_checkpoint
from relay.tree.merkle import HASH_BYTES, leaf_hash
from relay.tree.note import Verifier
from relay.tree.record import Intent, Outcome, Record, Refusal, Remark, kind_of, parse_time
from relay.tree.tiles import (
    TILE_SHIFT,
    TILE_WIDTH,
    Edge,
    TileName,
    encode_bundle,
    parse_path,
    split_bundle,
)

Progress = Callable[[int, int], None]  # records done, records in all
_NO_INTENT = bytes(16)


@dataclass(slots=True)
class Report:
    """What was verified. Only a log that fits in everything has one."""

    origin: str
    size: int
    root: bytes
    kinds: Counter[str] = field(default_factory=Counter)
    results: Counter[str] = field(default_factory=Counter)  # reasons of refusals and results of outcomes
    first_time: str = ""
    last_time: str = ""
    clock_steps: int = 0  # times that lie before the newest one before them by more than the allowed skew
    unpublished: int = 0  # records in the journal, which no checkpoint covers yet
    earlier_size: int | None = None  # of the earlier checkpoint that this log was found to continue


def verify(
    directory: Path,
    vkey: str | Verifier,
    *,
    earlier: bytes | None = None,
    progress: Progress | None = None,
    clock_skew_ms: int = DEFAULTS.clock_skew_ms,
) -> Report:
    """Raises IntegrityBroken at the first thing that does not fit. `earlier`: a checkpoint that this log must continue."""
    verifier = Verifier.parse(vkey) if isinstance(vkey, str) else vkey
    # The files are listed first: whatever is seen here was written before the checkpoint that is read next, so it is
    # covered by that one, or by the journal, or does not belong here.
    files = _list_files(directory)
    open_checkpoint(read_required(str(directory), CHECKPOINT_FILE), verifier.name, [verifier])
    at = snapshot(directory)
    checkpoint = open_checkpoint(at.note, verifier.name, [verifier])
    before = None if earlier is None else open_checkpoint(earlier, verifier.name, [verifier])
    run = _Run(directory, checkpoint, before, clock_skew_ms)
    run.entries(at, progress or (lambda _done, _all: None))
    run.edge_tiles()
    run.pending(at.pending)
    for path in files:
        run.other_file(path)
    return run.report


def _list_files(directory: Path) -> list[str]:
    return sorted(
        os.path.relpath(os.path.join(parent, name), directory)
        for parent, _, names in os.walk(directory / "tile")
        for name in names
    )


class _Run:
    """One verification: what has been computed so far."""

    def __init__(self, directory: Path, checkpoint: Checkpoint, before: Checkpoint | None, clock_skew_ms: int) -> None:
        self._directory = directory
        self._checkpoint = checkpoint
        self._before = before
        self._clock_skew_ms = clock_skew_ms
        self._newest_ms = 0
        self._edge = Edge()
        self._intents = bytearray()  # 16 bytes for each record: the transfer of an intent, or zeros
        self._beyond: dict[tuple[int | None, int], bytes] = {}  # what the journal will publish
        self.report = Report(checkpoint.origin, checkpoint.size, checkpoint.root)
        if before is not None:
            self.report.earlier_size = before.size
            if before.size > checkpoint.size:
                raise IntegrityBroken(
                    f"the log was cut: the earlier checkpoint covers {before.size} records, this one {checkpoint.size}"
                )
            self._check_earlier()

    def entries(self, at: Snapshot, progress: Progress) -> None:
        """Every published bundle: its entries, the tile beside it, and the full tiles that it completes above."""
        size = at.checkpoint.size
        for start in range(0, size, TILE_WIDTH):
            width = min(TILE_WIDTH, size - start)
            self._bundle(start, width)
            progress(start + width, size)

    def _bundle(self, start: int, width: int) -> None:
        index = start // TILE_WIDTH
        entries = read_bundle(self._directory, index, width)[1]
        name = TileName(0, index, width)
        tile = read_tile(self._directory, name)
        for offset, entry in enumerate(entries):
            leaf = leaf_hash(entry)
            if leaf != tile[offset * HASH_BYTES : (offset + 1) * HASH_BYTES]:
                raise IntegrityBroken(
                    f"entry {start + offset} of {TileName(None, index, width).path} is not what {name.path} says"
                )
            self._record(start + offset, entry)
            self._edge.append(leaf)
            self._check_earlier()
        for above, data in self._edge.take_completed():
            if above.level:
                self._compare(above, data)

    def _check_earlier(self) -> None:
        before = self._before
        if before is not None and before.size == self._edge.size and before.root != self._edge.root():
            raise IntegrityBroken(
                f"history was rewritten: the first {before.size} records do not have the root of the earlier checkpoint"
            )

    def _compare(self, name: TileName, computed: bytes) -> None:
        tile = read_tile(self._directory, name)
        if tile == computed:
            return
        wrong = next(
            at
            for at in range(name.width)
            if tile[at * HASH_BYTES :][:HASH_BYTES] != computed[at * HASH_BYTES :][:HASH_BYTES]
        )
        span = 1 << TILE_SHIFT * (name.level or 0)
        first = (name.index * TILE_WIDTH + wrong) * span
        raise IntegrityBroken(f"{name.path}: hash {wrong}, over entries {first} to {first + span - 1}, is not theirs")

    def edge_tiles(self) -> None:
        """The partial tiles above the lowest level, and the root."""
        for name, data in self._edge.partials():
            if name.level:
                self._compare(name, data)
        if self._edge.root() != self._checkpoint.root:
            raise IntegrityBroken(f"the root of the {self._edge.size} records is not the one in the signed checkpoint")

    def pending(self, entries: tuple[bytes, ...]) -> None:
        """Records of the journal: they must be records; what will be published of them is kept for `other_file`."""
        size = self._checkpoint.size
        self.report.unpublished = len(entries)
        if not entries:
            return
        start = size - size % TILE_WIDTH
        bundle = read_bundle(self._directory, size // TILE_WIDTH, size % TILE_WIDTH)[1] if size % TILE_WIDTH else []
        for offset, entry in enumerate(entries):
            self._record(size + offset, entry)
            self._edge.append(leaf_hash(entry))
        bundle = [*bundle, *entries]
        for at in range(0, len(bundle), TILE_WIDTH):
            self._beyond[None, (start + at) // TILE_WIDTH] = encode_bundle(bundle[at : at + TILE_WIDTH])
        for name, data in (*self._edge.take_completed(), *self._edge.partials()):
            self._beyond[name.level, name.index] = data

    def other_file(self, path: str) -> None:
        """A file that the checkpoint does not need: a superseded prefix of the tree, or ahead of it (section 10)."""
        try:
            name = parse_path(path)
        except ValueError as exc:
            raise IntegrityBroken(f"{path} is not a file of a log") from exc
        covered = min(TILE_WIDTH, (self._checkpoint.size >> TILE_SHIFT * (name.level or 0)) - name.index * TILE_WIDTH)
        if name.width == covered:
            return  # read and compared above
        try:
            data = (self._directory / path).read_bytes()
        except FileNotFoundError:
            return  # superseded and removed while we were at work
        known = self._known(name, covered)
        if name.width < covered and data != known:
            raise IntegrityBroken(f"{path} is not a prefix of the log")
        # Ahead of the checkpoint, a crash may have cut the file off; the next open writes it anew.
        if name.width > covered and (known is None or not known.startswith(data)):
            raise IntegrityBroken(f"{path} is not covered by the checkpoint")

    def _known(self, name: TileName, covered: int) -> bytes | None:
        """What `name` must hold; None when neither tree nor journal reach that far."""
        if name.width > covered:
            known = self._beyond.get((name.level, name.index), b"")
            if name.level is not None:
                return known[: name.width * HASH_BYTES] if len(known) >= name.width * HASH_BYTES else None
            held = _all_entries(known)
            return encode_bundle(held[: name.width]) if len(held) >= name.width else None
        if name.level is not None:
            whole = read_tile(self._directory, TileName(name.level, name.index, covered))
            return whole[: name.width * HASH_BYTES]
        return encode_bundle(read_bundle(self._directory, name.index, covered)[1][: name.width])

    def _record(self, index: int, entry: bytes) -> None:
        record = decode_at(index, entry)
        report = self.report
        report.kinds[record.__struct_config__.tag] += 1  # type: ignore[index]  # a tag is a str in this family
        self._time(record)
        transfer = _NO_INTENT
        if isinstance(record, Intent):
            transfer = transfer_id_to_bytes(TransferId(record.transfer))
        elif isinstance(record, Outcome):
            report.results[record.result] += 1
            self._check_intent(index, record)
        elif isinstance(record, Remark):
            self._check_intent(index, record)
        elif isinstance(record, Refusal):
            report.results[record.reason.value] += 1
        self._intents += transfer

    def _check_intent(self, index: int, record: Outcome | Remark) -> None:
        wanted = transfer_id_to_bytes(TransferId(record.transfer))
        at = record.intent * 16
        if record.intent >= index or self._intents[at : at + 16] != wanted:
            raise IntegrityBroken(
                f"entry {index}: the {kind_of(record)} of transfer {record.transfer} names entry {record.intent}, "
                "which is not an earlier intent of that transfer"
            )

    def _time(self, record: Record) -> None:
        report = self.report
        try:
            now = parse_time(record.time)
        except ValueError as exc:
            raise IntegrityBroken(f"entry {len(self._intents) // 16}: no such time as {record.time}") from exc
        report.first_time = report.first_time or record.time
        report.last_time = record.time
        if now < self._newest_ms - self._clock_skew_ms:
            report.clock_steps += 1
        self._newest_ms = max(self._newest_ms, now)


def _all_entries(bundle: bytes) -> list[bytes]:
    count = at = 0
    while at < len(bundle):
        at += 2 + int.from_bytes(bundle[at : at + 2])
        count += 1
    return split_bundle(bundle, count)
