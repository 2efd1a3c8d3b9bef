"""Verification: every way to change a log that we could think of, and where it says the change is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from relay.base.errors import IntegrityBroken
from relay.base.rfc3339 import format_time
from relay.ledger import reader
from relay.ledger.store import LogStore
from relay.ledger.verify import verify
from relay.tree.checkpoint import Checkpoint, sign_checkpoint
from relay.tree.merkle import leaf_hash
from relay.tree.note import Signer
from relay.tree.record import encode_record, stamped
from relay.tree.tiles import Edge, TileName, encode_bundle, split_bundle
from tests.log_samples import (
    JOURNAL_BYTES,
    ORIGIN,
    START_MS,
    encoded,
    intent,
    make_log,
    naive_root,
    outcome,
    refusal,
    remark,
)

COUNT = 600
SIGNER = Signer.generate(ORIGIN)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`whole`: 600 published records; `pending`: as many, the last 40 in the journal only; `old`: a checkpoint of 200."""
    directory = tmp_path_factory.mktemp("logs")
    make_log(directory / "whole", 200, SIGNER)
    shutil.copy(directory / "whole/checkpoint", directory / "old")
    store = LogStore.open(directory / "whole", ORIGIN, SIGNER, START_MS, journal_bytes=JOURNAL_BYTES)
    for at in range(200, COUNT, 100):
        store.append(encoded(COUNT)[at : at + 100])
        store.publish(START_MS)
    store.close()
    make_log(directory / "pending", COUNT, SIGNER, published=COUNT - 40)
    return directory


def test_a_whole_log(logs: Path) -> None:
    seen: list[tuple[int, int]] = []
    report = verify(logs / "whole", SIGNER.vkey, progress=lambda done, every: seen.append((done, every)))
    assert (report.origin, report.size, report.root) == (ORIGIN, COUNT, naive_root(encoded(COUNT)))
    assert report.kinds == {"intent": 200, "outcome": 200, "refusal": 200}
    assert report.results == {"delivered": 200, "field_undeclared": 200}
    assert (report.first_time, report.last_time) == (format_time(START_MS), format_time(START_MS + 199))
    assert (report.clock_steps, report.unpublished, report.earlier_size) == (0, 0, None)
    assert seen == [(256, COUNT), (512, COUNT), (COUNT, COUNT)]


def test_a_log_with_records_in_the_journal(logs: Path) -> None:
    report = verify(logs / "pending", SIGNER.verifier)
    assert (report.size, report.unpublished, report.kinds.total()) == (560, 40, 600)


def test_an_earlier_checkpoint(logs: Path) -> None:
    old = (logs / "old").read_bytes()
    assert verify(logs / "whole", SIGNER.vkey, earlier=old).earlier_size == 200
    newest = (logs / "whole/checkpoint").read_bytes()
    assert verify(logs / "whole", SIGNER.vkey, earlier=newest).earlier_size == COUNT
    empty = sign_checkpoint(Checkpoint(ORIGIN, 0, naive_root([])), [SIGNER])
    assert verify(logs / "whole", SIGNER.vkey, earlier=empty).earlier_size == 0
    wrong = [
        (sign_checkpoint(Checkpoint(ORIGIN, 200, naive_root(encoded(199))), [SIGNER]), "history was rewritten"),
        (sign_checkpoint(Checkpoint(ORIGIN, 0, bytes(32)), [SIGNER]), "history was rewritten"),
        (sign_checkpoint(Checkpoint(ORIGIN, COUNT, bytes(32)), [SIGNER]), "history was rewritten"),
        (sign_checkpoint(Checkpoint(ORIGIN, COUNT + 1, bytes(32)), [SIGNER]), "the log was cut"),
        (sign_checkpoint(Checkpoint("log.example/b", 200, bytes(32)), [SIGNER]), "of the log"),
        (sign_checkpoint(Checkpoint(ORIGIN, 200, naive_root(encoded(200))), [Signer.generate(ORIGIN)]), "known key"),
        (b"", "note"),
    ]
    for earlier, words in wrong:
        with pytest.raises(IntegrityBroken, match=words):
            verify(logs / "whole", SIGNER.vkey, earlier=earlier)
    assert len(wrong) == 7


def rebuild(log: Path, entries: list[bytes], signer: Signer) -> None:
    """Write the whole tree anew, as a forger would who knows the format: files, and a checkpoint by `signer`."""
    shutil.rmtree(log / "tile")
    (log / "journal").unlink(missing_ok=True)
    edge = Edge()
    for entry in entries:
        edge.append(leaf_hash(entry))
    files = [*edge.take_completed(), *edge.partials()]
    for start in range(0, len(entries), 256):
        part = entries[start : start + 256]
        files.append((TileName(None, start // 256, len(part)), encode_bundle(part)))
    for name, data in files:
        (log / name.path).parent.mkdir(parents=True, exist_ok=True)
        (log / name.path).write_bytes(data)
    (log / "checkpoint").write_bytes(sign_checkpoint(Checkpoint(ORIGIN, len(entries), edge.root()), [signer]))


def edited_record(log: Path) -> None:
    data = (log / "tile/entries/001").read_bytes()
    (log / "tile/entries/001").write_bytes(data.replace(b"minato", b"minami", 1))


def edited_record_and_tile(log: Path) -> None:
    edited_record(log)
    entries = split_bundle((log / "tile/entries/001").read_bytes(), 256)
    (log / "tile/0/001").write_bytes(b"".join(map(leaf_hash, entries)))


def reordered_entries(log: Path) -> None:
    entries = split_bundle((log / "tile/entries/000").read_bytes(), 256)
    entries[10], entries[11] = entries[11], entries[10]
    (log / "tile/entries/000").write_bytes(encode_bundle(entries))


def swapped(first: str, second: str) -> Callable[[Path], None]:
    def swap(log: Path) -> None:
        a, b = (log / first).read_bytes(), (log / second).read_bytes()
        (log / first).write_bytes(b)
        (log / second).write_bytes(a)

    return swap


def swapped_bundles_and_tiles(log: Path) -> None:
    swapped("tile/entries/000", "tile/entries/001")(log)
    swapped("tile/0/000", "tile/0/001")(log)


def swapped_all_levels(log: Path) -> None:
    swapped_bundles_and_tiles(log)
    data = (log / "tile/1/000.p/2").read_bytes()
    (log / "tile/1/000.p/2").write_bytes(data[32:] + data[:32])


def removed_entry(log: Path) -> None:
    entries = split_bundle((log / "tile/entries/002.p/88").read_bytes(), 88)
    (log / "tile/entries/002.p/88").write_bytes(encode_bundle(entries[:-1]))


def extra_entry(log: Path) -> None:
    data = (log / "tile/entries/002.p/88").read_bytes()
    (log / "tile/entries/002.p/88").write_bytes(data + encode_bundle([encode_record(refusal(7))]))


def extra_files(log: Path) -> None:
    entries = [*split_bundle((log / "tile/entries/002.p/88").read_bytes(), 88), encode_record(refusal(7))]
    (log / "tile/entries/002.p/89").write_bytes(encode_bundle(entries))


def extra_tile(log: Path) -> None:
    (log / "tile/0/009").write_bytes(bytes(8192))


def stray_file(log: Path) -> None:
    (log / "tile/0/notes.txt").write_text("hello")


def stale_partial(log: Path) -> None:
    (log / "tile/0/000.p").mkdir(exist_ok=True)
    (log / "tile/0/000.p/7").write_bytes((log / "tile/0/001").read_bytes()[: 7 * 32])


def stale_partial_bundle(log: Path) -> None:
    path = log / "tile/entries/002.p/50"
    path.write_bytes(encode_bundle([encode_record(refusal(1))] * 50))


def flipped(name: str) -> Callable[[Path], None]:
    def flip(log: Path) -> None:
        data = bytearray((log / name).read_bytes())
        data[-1] ^= 1
        (log / name).write_bytes(data)

    return flip


def missing(name: str) -> Callable[[Path], None]:
    return lambda log: (log / name).unlink()


def cut_tail(log: Path) -> None:
    """The last records removed, everything else made to fit, but without the log's key the old checkpoint stays."""
    note = (log / "checkpoint").read_bytes()
    rebuild(log, encoded(COUNT - 3), SIGNER)
    (log / "checkpoint").write_bytes(note)


def forged_key(log: Path) -> None:
    rebuild(log, encoded(COUNT), Signer.generate(ORIGIN))


def another_origin(log: Path) -> None:
    (log / "checkpoint").write_bytes(sign_checkpoint(Checkpoint("log.example/b", 1, bytes(32)), [SIGNER]))


def changed_size(log: Path) -> None:
    data = (log / "checkpoint").read_bytes()
    (log / "checkpoint").write_bytes(data.replace(b"\n600\n", b"\n599\n"))


def rolled_back(log: Path) -> None:
    """An old checkpoint, honestly signed, while the journal knows of more."""
    store = LogStore.open(log, ORIGIN, SIGNER, START_MS, journal_bytes=JOURNAL_BYTES)
    store.append([encode_record(refusal(1))])
    store.close()
    shutil.copy(log.parent / "logs-old", log / "checkpoint")


TAMPERING: list[tuple[Callable[[Path], None], str]] = [
    (edited_record, r"entry 257 of tile/entries/001 is not what tile/0/001 says"),
    (edited_record_and_tile, r"tile/1/000.p/2: hash 1, over entries 256 to 511"),
    (reordered_entries, r"entry 10 of tile/entries/000"),
    (swapped("tile/0/000", "tile/0/001"), r"entry 0 of tile/entries/000"),
    (swapped("tile/entries/000", "tile/entries/001"), r"entry 0 of tile/entries/000"),
    (swapped_bundles_and_tiles, r"entry 256: the outcome|tile/1/000.p/2: hash 0|names entry"),
    (swapped_all_levels, r"names entry|root"),
    (removed_entry, r"tile/entries/002.p/88: the bundle holds 87 entries and should hold 88"),
    (extra_entry, r"tile/entries/002.p/88: the bundle holds 89 entries and should hold 88"),
    (extra_files, r"tile/entries/002.p/89 is not covered by the checkpoint"),
    (extra_tile, r"tile/0/009 is not covered by the checkpoint"),
    (stray_file, r"tile/0/notes.txt is not a file of a log"),
    (stale_partial, r"tile/0/000.p/7 is not a prefix of the log"),
    (stale_partial_bundle, r"tile/entries/002.p/50 is not a prefix of the log"),
    (flipped("tile/0/000"), r"entry 255 of tile/entries/000"),
    (flipped("tile/0/002.p/88"), r"entry 599 of tile/entries/002.p/88"),
    (flipped("tile/1/000.p/2"), r"tile/1/000.p/2: hash 1, over entries 256 to 511"),
    (flipped("tile/entries/002.p/88"), r"entry 599"),
    (flipped("checkpoint"), r"note"),
    (missing("checkpoint"), r"checkpoint is missing"),
    (missing("tile/0/001"), r"tile/0/001 is missing"),
    (missing("tile/1/000.p/2"), r"tile/1/000.p/2 is missing"),
    (missing("tile/entries/002.p/88"), r"tile/entries/002.p/88 is missing"),
    (cut_tail, r"tile/entries/002.p/88 is missing"),
    (forged_key, r"no signature by a known key"),
    (another_origin, r"of the log 'log.example/b'"),
    (changed_size, r"signature by .* is not valid"),
]


def test_every_change_is_found_and_placed(logs: Path, tmp_path: Path) -> None:
    for number, (tamper, words) in enumerate(TAMPERING):
        log = tmp_path / str(number)
        shutil.copytree(logs / "whole", log)
        tamper(log)
        with pytest.raises(IntegrityBroken, match=words):
            verify(log, SIGNER.vkey)
    assert len(TAMPERING) == 27


def test_a_rollback_shows_against_the_journal_or_an_earlier_checkpoint(logs: Path, tmp_path: Path) -> None:
    shutil.copy(logs / "old", tmp_path / "logs-old")
    shutil.copytree(logs / "whole", tmp_path / "log")
    rolled_back(tmp_path / "log")
    with pytest.raises(IntegrityBroken, match="rolled back"):
        verify(tmp_path / "log", SIGNER.vkey)


def test_a_history_rewritten_by_the_owner_of_the_key(logs: Path, tmp_path: Path) -> None:
    """It verifies on its own: only a checkpoint from elsewhere tells (section 10)."""
    log = tmp_path / "log"
    old = (logs / "old").read_bytes()
    shutil.copytree(logs / "whole", log)
    entries = encoded(COUNT)
    entries[2] = encode_record(refusal(77))
    rebuild(log, entries, SIGNER)
    assert verify(log, SIGNER.vkey).size == COUNT
    with pytest.raises(IntegrityBroken, match="history was rewritten: the first 200"):
        verify(log, SIGNER.vkey, earlier=old)
    rebuild(log, encoded(150), SIGNER)
    with pytest.raises(IntegrityBroken, match="the log was cut"):
        verify(log, SIGNER.vkey, earlier=old)


def test_an_outcome_and_a_remark_need_an_earlier_intent_of_their_transfer(tmp_path: Path) -> None:
    wrong = [
        [outcome(0, 0)],
        [intent(0), outcome(1, 0)],
        [intent(0), outcome(0, 1)],
        [intent(0), outcome(0, 2), intent(0)],
        [intent(0), refusal(0), outcome(0, 1)],
        [intent(0), outcome(0, 1 << 50)],
        [remark(0, 0)],
        [intent(0), remark(1, 0)],
        [intent(0), remark(0, 1 << 50)],
    ]
    for number, records in enumerate(wrong):
        log = tmp_path / str(number)
        log.mkdir()
        store = LogStore.open(log, ORIGIN, SIGNER, START_MS, journal_bytes=JOURNAL_BYTES)
        store.append([encode_record(record) for record in records])
        for _ in ("in the journal", "published"):
            with pytest.raises(IntegrityBroken, match="not an earlier intent of that transfer"):
                verify(log, SIGNER.vkey)
            store.publish(START_MS)
        store.close()
    assert len(wrong) == 9


def test_what_is_no_record_is_found(tmp_path: Path) -> None:
    wrong = [b"{}", b"not json", encode_record(refusal(0)) + b" ", encode_record(refusal(0)).replace(b"-21T", b"-31T")]
    for number, entry in enumerate(wrong):
        log = tmp_path / str(number)
        log.mkdir()
        store = LogStore.open(log, ORIGIN, SIGNER, START_MS, journal_bytes=JOURNAL_BYTES)
        store.append([encode_record(refusal(1)), entry])
        store.publish(START_MS)
        store.close()
        with pytest.raises(IntegrityBroken, match="entry 1"):
            verify(log, SIGNER.vkey)
    assert len(wrong) == 4


def test_a_clock_that_was_set_back_is_reported(tmp_path: Path) -> None:
    skew_ms = 1_000
    for back_ms, steps in ((skew_ms, 0), (skew_ms + 1, 1)):
        log = tmp_path / str(back_ms)
        log.mkdir()
        store = LogStore.open(log, ORIGIN, SIGNER, START_MS, journal_bytes=JOURNAL_BYTES)
        times = (START_MS, START_MS - back_ms, START_MS + 5)
        store.append([encode_record(stamped(refusal(1), format_time(time))) for time in times])
        store.publish(START_MS)
        store.close()
        assert verify(log, SIGNER.vkey, clock_skew_ms=skew_ms).clock_steps == steps


def test_files_that_a_crash_left_ahead_of_the_checkpoint(logs: Path, tmp_path: Path) -> None:
    """What the journal will publish may lie there already, whole or cut off; anything else may not."""
    log = tmp_path / "log"
    shutil.copytree(logs / "pending", log)
    entries = encoded(COUNT)
    ahead = {
        "tile/entries/002.p/88": encode_bundle(entries[512:]),
        "tile/entries/002.p/60": encode_bundle(entries[512:572]),
        "tile/0/002.p/88": b"".join(map(leaf_hash, entries[512:])),
    }
    for path, data in ahead.items():
        for kept in (len(data), len(data) // 2, 0):
            (log / path).write_bytes(data[:kept])
            assert verify(log, SIGNER.vkey).unpublished == 40
        (log / path).write_bytes(data[:-1] + b"!")
        with pytest.raises(IntegrityBroken, match="not covered"):
            verify(log, SIGNER.vkey)
        (log / path).unlink()
    assert len(ahead) == 3


def test_a_key_that_is_none(logs: Path) -> None:
    with pytest.raises(ValueError, match="key"):
        verify(logs / "whole", "not a key")


def test_an_empty_log(tmp_path: Path) -> None:
    make_log(tmp_path, 0, SIGNER)
    report = verify(tmp_path, SIGNER.vkey)
    assert (report.size, report.first_time, report.kinds.total()) == (0, "", 0)
    assert list(reader.records(tmp_path)) == []
