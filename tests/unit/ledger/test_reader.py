"""Reading and searching a log, published or not, beside a writer or in a copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from relay.base.errors import IntegrityBroken
from relay.base.rfc3339 import format_time
from relay.ledger import reader
from relay.ledger.store import LogStore
from relay.ledger.verify import verify
from relay.tree.merkle import consistency_proof, inclusion_proof, leaf_hash, verify_consistency, verify_inclusion
from relay.tree.note import Signer
from relay.tree.record import KIND_NAMES, Record, kind_of
from tests.log_samples import (
    JOURNAL_BYTES,
    ORIGIN,
    START_MS,
    encoded,
    history,
    make_log,
    naive_root,
    transfer,
)

COUNT = 600


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """600 records, the last 30 of them in the journal only."""
    directory = tmp_path_factory.mktemp("log")
    make_log(directory, COUNT, published=COUNT - 30)
    return directory


def test_records_by_range(log: Path) -> None:
    every = history(COUNT)
    ranges = [
        (0, None),
        (0, COUNT),
        (0, 1),
        (255, 257),
        (560, 590),
        (570, 600),
        (599, 600),
        (600, None),
        (5, 5),
        (0, 9999),
    ]
    for start, end in ranges:
        last = COUNT if end is None else min(end, COUNT)
        assert list(reader.records(log, start, end)) == [(index, every[index]) for index in range(start, last)]
    assert len(ranges) == 10
    assert reader.last(log, 3) == [(index, every[index]) for index in range(597, 600)]
    assert len(reader.last(log, 9999)) == COUNT


def wanted(every: list[Record], **by: str) -> list[int]:
    """Where the records are that a reader must find."""
    found = []
    for index, record in enumerate(every):
        fields = {
            "kind": kind_of(record),
            "transfer": record.transfer,
            "tenant": getattr(record, "tenant", None),
            "route": getattr(record, "route", None),
            "reason": {"intent": "admitted", "outcome": "delivered", "refusal": "field_undeclared"}[kind_of(record)],
        }
        in_time = by.get("since", "") <= record.time < by.get("until", "9")
        if in_time and all(fields[name] == value for name, value in by.items() if name in fields):
            found.append(index)
    return found


def test_finding(log: Path) -> None:
    every = history(COUNT)
    queries: list[dict[str, str]] = [
        {},
        {"transfer": transfer(0)},
        {"transfer": transfer(195)},
        {"transfer": transfer(9999)},
        {"kind": "refusal"},
        {"kind": "state"},
        {"reason": "delivered"},
        {"reason": "admitted"},
        {"reason": "field_undeclared"},
        {"reason": "schema"},
        {"tenant": "minato"},
        {"tenant": "minat"},
        {"route": "juminhyo", "kind": "intent"},
        {"route": "minato"},
        {"since": format_time(START_MS + 190)},
        {"until": format_time(START_MS + 2)},
        {"since": format_time(START_MS + 5), "until": format_time(START_MS + 6), "kind": "outcome"},
        {"transfer": transfer(195), "kind": "outcome", "tenant": "minato"},
    ]
    for query in queries:
        assert [index for index, _ in reader.find(log, **query)] == wanted(every, **query), query
    assert len(queries) == 18
    assert len(wanted(every, transfer=transfer(195))) == 3
    assert {kind_of(record) for _, record in reader.find(log)} < set(KIND_NAMES)


def test_reading_while_somebody_writes(tmp_path: Path) -> None:
    signer = Signer.generate(ORIGIN)
    store = LogStore.open(tmp_path, ORIGIN, signer, START_MS, journal_bytes=JOURNAL_BYTES)
    records = encoded(300)
    for index, record in enumerate(records):
        store.append([record])
        if index % 50 == 0:
            store.publish(START_MS)
        if index % 10 == 0:
            assert [entry for _, entry in reader.entries(tmp_path, max(0, index - 2))][-1] == record
            assert verify(tmp_path, signer.vkey).unpublished == index % 50
    store.close()


def test_an_old_checkpoint_finds_its_tiles_later(tmp_path: Path) -> None:
    signer = make_log(tmp_path / "log", 300)
    note = (tmp_path / "log/checkpoint").read_bytes()
    make_log_go_on(tmp_path / "log", signer, 300, 600)
    entries = reader.read_bundle(tmp_path / "log", 1, 44)[1]
    assert entries == encoded(300)[256:]
    hashes = reader.TileHashes(tmp_path / "log", 300)
    old = reader.read_unverified(note)
    for index in (0, 255, 256, 299):
        proof = inclusion_proof(index, 300, hashes.node)
        verify_inclusion(index, 300, leaf_hash(encoded(300)[index]), proof, old.root)


def make_log_go_on(directory: Path, signer: Signer, start: int, end: int) -> None:
    store = LogStore.open(directory, ORIGIN, signer, START_MS, journal_bytes=JOURNAL_BYTES)
    store.append(encoded(end)[start:end])
    store.publish(START_MS)
    store.close()


def test_proofs_from_tiles(log: Path) -> None:
    entries = encoded(COUNT)
    size = COUNT - 30
    hashes = reader.TileHashes(log, size)
    root = naive_root(entries[:size])
    for index in range(0, size, 23):
        proof = inclusion_proof(index, size, hashes.node)
        verify_inclusion(index, size, leaf_hash(entries[index]), proof, root)
    for old in (1, 2, 255, 256, 257, 512, 569, 570):
        proof = consistency_proof(old, size, hashes.node)
        verify_consistency(old, size, proof, naive_root(entries[:old]), root)


def test_a_copy_verifies_on_its_own(log: Path, tmp_path: Path) -> None:
    checkpoint = reader.copy(log, tmp_path / "copy")
    assert checkpoint.size == COUNT - 30
    copied = {str(path.relative_to(tmp_path / "copy")) for path in (tmp_path / "copy").rglob("*") if path.is_file()}
    assert copied == {"checkpoint", *(name.path for name in reader.tiles_of(checkpoint.size))}
    assert [entry for _, entry in reader.entries(tmp_path / "copy")] == encoded(COUNT - 30)


def test_the_files_of_a_tree() -> None:
    assert list(reader.tiles_of(0)) == []
    names = {name.path for name in reader.tiles_of(70_000)}
    assert len(names) == 274 + 274 + 2 + 1
    assert {"tile/entries/273.p/112", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"} < names


def test_what_cannot_be_read(log: Path, tmp_path: Path) -> None:
    with pytest.raises(IntegrityBroken, match="checkpoint is missing"):
        reader.snapshot(tmp_path)
    copy = tmp_path / "copy"
    shutil.copytree(log, copy)
    (copy / "tile/entries/001").unlink()
    with pytest.raises(IntegrityBroken, match="tile/entries/001 is missing"):
        list(reader.records(copy))
    shutil.copy(log / "tile/entries/000", copy / "tile/entries/001")
    data = bytearray((copy / "tile/entries/001").read_bytes())
    data[100] ^= 0x80
    (copy / "tile/entries/001").write_bytes(data)
    with pytest.raises(IntegrityBroken, match="entry 256: not a record"):
        list(reader.records(copy))
    (copy / "tile/0/000").write_bytes(b"short")
    with pytest.raises(IntegrityBroken, match="has 5 bytes"):
        reader.TileHashes(copy, COUNT - 30).node(0, 3)
