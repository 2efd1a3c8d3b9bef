"""The committed vectors: what opens must open to the same bytes, and what must not is refused for the reason that is written there."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from relay.base.errors import Refused
from relay.base.ids import TransferId
from relay.envelope.keys import ReceiptVerifier, RecipientPrivateKey, RecipientPublicKey, SenderPublicKey
from relay.envelope.receipt import ReceiptReader
from relay.envelope.response import ResponseOpener
from relay.envelope.unseal import Trust
from tests.unit.envelope import making

DIRECTORY = Path(__file__).parents[2] / "vectors" / "envelope"
KEYS = json.loads((DIRECTORY / "keys.json").read_text())
ENVELOPES = json.loads((DIRECTORY / "envelopes.json").read_text())
RESPONSES = json.loads((DIRECTORY / "responses.json").read_text())
RECEIPTS = json.loads((DIRECTORY / "receipts.json").read_text())

COUNTS = {
    "envelopes": {
        "plain": 5,
        "altered": 31,
        "altered-signed": 53,
        "truncated": 32,
        "trailing": 10,
        "chunks": 14,
        "chunks-signed": 25,
        "time": 19,
        "trust": 9,
    },
    "responses": {"plain": 4, "altered": 8, "truncated": 11, "trailing": 3, "chunks": 8, "key": 3},
    "receipts": {"plain": 5, "about": 5, "form": 21, "altered": 12},
}


def _id(case: dict[str, Any]) -> str:
    return f"{case['category']}: {case['name']}"


def _edited(raw: bytes, edits: list[dict[str, Any]]) -> bytes:
    data = bytearray(raw)
    for edit in edits:
        match edit:
            case {"op": "flip", "at": at, "bit": bit}:
                data[at] ^= 1 << bit
            case {"op": "set", "at": at, "hex": digits}:
                new = bytes.fromhex(digits)
                data[at : at + len(new)] = new
            case {"op": "insert", "at": at, "hex": digits}:
                data[at:at] = bytes.fromhex(digits)
            case {"op": "delete", "at": at, "length": length}:
                del data[at : at + length]
            case {"op": "copy", "from": source, "length": length, "at": at}:
                data[at:at] = data[source : source + length]
            case {"op": "swap", "first": a, "second": b, "length": length}:
                data[a : a + length], data[b : b + length] = data[b : b + length], data[a : a + length]
            case {"op": "truncate", "length": length}:
                del data[length:]
            case {"op": "sign", "by": by}:
                key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(KEYS[by]["seed"]))
                digest = hashlib.sha256(data[:-64]).digest()
                data[-64:] = key.sign(b"sekisho envelope v1 signature\x00" + digest)
            case _:
                raise AssertionError(f"an edit that the runner does not know: {edit}")
    return bytes(data)


def _outcome(action: Any) -> Any:
    try:
        return action()
    except Refused as refused:
        return refused.reason.value


@pytest.mark.parametrize("file", ["envelopes", "responses", "receipts"])
def test_every_case_is_of_a_known_category_and_none_is_lost(file: str) -> None:
    cases = {"envelopes": ENVELOPES, "responses": RESPONSES, "receipts": RECEIPTS}[file]["cases"]
    assert Counter(case["category"] for case in cases) == COUNTS[file]
    assert len({_id(case) for case in cases}) == len(cases)


@pytest.mark.parametrize("case", ENVELOPES["cases"], ids=_id)
def test_envelope(case: dict[str, Any]) -> None:
    values = ENVELOPES["defaults"] | case
    assert set(values) <= {*ENVELOPES["defaults"], "category", "name", "base", "edits", "expect"}
    base = ENVELOPES["bases"][case["base"]]
    raw = _edited((DIRECTORY / base["file"]).read_bytes(), case["edits"])
    recipients = [RecipientPrivateKey(bytes.fromhex(KEYS[name]["seed"])) for name in values["recipients"]]
    senders = [SenderPublicKey.from_text(KEYS[name]["public"]) for name in values["senders"]]
    trust = Trust(
        {key.key_id: key for key in recipients},
        {key.key_id: key for key in senders},
        dict.fromkeys(values["modes"], values["lifetime_ms"]),
        values["clock_skew_ms"],
    )

    def opened() -> tuple[str, str, str, int, int]:
        verified = making.verified(raw, values["now_ms"], trust)
        inside = verified.open()
        plaintext = b"".join(inside.chunks())
        times = (verified.created_ms, verified.expires_ms)
        return verified.digest.hex(), hashlib.sha256(plaintext).hexdigest(), inside.response_key.hex(), *times

    digest = hashlib.sha256(raw).hexdigest() if case["edits"] else base["digest"]
    whole = (digest, base["plaintext_sha256"], base["response_key"], values["created_ms"], values["expires_ms"])
    assert _outcome(opened) == (whole if case["expect"] == "ok" else case["expect"])


@pytest.mark.parametrize("case", RESPONSES["cases"], ids=_id)
@pytest.mark.parametrize("piece_bytes", [1 << 30, 65_552, 1000])
def test_response(case: dict[str, Any], piece_bytes: int) -> None:
    values = RESPONSES["defaults"] | case
    assert set(values) <= {*RESPONSES["defaults"], "category", "name", "base", "edits", "expect"}
    base = RESPONSES["bases"][case["base"]]
    raw = _edited((DIRECTORY / base["file"]).read_bytes(), case["edits"])

    def opened() -> str:
        opener = ResponseOpener(TransferId(values["transfer"]), bytes.fromhex(values["response_key"]))
        plaintext: list[bytes] = []
        for at in range(0, len(raw), piece_bytes):
            plaintext += opener.feed(raw[at : at + piece_bytes])
        plaintext.append(opener.finish())
        return hashlib.sha256(b"".join(plaintext)).hexdigest()

    assert _outcome(opened) == (base["plaintext_sha256"] if case["expect"] == "ok" else case["expect"])


@pytest.mark.parametrize("case", RECEIPTS["cases"], ids=_id)
def test_receipt(case: dict[str, Any]) -> None:
    values = RECEIPTS["defaults"] | case
    assert set(values) <= {*RECEIPTS["defaults"], "category", "name", "receipt", "expect"}

    def verified() -> str:
        receipt = ReceiptReader(ReceiptVerifier.from_text(KEYS["receipt"]["public"])).read(
            case["receipt"].encode(),
            transfer_id=TransferId(values["transfer"]),
            envelope_digest=bytes.fromhex(values["envelope_digest"]),
            response_digest=bytes.fromhex(values["response_digest"]),
        )
        assert (receipt.gate, receipt.transfer_id) == ("gate-1.example", values["transfer"])
        return "ok"

    assert _outcome(verified) == case["expect"]


def test_the_keys_of_the_vectors_have_the_texts_that_are_written() -> None:
    for name in ("recipient", "other_recipient"):
        key = RecipientPrivateKey(bytes.fromhex(KEYS[name]["seed"]))
        assert key.public_key.to_text() == KEYS[name]["public"]
        assert RecipientPublicKey.from_text(KEYS[name]["public"]).key_id == key.key_id
    for name in ("sender", "other_sender"):
        seed = bytes.fromhex(KEYS[name]["seed"])
        public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
        assert SenderPublicKey(KEYS[name]["name"], public).to_text() == KEYS[name]["public"]
