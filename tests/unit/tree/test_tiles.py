"""Paths, widths and bundles of tlog-tiles, and the edge of a growing tree."""

from __future__ import annotations

import pytest

from relay.base.errors import IntegrityBroken
from relay.tree.merkle import HASH_BYTES, leaf_hash
from relay.tree.tiles import (
    ENTRY_MAX_BYTES,
    Edge,
    TileName,
    encode_bundle,
    level_count,
    parse_path,
    split_bundle,
    tile_root,
    width_at,
)
from tests.log_samples import naive_root

PATHS = [
    (TileName(0, 0), "tile/0/000"),
    (TileName(0, 999), "tile/0/999"),
    (TileName(1, 1000), "tile/1/x001/000"),
    (TileName(2, 1234067), "tile/2/x001/x234/067"),
    (TileName(63, 5, 1), "tile/63/005.p/1"),
    (TileName(None, 1234067, 255), "tile/entries/x001/x234/067.p/255"),
]
NOT_PATHS = [
    "tile/0/0",
    "tile/0/0000",
    "tile/00/000",
    "tile/0/x000/000",
    "tile/0/001/000",
    "tile/0/x001",
    "tile/64/000",
    "tile/-1/000",
    "tile/entry/000",
    "tile/0/000.p/0",
    "tile/0/000.p/256",
    "tile/0/000.p/01",
    "tile/0/000.p/999",
    "tile/0/000.p/",
    "tile/0/000.p",
    "tile/0/000/",
    "/tile/0/000",
    "tile/0/000\n",
    "tile/0/٠٠٠",
    "tile/0/../000",
]


def test_paths_both_ways() -> None:
    for name, path in PATHS:
        assert name.path == path
        assert parse_path(path) == name
    assert len(PATHS) == 6


def test_one_spelling_of_each_path() -> None:
    for path in NOT_PATHS:
        with pytest.raises(ValueError, match="path of a tile"):
            parse_path(path)
    assert len(NOT_PATHS) == 20


def test_the_example_of_the_specification() -> None:
    # tlog-tiles, Partial Tiles: a tree of 70,000
    assert [width_at(level, 70_000) for level in range(3)] == [112, 17, 1]
    assert level_count(70_000) == 3
    assert [width_at(level, 256) for level in range(2)] == [0, 1]
    assert level_count(256) == 2


def test_bundles() -> None:
    entries = [b"a", b"", b"x" * ENTRY_MAX_BYTES]
    bundle = encode_bundle(entries)
    assert bundle[:5] == b"\x00\x01a\x00\x00"
    assert split_bundle(bundle, 3) == entries
    for count in (2, 4, 0):
        with pytest.raises(IntegrityBroken):
            split_bundle(bundle, count)
    for cut in (1, 2, 4, len(bundle) - 1):
        with pytest.raises(IntegrityBroken):
            split_bundle(bundle[:cut], 3)
    with pytest.raises(IntegrityBroken):
        split_bundle(bundle + b"\x00", 3)
    with pytest.raises(ValueError, match="16 bits"):
        encode_bundle([b"x" * (ENTRY_MAX_BYTES + 1)])


def test_the_edge_has_the_root_of_the_tree_at_every_size() -> None:
    entries = [number.to_bytes(2) for number in range(600)]
    edge = Edge()
    for size in range(len(entries) + 1):
        if size % 37 == 0 or size % 256 in (0, 1, 255):
            assert edge.root() == naive_root(entries[:size])
        if size < len(entries):
            edge.append(leaf_hash(entries[size]))
    leaves = b"".join(map(leaf_hash, entries))
    full = edge.take_completed()
    assert [name for name, _ in full] == [TileName(0, 0), TileName(0, 1)]
    assert edge.take_completed() == []
    assert full[1][1] == leaves[256 * HASH_BYTES : 512 * HASH_BYTES]
    partials = dict(edge.partials())
    assert partials[TileName(0, 2, 88)] == leaves[512 * HASH_BYTES :]
    assert partials[TileName(1, 0, 2)] == b"".join(tile_root(tile) for _, tile in full)
    again = Edge(600, [partials[TileName(0, 2, 88)], partials[TileName(1, 0, 2)]])
    assert again.root() == edge.root()


def test_a_level_that_fills_up() -> None:
    edge = Edge(65_535, [bytes(255 * HASH_BYTES), bytes(255 * HASH_BYTES)])
    edge.append(bytes(HASH_BYTES))
    assert [name for name, _ in edge.completed] == [TileName(0, 255), TileName(1, 0)]
    assert [name for name, _ in edge.partials()] == [TileName(2, 0, 1)]


def test_an_edge_of_the_wrong_shape() -> None:
    for size, partials in ((1, [b""]), (1, [bytes(64)]), (256, [b""]), (300, [bytes(44 * 32)]), (2, [bytes(63)])):
        with pytest.raises(IntegrityBroken):
            Edge(size, partials)
    with pytest.raises(ValueError, match="full tile"):
        tile_root(bytes(32))
