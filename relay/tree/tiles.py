"""Tiles and entry bundles as C2SP tlog-tiles lays them out (docs/spec/log.md section 4). Names and bytes, no files.

A tile of level L holds up to 256 hashes, each over 256**L leaves. A full tile never changes; a partial one belongs to
one tree size and is named by its width.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from relay.base.errors import IntegrityBroken
from relay.tree.merkle import EMPTY_ROOT, HASH_BYTES, fold, perfect_root

TILE_WIDTH = 256  # hashes; fixed by tlog-tiles
TILE_BYTES = TILE_WIDTH * HASH_BYTES
TILE_SHIFT = 8  # one level of tiles spans this many levels of the tree
ENTRY_LENGTH_BYTES = 2
ENTRY_MAX_BYTES = 65_535  # the length before an entry has 16 bits
LEVEL_MAX = 63

_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, slots=True)
class TileName:
    """Which tile, or entry bundle where `level` is None; `width` is 256 for a full one."""

    level: int | None
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        level = "entries" if self.level is None else str(self.level)
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{level}/{index_path(self.index)}{partial}"

    @property
    def end(self) -> int:
        """How many hashes, or entries, of its level there are up to the end of this one."""
        return self.index * TILE_WIDTH + self.width


def index_path(index: int) -> str:
    """1234067 as `x001/x234/067`."""
    parts = [f"{index % 1000:03d}"]
    while index := index // 1000:
        parts.append(f"x{index % 1000:03d}")
    return "/".join(reversed(parts))


def parse_path(path: str) -> TileName:
    """The one name that has this path. Raises ValueError for any other spelling."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise ValueError(f"not the path of a tile: {path!r}")
    level = None if match["level"] == "entries" else int(match["level"])
    width = int(match["width"]) if match["width"] else TILE_WIDTH
    name = TileName(level, int(match["index"].replace("x", "").replace("/", "")), width)
    if name.path != path or (level or 0) > LEVEL_MAX or (match["width"] and width >= TILE_WIDTH):
        raise ValueError(f"not the canonical path of a tile: {path!r}")
    return name


def width_at(level: int, size: int) -> int:
    """How many hashes the partial tile of `level` has in a tree of `size`; 0: there is no partial one."""
    return (size >> TILE_SHIFT * level) % TILE_WIDTH


def level_count(size: int) -> int:
    """How many levels of tiles a tree of `size` has, the highest partial one included."""
    return max(1, (size.bit_length() + TILE_SHIFT - 1) // TILE_SHIFT)


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Entries one after the other, each after its length as uint16. Raises ValueError for one that does not fit."""
    parts: list[bytes] = []
    for entry in entries:
        size = len(entry)
        if size > ENTRY_MAX_BYTES:
            raise ValueError(f"an entry of {size} bytes: the length has 16 bits")
        parts.append(size.to_bytes(ENTRY_LENGTH_BYTES))
        parts.append(entry)
    return b"".join(parts)


def split_bundle(bundle: bytes, count: int) -> list[bytes]:
    """Exactly `count` entries and nothing after them. Raises IntegrityBroken."""
    entries: list[bytes] = []
    at, end = 0, len(bundle)
    while at < end:
        start = at + ENTRY_LENGTH_BYTES
        at = start + int.from_bytes(bundle[at:start])
        if start > end or at > end:
            raise IntegrityBroken(f"entry {len(entries)} of the bundle is cut off")
        entries.append(bundle[start:at])
    if len(entries) != count:
        raise IntegrityBroken(f"the bundle holds {len(entries)} entries and should hold {count}")
    return entries


class Edge:
    """The right-hand edge of a growing tree: its partial tiles, and the full ones that nobody has taken yet.

    Memory is one tile per level; `completed` grows until `take_completed` is called.
    """

    __slots__ = ("_completed", "_levels", "size")

    def __init__(self, size: int = 0, partials: Sequence[bytes] = ()) -> None:
        """`partials[level]`: the partial tile of each level, b"" where there is none. Raises IntegrityBroken."""
        wanted = level_count(size)
        levels = [bytearray(tile) for tile in partials] or [bytearray()]
        if len(levels) != wanted:
            raise IntegrityBroken(f"a tree of {size} has {wanted} levels of tiles, not {len(levels)}")
        for level, tile in enumerate(levels):
            if len(tile) != width_at(level, size) * HASH_BYTES:
                raise IntegrityBroken(f"the partial tile of level {level} does not have the width of a tree of {size}")
        self.size = size
        self._levels = levels
        self._completed: list[tuple[TileName, bytes]] = []

    def append(self, leaf: bytes) -> None:
        tile = self._levels[0]
        tile += leaf
        self.size += 1
        if len(tile) == TILE_BYTES:
            self._carry()

    def _carry(self) -> None:
        level = 0
        while len(self._levels[level]) == TILE_BYTES:
            full = bytes(self._levels[level])
            self._completed.append((TileName(level, (self.size >> TILE_SHIFT * (level + 1)) - 1), full))
            self._levels[level].clear()
            level += 1
            if level == len(self._levels):
                self._levels.append(bytearray())
            self._levels[level] += perfect_root(full)

    def root(self) -> bytes:
        right: bytes | None = None
        for tile in self._levels:
            right = fold(bytes(tile), right)
        return EMPTY_ROOT if right is None else right

    def partials(self) -> list[tuple[TileName, bytes]]:
        """The partial tiles of the tree as it is now."""
        return [
            (TileName(level, self.size >> TILE_SHIFT * (level + 1), len(tile) // HASH_BYTES), bytes(tile))
            for level, tile in enumerate(self._levels)
            if tile
        ]

    @property
    def completed(self) -> Sequence[tuple[TileName, bytes]]:
        return self._completed

    def take_completed(self) -> list[tuple[TileName, bytes]]:
        """The tiles that became full since the last call, lowest level first where one filled another."""
        taken, self._completed = self._completed, []
        return taken


def tile_root(tile: bytes) -> bytes:
    """The hash that a full tile has in the level above."""
    if len(tile) != TILE_BYTES:
        raise ValueError("only a full tile is hashed into the level above")
    return perfect_root(tile)
