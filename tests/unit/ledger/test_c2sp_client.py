"""The log as a stranger reads it: a client written from the C2SP texts alone, without any code of ours."""

from __future__ import annotations

import base64
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from relay.tree.note import Signer
from tests.log_samples import ORIGIN, encoded, make_log

SIZES = (0, 1, 2, 255, 256, 257, 700)


def open_checkpoint(prefix: Path, vkey: str) -> tuple[int, bytes]:
    """signed-note and tlog-checkpoint."""
    name, key_hash, key = vkey.split("+", 2)
    raw = base64.b64decode(key)
    assert raw[0] == 1
    assert sha256(name.encode() + b"\n" + raw).digest()[:4].hex() == key_hash
    text, signatures = (prefix / "checkpoint").read_text("utf-8").rsplit("\n\n", 1)
    line = next(line for line in signatures.splitlines() if line.startswith(f"— {name} "))
    signature = base64.b64decode(line.split(" ")[2])
    assert signature[:4].hex() == key_hash
    Ed25519PublicKey.from_public_bytes(raw[1:]).verify(signature[4:], text.encode() + b"\n")
    origin, size, root = text.split("\n")
    assert origin == ORIGIN
    return int(size), base64.b64decode(root)


def tile_path(level: str, index: int, width: int) -> str:
    """tlog-tiles: three digits a path element, all but the last with an x."""
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    path = "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
    return f"tile/{level}/{path}" + ("" if width == 256 else f".p/{width}")


def fetch_entries(prefix: Path, size: int) -> list[bytes]:
    entries = []
    for index in range((size + 255) // 256):
        width = min(256, size - index * 256)
        data = (prefix / tile_path("entries", index, width)).read_bytes()
        while data:
            length = int.from_bytes(data[:2], "big")
            entries.append(data[2 : 2 + length])
            data = data[2 + length :]
    return entries


def mth(hashes: list[bytes]) -> bytes:
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1 << (len(hashes) - 1).bit_length() - 1
    return sha256(b"\x01" + mth(hashes[:k]) + mth(hashes[k:])).digest()


def fetch_level(prefix: Path, level: int, size: int) -> list[bytes]:
    count = size // 256**level
    hashes = []
    for index in range((count + 255) // 256):
        width = min(256, count - index * 256)
        data = (prefix / tile_path(str(level), index, width)).read_bytes()
        assert len(data) == 32 * width
        hashes += [data[at : at + 32] for at in range(0, len(data), 32)]
    return hashes


def test_a_stranger_verifies_the_log(tmp_path: Path) -> None:
    for number in SIZES:
        prefix = tmp_path / str(number)
        signer = make_log(prefix, number, Signer.generate(ORIGIN))
        size, root = open_checkpoint(prefix, signer.vkey)
        entries = fetch_entries(prefix, size)
        assert entries == encoded(number)
        leaves = [sha256(b"\x00" + entry).digest() for entry in entries]
        assert mth(leaves) == root
        assert fetch_level(prefix, 0, size) == leaves
        assert fetch_level(prefix, 1, size) == [mth(leaves[at : at + 256]) for at in range(0, size // 256 * 256, 256)]
    assert len(SIZES) == 7
