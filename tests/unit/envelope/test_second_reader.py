"""The vectors, opened by a second reader that is written from docs/spec/envelope.md and the RFCs and uses nothing of `relay`.

It shows that the spec says enough to read an envelope, and that the library's HPKE is what the spec names: RFC 9180 base mode
with MLKEM768-X25519 (KEM 0x647A), whose combiner is X-Wing's.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

DIRECTORY = Path(__file__).parents[2] / "vectors" / "envelope"
KEYS = json.loads((DIRECTORY / "keys.json").read_text())
ENVELOPES = json.loads((DIRECTORY / "envelopes.json").read_text())
RESPONSES = json.loads((DIRECTORY / "responses.json").read_text())
KEM, KDF, AEAD = 0x647A, 0x0001, 0x0002
SUITE_ID = b"HPKE" + KEM.to_bytes(2) + KDF.to_bytes(2) + AEAD.to_bytes(2)


def _extract(salt: bytes, ikm: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), ikm, "sha256")


def _expand(key: bytes, info: bytes, length: int) -> bytes:
    assert length <= 32
    return hmac.digest(key, info + b"\x01", "sha256")[:length]


def _labeled_extract(salt: bytes, label: bytes, ikm: bytes) -> bytes:
    return _extract(salt, b"HPKE-v1" + SUITE_ID + label + ikm)


def _labeled_expand(key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    return _expand(key, length.to_bytes(2) + b"HPKE-v1" + SUITE_ID + label + info, length)


def _decapsulate(enc: bytes, seed: bytes) -> bytes:
    mlkem = MLKEM768PrivateKey.from_seed_bytes(seed[:64])
    x25519 = X25519PrivateKey.from_private_bytes(seed[64:])
    of_mlkem = mlkem.decapsulate(enc[:1088])
    of_x25519 = x25519.exchange(X25519PublicKey.from_public_bytes(enc[1088:]))
    mine = x25519.public_key().public_bytes_raw()
    return hashlib.sha3_256(of_mlkem + of_x25519 + enc[1088:] + mine + rb"\.//^\ "[:-1]).digest()


def _open_base(sealed: bytes, seed: bytes, info: bytes) -> bytes:
    shared = _decapsulate(sealed[:1120], seed)
    context = b"\x00" + _labeled_extract(b"", b"psk_id_hash", b"") + _labeled_extract(b"", b"info_hash", info)
    secret = _labeled_extract(shared, b"secret", b"")
    key = _labeled_expand(secret, b"key", context, 32)
    nonce = _labeled_expand(secret, b"base_nonce", context, 12)
    return AESGCM(key).decrypt(nonce, sealed[1120:], b"")


def _open_chunks(key: bytes, sealed: bytes) -> bytes:
    chunks = [sealed[at : at + 65552] for at in range(0, len(sealed), 65552)]
    return b"".join(
        AESGCM(key).decrypt(number.to_bytes(11) + bytes([number == len(chunks) - 1]), chunk, b"")
        for number, chunk in enumerate(chunks)
    )


@pytest.mark.parametrize("name", ENVELOPES["bases"])
def test_envelope(name: str) -> None:
    about = ENVELOPES["bases"][name]
    raw = (DIRECTORY / about["file"]).read_bytes()
    header = raw[: 64 + raw[63]]
    sender = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(KEYS["sender"]["seed"])).public_key()
    sender.verify(raw[-64:], b"sekisho envelope v1 signature\x00" + hashlib.sha256(raw[:-64]).digest())
    assert int.from_bytes(raw[-80:-72]) == ENVELOPES["defaults"]["created_ms"]
    assert int.from_bytes(raw[-72:-64]) == ENVELOPES["defaults"]["expires_ms"]
    rest = raw[len(header) : -80]
    assert rest[:2] == (1248).to_bytes(2)
    seed = bytes.fromhex(KEYS["recipient"]["seed"])
    wrapping_key = _open_base(rest[2:1170], seed, b"sekisho envelope v1 wrapping key\x00")
    key = hmac.digest(wrapping_key, b"sekisho envelope v1 keys\x00" + header, "sha256")
    keys = AESGCM(key).decrypt(bytes(12), rest[1170:1250], b"")
    plaintext = _open_chunks(keys[:32], rest[1250:])
    assert len(plaintext) == int(name)
    assert hashlib.sha256(plaintext).hexdigest() == about["plaintext_sha256"]
    assert keys[32:].hex() == about["response_key"]
    assert hashlib.sha256(raw).hexdigest() == about["digest"]


@pytest.mark.parametrize("name", RESPONSES["bases"])
def test_response(name: str) -> None:
    about = RESPONSES["bases"][name]
    raw = (DIRECTORY / about["file"]).read_bytes()
    assert raw[:8] == b"SKSHRSP\x01"
    transfer = bytes.fromhex(RESPONSES["defaults"]["transfer"].replace("-", ""))
    assert raw[8:24] == transfer
    prk = _extract(raw[24:56], bytes.fromhex(RESPONSES["defaults"]["response_key"]))
    key = _expand(prk, b"sekisho response v1 content\x00" + transfer, 32)
    plaintext = _open_chunks(key, raw[56:])
    assert len(plaintext) == int(name)
    assert hashlib.sha256(plaintext).hexdigest() == about["plaintext_sha256"]


def test_key_ids() -> None:
    _, key_id, _ = KEYS["recipient"]["public"].split("+", 2)
    seed = bytes.fromhex(KEYS["recipient"]["seed"])
    public = (
        MLKEM768PrivateKey.from_seed_bytes(seed[:64]).public_key().public_bytes_raw()
        + X25519PrivateKey.from_private_bytes(seed[64:]).public_key().public_bytes_raw()
    )
    assert hashlib.sha256(b"sekisho sealing key v1\x00" + public).hexdigest()[:32] == key_id
    name, key_hash, _ = KEYS["sender"]["public"].split("+", 2)
    signing = (
        Ed25519PrivateKey.from_private_bytes(bytes.fromhex(KEYS["sender"]["seed"])).public_key().public_bytes_raw()
    )
    about = name.encode() + b"\n\x01" + signing
    assert hashlib.sha256(about).hexdigest()[:8] == key_hash
    raw = (DIRECTORY / "envelope-3000.bin").read_bytes()
    assert raw[31:47].hex() == key_id
    assert raw[47:63] == hashlib.sha256(b"sekisho signing key v1\x00" + about).digest()[:16]
