"""The edge of a published tree, read back; damage to it is in test_store."""

from __future__ import annotations

from pathlib import Path

from relay.ledger.disk import Disk
from relay.ledger.edge import load, read, remove_partials, superseded
from relay.tree.checkpoint import read_unverified
from tests.log_samples import encoded, make_log, naive_root


def test_an_edge_of_every_shape(tmp_path: Path) -> None:
    sizes = (0, 1, 255, 256, 257, 511, 512, 600)
    for size in sizes:
        directory = tmp_path / str(size)
        make_log(directory, size)
        checkpoint = read_unverified((directory / "checkpoint").read_bytes())
        edge, bundle = load(str(directory), checkpoint)
        assert (edge.size, edge.root()) == (size, naive_root(encoded(size)))
        assert bundle == encoded(size)[size - size % 256 :]
    assert len(sizes) == 8


def test_which_partial_files_are_superseded() -> None:
    cases = [
        (0, 300, []),
        (10, 20, []),
        (10, 255, []),
        (10, 256, ["tile/0/000.p", "tile/entries/000.p"]),
        (10, 1000, ["tile/0/000.p", "tile/entries/000.p"]),
        (256, 1000, []),
        (65_535, 65_536, ["tile/0/255.p", "tile/entries/255.p", "tile/1/000.p"]),
        (65_280, 65_536, ["tile/1/000.p"]),
    ]
    for old, new, expected in cases:
        assert list(superseded(old, new)) == expected
    assert len(cases) == 8


def test_reading_and_removing(tmp_path: Path) -> None:
    assert read(str(tmp_path), "missing") is None
    (tmp_path / "000.p").mkdir()
    for width in (1, 2):
        (tmp_path / f"000.p/{width}").write_bytes(b"x")
    remove_partials(Disk(), str(tmp_path / "000.p"))
    assert list(tmp_path.iterdir()) == []
