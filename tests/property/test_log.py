"""The log against a naive tree: proofs, tiles, the journal cut at any byte, and any order of append, publish and restart."""

from __future__ import annotations

import tempfile
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.base.errors import IntegrityBroken
from relay.ledger import reader
from relay.ledger.journal import BLOCK_BYTES, OVERHEAD_BYTES, encode_frame, frame_bytes, replay
from relay.ledger.store import LogStore
from relay.ledger.verify import verify
from relay.tree.merkle import (
    NodeSource,
    consistency_proof,
    fold,
    inclusion_proof,
    leaf_hash,
    range_root,
    verify_consistency,
    verify_inclusion,
)
from relay.tree.note import Signer
from relay.tree.tiles import Edge, TileName, encode_bundle, parse_path, split_bundle, width_at
from tests.faults.failing_disk import QuickDisk
from tests.log_samples import (
    JOURNAL_BYTES,
    ORIGIN,
    START_MS,
    encoded,
    naive_consistency,
    naive_inclusion,
    naive_root,
)

MOST = 300
ENTRIES = [number.to_bytes(2) for number in range(MOST)]
SIGNER = Signer.generate(ORIGIN)
sizes = st.integers(1, MOST)


def nodes(size: int) -> NodeSource:
    def node(height: int, index: int) -> bytes:
        assert (index + 1) << height <= size, "asked for what no tile holds"
        return naive_root(ENTRIES[index << height : (index + 1) << height])

    return node


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_inclusion(data: st.DataObject) -> None:
    size = data.draw(sizes)
    index = data.draw(st.integers(0, size - 1))
    root = naive_root(ENTRIES[:size])
    proof = inclusion_proof(index, size, nodes(size))
    assert proof == naive_inclusion(index, ENTRIES[:size])
    assert range_root(0, size, nodes(size)) == root
    verify_inclusion(index, size, leaf_hash(ENTRIES[index]), proof, root)
    other = data.draw(st.integers(0, size).filter(lambda place: place != index))
    with pytest.raises(IntegrityBroken):
        verify_inclusion(other, size, leaf_hash(ENTRIES[index]), proof, root)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        broken = [*proof[:at], sha256(proof[at]).digest(), *proof[at + 1 :]]
        with pytest.raises(IntegrityBroken):
            verify_inclusion(index, size, leaf_hash(ENTRIES[index]), broken, root)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_consistency(data: st.DataObject) -> None:
    new = data.draw(sizes)
    old = data.draw(st.integers(1, new))
    old_root, new_root = naive_root(ENTRIES[:old]), naive_root(ENTRIES[:new])
    proof = consistency_proof(old, new, nodes(new))
    assert proof == naive_consistency(old, ENTRIES[:new])
    verify_consistency(old, new, proof, old_root, new_root)
    with pytest.raises(IntegrityBroken):
        verify_consistency(old, new, proof, sha256(old_root).digest(), new_root)
    with pytest.raises(IntegrityBroken):
        verify_consistency(old, new, [*proof, new_root], old_root, new_root)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        broken = [*proof[:at], sha256(proof[at]).digest(), *proof[at + 1 :]]
        with pytest.raises(IntegrityBroken):
            verify_consistency(old, new, broken, old_root, new_root)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 700), st.integers(0, 700))
def test_an_edge_that_was_loaded_grows_like_one_that_never_stopped(before: int, after: int) -> None:
    leaves = [leaf_hash(number.to_bytes(2)) for number in range(before + after)]
    whole, first = Edge(), Edge()
    for leaf in leaves:
        whole.append(leaf)
    for leaf in leaves[:before]:
        first.append(leaf)
    partials = {name.level: tile for name, tile in first.partials()}
    levels = max([0, *(level for level in partials if level is not None)]) + 1
    again = Edge(before, [partials.get(level, b"") for level in range(levels)])
    for leaf in leaves[before:]:
        again.append(leaf)
    assert again.root() == whole.root()
    assert again.root() == (fold(b"".join(leaves), None) or naive_root([]))
    assert first.take_completed() + again.take_completed() == whole.take_completed()
    assert again.partials() == whole.partials()
    assert all(name.width == width_at(name.level or 0, before + after) for name, _ in again.partials())


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.none(), st.integers(0, 63)), st.integers(0, 10**12), st.integers(1, 256))
def test_paths(level: int | None, index: int, width: int) -> None:
    name = TileName(level, index, width)
    assert parse_path(name.path) == name


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=20), st.data())
def test_bundles(entries: list[bytes], data: st.DataObject) -> None:
    bundle = encode_bundle(entries)
    assert split_bundle(bundle, len(entries)) == entries
    if bundle:
        cut = data.draw(st.integers(0, len(bundle) - 1))
        with pytest.raises(IntegrityBroken):
            split_bundle(bundle[:cut], len(entries))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.lists(st.binary(min_size=1, max_size=3000), min_size=1, max_size=4), min_size=1, max_size=6), st.data()
)
def test_a_journal_cut_at_any_byte_replays_whole_batches(batches: list[list[bytes]], data: st.DataObject) -> None:
    """What a crash keeps is a prefix, with old blocks or zeros behind it."""
    start = 10
    journal, ends = b"", [0]
    for batch in batches:
        journal += encode_frame(start, 2, batch)
        start += len(batch)
        ends.append(len(journal))
    old = b"".join(encode_frame(4, 1, [b"old"]) for _ in range(len(journal) // BLOCK_BYTES))
    cut = data.draw(st.integers(0, len(journal)))
    behind = data.draw(st.sampled_from([bytes(len(journal)), old]))
    found = replay(journal[:cut] + behind[cut:], 10)
    whole = 0
    for number, batch in enumerate(batches, 1):
        content = sum(len(entry) + 2 for entry in batch) + OVERHEAD_BYTES
        assert ends[number] - ends[number - 1] == frame_bytes(content - OVERHEAD_BYTES)
        if (
            cut < ends[number - 1] + content
            and journal[cut : ends[number - 1] + content] != behind[cut : ends[number - 1] + content]
        ):
            break
        whole = number
    assert found.entries == tuple(entry for batch in batches[:whole] for entry in batch)
    assert found.offset == ends[whole]


steps = st.lists(
    st.one_of(st.integers(1, 90), st.just("publish"), st.just("reopen"), st.just("verify")), min_size=1, max_size=25
)


@settings(max_examples=25, deadline=None)
@given(steps)
def test_any_order_of_steps(order: list[int | str]) -> None:
    records = encoded(90 * 25)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)

        def open_store() -> LogStore:
            return LogStore.open(directory, ORIGIN, SIGNER, START_MS, journal_bytes=JOURNAL_BYTES, disk=QuickDisk())

        store = open_store()
        size = 0
        for step in order:
            if isinstance(step, int):
                assert store.append(records[size : size + step]) == size
                size += step
            elif step == "publish":
                assert store.publish(START_MS).root == naive_root(records[:size])
            elif step == "reopen":
                store.close()
                store = open_store()
            else:
                report = verify(directory, SIGNER.vkey)
                assert report.size + report.unpublished == size
            assert store.size == size
        assert [entry for _, entry in reader.entries(directory)] == records[:size]
        store.publish(START_MS)
        store.close()
        assert verify(directory, SIGNER.vkey).size == size
