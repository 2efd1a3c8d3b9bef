"""Reading the log beside a live writer: records by index, searching, and the hashes for proofs. Never writes.

What is read here is not verified; that is `relay.ledger.verify`. Records that are still in the journal are read too, so
that nobody waits for a checkpoint to see what happened. A record of the newest batch may be seen an instant before it is
durable.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from relay.base.errors import IntegrityBroken
from relay.ledger import journal
from relay.ledger.disk import DIRECTORY_MODE
from relay.ledger.edge import CHECKPOINT_FILE, JOURNAL_FILE, read, read_required
from relay.tree.checkpoint import Checkpoint, read_unverified
from relay.tree.merkle import HASH_BYTES, perfect_root
from relay.tree.record import Intent, Outcome, Record, Refusal, decode_record
from relay.tree.tiles import TILE_SHIFT, TILE_WIDTH, TileName, level_count, split_bundle

SNAPSHOT_TRIES = 50  # each needs a checkpoint in the milliseconds of one read; they come once a second
TILES_CACHED = 64
_TIME_MARK = b'"time":"'
_TIME_CHARS = 24


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of the log: what the checkpoint covers, and what the journal holds beyond it."""

    note: bytes
    checkpoint: Checkpoint  # not verified
    pending: tuple[bytes, ...]

    @property
    def size(self) -> int:
        return self.checkpoint.size + len(self.pending)


def snapshot(directory: Path) -> Snapshot:
    """A consistent state beside a live writer. Raises IntegrityBroken, also when the journal ran ahead of the tree."""
    note = read_required(str(directory), CHECKPOINT_FILE)
    for _ in range(SNAPSHOT_TRIES):
        try:
            frames = journal.read_live(str(directory / JOURNAL_FILE))
        except FileNotFoundError:  # a copy of a log has none
            frames = []
        before, note = note, read_required(str(directory), CHECKPOINT_FILE)
        if note == before:  # the journal begins a new lap only after a new checkpoint, so these belong together
            checkpoint = read_unverified(note)
            return Snapshot(note, checkpoint, _beyond(frames, checkpoint.size))
    raise IntegrityBroken("the checkpoint changes faster than it can be read")


def _beyond(frames: list[journal.Frame], size: int) -> tuple[bytes, ...]:
    pending: list[bytes] = []
    for frame in frames:
        if frame.next_index <= size:
            continue
        if frame.start != size + len(pending):
            raise IntegrityBroken(
                f"the journal continues a tree of {frame.start}, but the checkpoint ends at {size}: "
                "the tree was rolled back, or this is a copy that was not taken as docs/spec/log.md section 1 says"
            )
        pending += frame.entries
    return tuple(pending)


def read_tile(directory: Path, name: TileName) -> bytes:
    """The hashes of a tile, from the full one when the partial one has been superseded (section 4.4)."""
    data = read(str(directory), name.path)
    if data is None and name.width < TILE_WIDTH:
        full = read(str(directory), TileName(name.level, name.index).path)
        data = None if full is None else full[: name.width * HASH_BYTES]
    if data is None:
        raise IntegrityBroken(f"{name.path} is missing")
    if len(data) != name.width * HASH_BYTES:
        raise IntegrityBroken(f"{name.path} has {len(data)} bytes, not {name.width * HASH_BYTES}")
    return data


def read_bundle(directory: Path, index: int, width: int) -> tuple[bytes, list[bytes]]:
    """The bytes and the entries of a bundle, as `read_tile`. The bytes may hold more than the entries asked for."""
    name = TileName(None, index, width)
    data = read(str(directory), name.path)
    held = width
    if data is None and width < TILE_WIDTH:
        name = TileName(None, index)
        data = read(str(directory), name.path)
        held = TILE_WIDTH
    if data is None:
        raise IntegrityBroken(f"{TileName(None, index, width).path} is missing")
    try:
        return data, split_bundle(data, held)[:width]
    except IntegrityBroken as exc:
        raise IntegrityBroken(f"{name.path}: {exc}") from exc


def _bundles(directory: Path, at: Snapshot, start: int, end: int) -> Iterator[tuple[int, bytes, list[bytes]]]:
    """(index of the first entry, bytes, entries) for each bundle, and then for the journal, that touches the range."""
    published = at.checkpoint.size
    for index in range(start // TILE_WIDTH, -(-min(end, published) // TILE_WIDTH)):
        first = index * TILE_WIDTH
        yield first, *read_bundle(directory, index, min(TILE_WIDTH, published - first))
    if end > published and at.pending:
        yield published, b"".join(at.pending), list(at.pending)


def entries(directory: Path, start: int = 0, end: int | None = None) -> Iterator[tuple[int, bytes]]:
    """Index and bytes of each record in a range, as the log is at the first step."""
    at = snapshot(directory)
    last = at.size if end is None else min(end, at.size)
    for first, _, held in _bundles(directory, at, start, last):
        for index, entry in enumerate(held, first):
            if start <= index < last:
                yield index, entry


def records(directory: Path, start: int = 0, end: int | None = None) -> Iterator[tuple[int, Record]]:
    """As `entries`, decoded. Raises IntegrityBroken for what is no record."""
    for index, entry in entries(directory, start, end):
        yield index, decode_at(index, entry)


def last(directory: Path, count: int) -> list[tuple[int, Record]]:
    """The newest records, oldest of them first."""
    size = snapshot(directory).size
    return list(islice(records(directory, max(0, size - count)), count))


def decode_at(index: int, entry: bytes) -> Record:
    try:
        return decode_record(entry)
    except IntegrityBroken as exc:
        raise IntegrityBroken(f"entry {index}: {exc}") from exc


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What to look for; None matches everything. `since` (inclusive) and `until` (exclusive) are times as records write them."""

    transfer: str | None = None
    kind: str | None = None
    reason: str | None = None
    tenant: str | None = None
    route: str | None = None
    since: str | None = None
    until: str | None = None

    def needles(self) -> list[bytes]:
        """Bytes that every match holds: encoding is canonical, so the search can skip what it need not decode."""
        wanted = (
            (self.transfer, '"transfer":"{}"'),
            (self.kind, '{{"kind":"{}",'),
            (self.reason, '"{}"'),
            (self.tenant, '"tenant":"{}"'),
            (self.route, '"route":"{}"'),
        )
        return [form.format(value).encode() for value, form in wanted if value is not None]

    def is_in_time(self, entry: bytes) -> bool:
        if self.since is None and self.until is None:
            return True
        at = entry.find(_TIME_MARK) + len(_TIME_MARK)
        time = entry[at : at + _TIME_CHARS].decode("ascii", "replace")
        return (self.since is None or time >= self.since) and (self.until is None or time < self.until)

    def is_match(self, record: Record) -> bool:
        """The fields, after decoding: a needle may have matched inside another field."""
        if self.reason is not None and _reason_of(record) != self.reason:
            return False
        for field, value in (("transfer", self.transfer), ("tenant", self.tenant), ("route", self.route)):
            if value is not None and getattr(record, field, None) != value:
                return False
        return self.kind is None or record.__struct_config__.tag == self.kind


def _reason_of(record: Record) -> str | None:
    if isinstance(record, Refusal):
        return record.reason.value
    if isinstance(record, Outcome):
        return record.result
    return record.verdict if isinstance(record, Intent) else None


def find(
    directory: Path,
    *,
    transfer: str | None = None,
    kind: str | None = None,
    reason: str | None = None,
    tenant: str | None = None,
    route: str | None = None,
    since: str | None = None,
    until: str | None = None,
) -> Iterator[tuple[int, Record]]:
    """The records that match all that is given, in the order of the log; one bundle in memory at a time."""
    query = Query(transfer=transfer, kind=kind, reason=reason, tenant=tenant, route=route, since=since, until=until)
    needles = query.needles()
    at = snapshot(directory)
    for first, data, held in _bundles(directory, at, 0, at.size):
        if not all(needle in data for needle in needles):
            continue
        for index, entry in enumerate(held, first):
            if all(needle in entry for needle in needles) and query.is_in_time(entry):
                record = decode_at(index, entry)
                if query.is_match(record):
                    yield index, record


class TileHashes:
    """The nodes of a published tree, from its tiles: what `relay.tree.merkle` makes proofs of."""

    def __init__(self, directory: Path, size: int) -> None:
        self._directory = directory
        self._size = size
        self._cache: OrderedDict[tuple[int, int], bytes] = OrderedDict()

    def node(self, height: int, index: int) -> bytes:
        level, span = divmod(height, TILE_SHIFT)
        first = index << span
        tile = self._tile(level, first // TILE_WIDTH)
        at = first % TILE_WIDTH * HASH_BYTES
        return perfect_root(tile[at : at + (HASH_BYTES << span)])

    def _tile(self, level: int, index: int) -> bytes:
        tile = self._cache.get((level, index))
        if tile is None:
            width = min(TILE_WIDTH, (self._size >> TILE_SHIFT * level) - index * TILE_WIDTH)
            tile = read_tile(self._directory, TileName(level, index, width))
            self._cache[level, index] = tile
            if len(self._cache) > TILES_CACHED:
                self._cache.popitem(last=False)
        return tile


def tiles_of(size: int) -> Iterator[TileName]:
    """Every file that a checkpoint of `size` needs: bundles, then tiles from the lowest level up."""
    for level in (None, *range(level_count(size))):
        width = size >> TILE_SHIFT * (level or 0)
        for index in range(-(-width // TILE_WIDTH)):
            yield TileName(level, index, min(TILE_WIDTH, width - index * TILE_WIDTH))


def copy(directory: Path, destination: Path) -> Checkpoint:
    """Copy what the newest checkpoint covers into `destination`, which is made: a log that verifies on its own."""
    note = read_required(str(directory), CHECKPOINT_FILE)
    checkpoint = read_unverified(note)
    destination.mkdir(DIRECTORY_MODE, parents=True)
    for name in tiles_of(checkpoint.size):
        target = destination / name.path
        target.parent.mkdir(DIRECTORY_MODE, parents=True, exist_ok=True)
        if name.level is not None:
            target.write_bytes(read_tile(directory, name))
        else:
            held = read_bundle(directory, name.index, name.width)[1]
            target.write_bytes(b"".join(len(entry).to_bytes(2) + entry for entry in held))
    (destination / CHECKPOINT_FILE).write_bytes(note)
    return checkpoint
