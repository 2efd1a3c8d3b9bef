"""Whatever bytes stand where the log is read, every reader gives a result or Refused, never anything else.

Here Refused is IntegrityBroken for what the log holds, and ValueError for keys and paths that a person gives. And: what was
read writes again to the same bytes, so there is one spelling of everything.
"""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Callable, Hashable
from hashlib import sha256

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))

from relay.base.errors import IntegrityBroken
from relay.ledger.journal import BLOCK_BYTES, MAGIC, encode_frame, frame_at, replay
from relay.tree.checkpoint import Checkpoint, open_checkpoint, parse_text, read_unverified, sign_checkpoint
from relay.tree.note import Signer, Verifier, open_note
from relay.tree.record import decode_record, encode_record, kind_of
from relay.tree.tiles import encode_bundle, parse_path, split_bundle
from tests.fuzz import driver
from tests.log_samples import ORIGIN, encoded, history

SIGNER = Signer.generate(ORIGIN)
NOTE = sign_checkpoint(Checkpoint(ORIGIN, 7, bytes(32)), [SIGNER])


def read_record(data: bytes) -> Hashable:
    record = decode_record(data)
    assert encode_record(record) == data
    return kind_of(record)


def read_bundle(data: bytes) -> Hashable:
    count = data[0] if data else 0
    entries = split_bundle(data[1:], count)
    assert encode_bundle(entries) == data[1:]
    return len(entries)


def read_note(data: bytes) -> Hashable:
    """Nothing that we did not sign is ever taken for signed."""
    note = open_note(data, [SIGNER.verifier])
    assert note.text == open_note(NOTE, [SIGNER.verifier]).text
    return open_checkpoint(data, ORIGIN, [SIGNER.verifier]).size


def read_checkpoint(data: bytes) -> Hashable:
    checkpoint = read_unverified(data)
    assert parse_text(checkpoint.text) == checkpoint
    return len(checkpoint.extensions)


def read_path(data: bytes) -> Hashable:
    text = data.decode("utf-8", "surrogateescape")
    name = parse_path(text)
    assert name.path == text
    return name.level is None, name.width == 256


def read_key(data: bytes) -> Hashable:
    text = data.decode("utf-8", "surrogateescape")
    verifier = Verifier.parse(text)
    assert verifier.vkey == text
    return "key"


def read_journal(data: bytes) -> Hashable:
    """As it lies on the disk: nothing is replayed that was not written as a whole frame."""
    journal = data.ljust(2 * BLOCK_BYTES, b"\x00")
    found = replay(journal, 5)
    return len(found.entries), found.offset, found.torn


def read_frame(data: bytes) -> Hashable:
    """A frame with a digest that fits, as a bug of ours might write it."""
    body = MAGIC + data[: BLOCK_BYTES - 64]
    journal = (body + sha256(body).digest()).ljust(2 * BLOCK_BYTES, b"\x00")
    frame = frame_at(journal, 0)
    if frame is not None and len(frame.entries) > 0:
        assert encode_frame(frame.start, frame.lap, frame.entries)[: len(body)] == body
    found = replay(journal, 5)
    return frame is None, len(found.entries), found.torn


READERS: tuple[Callable[[bytes], Hashable], ...] = (
    read_record,
    read_bundle,
    read_note,
    read_checkpoint,
    read_path,
    read_key,
    read_journal,
    read_frame,
)


def target(data: bytes) -> Hashable:
    """The first byte chooses the reader of the rest."""
    reader = READERS[data[0] % len(READERS)] if data else read_record
    try:
        return reader.__name__, reader(data[1:])
    except IntegrityBroken as refused:
        return reader.__name__, str(refused)[:30]
    except ValueError as refused:
        assert reader in (read_path, read_key)
        return reader.__name__, str(refused)[:20]


def corpus() -> list[bytes]:
    frames = encode_frame(5, 1, [b"ab", b"c"]) + encode_frame(7, 1, [b"d"])
    seeds: dict[Callable[[bytes], Hashable], list[bytes]] = {
        read_record: encoded(3),
        read_bundle: [b"\x03" + encode_bundle(encoded(3))],
        read_note: [NOTE],
        read_checkpoint: [NOTE],
        read_path: [b"tile/0/x001/000.p/3", b"tile/entries/007", b"tile/63/000"],
        read_key: [SIGNER.vkey.encode()],
        read_journal: [frames],
        read_frame: [frames[len(MAGIC) : 32 + 7]],
    }
    return [bytes([READERS.index(reader)]) + seed for reader, inputs in seeds.items() for seed in inputs]


TOKENS = (
    b'"kind":"state"',
    b'"values":{"a":1}',
    b"0123456789",
    b"\xe2\x80\x94 ",
    b"\n\n",
    b".p/255",
    b"x000/",
    MAGIC,
    *(field.encode() for field in history(1)[0].__struct_fields__),
)

if __name__ == "__main__":
    raise SystemExit(driver.run("fuzz_log", target, corpus(), TOKENS))
