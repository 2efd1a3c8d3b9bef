"""Whatever bytes come as an envelope, a response, a receipt or a key file, the readers give a result or Refused, never anything else.

(KeyInvalid for key files.) Besides: nothing opens but what was sealed. The target signs each input anew with the sender's key too,
so that mutations get past the signature and reach the sealed keys and the chunks: once with the times that are there, once with good ones.
"""

from __future__ import annotations

import hashlib
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))

from relay.base.errors import Refused
from relay.envelope import keys
from relay.envelope.receipt import Receipt, ReceiptReader, sign_statements, statement_of
from relay.envelope.response import ResponseOpener, ResponseSealer
from tests.fuzz import driver
from tests.unit.envelope.making import NOW_MS, RECEIPT, RECIPIENT, SENDER, TRANSFER, seal, unseal

RESPONSE_KEY = bytes(range(32))
PLAINTEXT = b"a request that was sealed"
ENVELOPE, _ = seal(PLAINTEXT)
TIMES = ENVELOPE[-80:-64]
DIGEST = hashlib.sha256(b"").digest()
KEY_TYPES = (
    keys.RecipientPublicKey,
    keys.RecipientPrivateKey,
    keys.SenderPublicKey,
    keys.SenderPrivateKey,
    keys.ReceiptVerifier,
    keys.ReceiptSigner,
)


def _response() -> bytes:
    pieces: list[bytes] = []
    sealer = ResponseSealer(TRANSFER, RESPONSE_KEY, pieces.append)
    sealer.write(PLAINTEXT)
    sealer.finish()
    return b"".join(pieces)


RESPONSE = _response()
RECEIPT_RAW, _ = sign_statements(
    RECEIPT,
    [statement_of(Receipt(RECEIPT.name, TRANSFER, digest, b"", "delivered", NOW_MS)) for digest in (DIGEST, bytes(32))],
)
READER = ReceiptReader(RECEIPT.public_key)
READER.read(
    RECEIPT_RAW, transfer_id=TRANSFER, envelope_digest=DIGEST, response_digest=b""
)  # its note is known from now on


def _envelope(data: bytes) -> str:
    try:
        plaintext, _ = unseal(data)
    except Refused as refused:
        return f"{refused.reason.value} {refused.detail}"
    assert plaintext == PLAINTEXT, "opened to something that nobody sealed"
    return "opened"


def _resigned(data: bytes, times: bytes = b"") -> bytes:
    body = data[: -64 - len(times)] + times
    return body + SENDER.sign(hashlib.sha256(body).digest())


def _read_response(data: bytes) -> str:
    opener = ResponseOpener(TRANSFER, RESPONSE_KEY)
    try:
        opened = opener.feed(data[:40]) + opener.feed(data[40:])
        plaintext = b"".join(opened) + opener.finish()
    except Refused as refused:
        return refused.detail
    assert data == RESPONSE and plaintext == PLAINTEXT, "opened to something that nobody sealed"
    return "opened"


def _receipt(data: bytes) -> str:
    try:
        READER.read(data, transfer_id=TRANSFER, envelope_digest=DIGEST, response_digest=b"")
    except Refused as refused:
        return refused.detail
    assert data == RECEIPT_RAW, "a receipt that nobody signed"
    return "verified"


def _key(data: bytes) -> tuple[str, ...]:
    text = data.decode("utf-8", "surrogateescape")
    outcome = []
    for key_type in KEY_TYPES:
        try:
            key = key_type.from_text(text)
        except keys.KeyInvalid as invalid:
            outcome.append(str(invalid))
        else:
            assert key.to_text() == text.removesuffix("\n"), "two lines for one key"
            outcome.append("read")
    return tuple(outcome)


def target(data: bytes) -> object:
    if data.startswith(b"SKSHENV"):
        assert data == ENVELOPE or _envelope(data) != "opened"
        return "envelope", _envelope(_resigned(data)), _envelope(_resigned(data, TIMES))
    if data.startswith(b"SKSHRSP"):
        return "response", _read_response(data)
    if data.startswith(b"sekisho-receipt"):
        return "receipt", _receipt(data)
    return _envelope(data), _read_response(data), _receipt(data), _key(data)


def corpus() -> list[bytes]:
    key_files = [key.to_text().encode() for key in (RECIPIENT, SENDER, RECEIPT)]
    key_files += [key.public_key.to_text().encode() for key in (RECIPIENT, SENDER, RECEIPT)]
    return [ENVELOPE, RESPONSE, RECEIPT_RAW, *key_files, b""]


TOKENS = (
    b"SKSHENV\x01",
    b"SKSHRSP\x01",
    b"sekisho-receipt/1\n",
    b"sekisho-receipts/1\n",
    "— ".encode(),
    b"PRIVATE+KEY+",
    b"=",
    b"+",
    bytes(16),
)


if __name__ == "__main__":
    sys.exit(driver.run("fuzz_envelope", target, corpus(), TOKENS))
