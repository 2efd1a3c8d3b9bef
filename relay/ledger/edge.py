"""The right-hand edge of a published tree, read back from disk and checked against its checkpoint (section 8.3)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from relay.base.errors import IntegrityBroken
from relay.ledger.disk import Disk
from relay.tree.checkpoint import Checkpoint
from relay.tree.merkle import HASH_BYTES, leaf_hash
from relay.tree.tiles import (
    TILE_BYTES,
    TILE_SHIFT,
    TILE_WIDTH,
    Edge,
    TileName,
    level_count,
    split_bundle,
    tile_root,
    width_at,
)

# the names of section 1
CHECKPOINT_FILE = "checkpoint"
JOURNAL_FILE = "journal"
LOCK_FILE = "lock"


def read(directory: str, path: str) -> bytes | None:
    """The whole of a file; None when it is not there."""
    try:
        return Path(directory, path).read_bytes()
    except FileNotFoundError:
        return None


def read_required(directory: str, path: str) -> bytes:
    data = read(directory, path)
    if data is None:
        raise IntegrityBroken(f"{path} is missing")
    return data


def check_set(directory: str, checkpoint: bytes | None, journal: bytes | None, journal_bytes: int) -> None:
    """Of the files that belong together none may be missing (section 8.3). Raises IntegrityBroken."""
    if checkpoint is None and Path(directory, "tile").exists():
        raise IntegrityBroken("the checkpoint is gone, but there are tiles")
    if checkpoint is not None and journal is None:
        raise IntegrityBroken("the journal is gone: records that were acknowledged may be lost (section 8.3)")
    if journal and len(journal) != journal_bytes:
        raise IntegrityBroken(f"the journal has {len(journal)} bytes, not {journal_bytes}: records may be lost")


def load(directory: str, checkpoint: Checkpoint) -> tuple[Edge, list[bytes]]:
    """The edge of the tree and the entries of its partial bundle. Raises IntegrityBroken with the file that is wrong."""
    size = checkpoint.size
    partials = [_partial_tile(directory, level, size) for level in range(level_count(size))]
    edge = Edge(size, partials)
    if edge.root() != checkpoint.root:
        raise IntegrityBroken(f"the tiles at the edge do not have the root of the checkpoint of {size}")
    for level in range(1, len(partials)):
        if partials[level]:
            _check_last_child(directory, level, size, partials[level][-HASH_BYTES:])
    width = width_at(0, size)
    if not width:
        return edge, []
    name = TileName(None, size // TILE_WIDTH, width)
    entries = split_bundle(read_required(directory, name.path), width)
    if b"".join(map(leaf_hash, entries)) != partials[0]:
        raise IntegrityBroken(f"{name.path} does not hash to the tile beside it")
    return edge, entries


def _partial_tile(directory: str, level: int, size: int) -> bytes:
    width = width_at(level, size)
    if not width:
        return b""
    name = TileName(level, size >> TILE_SHIFT * (level + 1), width)
    tile = read_required(directory, name.path)
    if len(tile) != width * HASH_BYTES:
        raise IntegrityBroken(f"{name.path} has {len(tile)} bytes, not {width * HASH_BYTES}")
    return tile


def _check_last_child(directory: str, level: int, size: int, expected: bytes) -> None:
    """The last full tile below a partial one must hash to the last hash in it."""
    name = TileName(level - 1, (size >> TILE_SHIFT * level) - 1)
    tile = read_required(directory, name.path)
    if len(tile) != TILE_BYTES or tile_root(tile) != expected:
        raise IntegrityBroken(f"{name.path} does not hash to the tile above it")


def superseded(old_size: int, new_size: int) -> Iterator[str]:
    """The directories of partial files that a tree of `old_size` had and one of `new_size` has in full."""
    for level in range(level_count(old_size)):
        index = old_size >> TILE_SHIFT * (level + 1)
        if width_at(level, old_size) and new_size >> TILE_SHIFT * (level + 1) > index:
            yield f"{TileName(level, index).path}.p"
            if level == 0:
                yield f"{TileName(None, index).path}.p"


def remove_partials(disk: Disk, directory: str) -> None:
    """Every partial file in `directory`, and it. Raises OSError."""
    for file in Path(directory).iterdir():
        disk.unlink(str(file))
    disk.rmdir(directory)
