"""What the envelope tests make again and again: keys, a header, the proof of a verdict, a sealed envelope."""

from __future__ import annotations

from policy.verdict import Admitted, ForwardHead, _admit
from relay.base.ids import TransferId, new_transfer_id
from relay.envelope.format import CHUNK_BYTES, SEALED_KEYS_BYTES, TAG_BYTES, TRAILER_BYTES, Header, encode_header
from relay.envelope.keys import ReceiptSigner, RecipientPrivateKey, SenderPrivateKey
from relay.envelope.response import PRELUDE_BYTES, ResponseOpener
from relay.envelope.seal import Envelope, Sealer
from relay.envelope.stream import Buffer
from relay.envelope.unseal import Opener, Trust, Verified
from relay.envelope.wrapping import KeyWrapper

NOW_MS = 1_795_392_000_000
LIFETIME_MS = 120_000
SKEW_MS = 30_000
RECIPIENT = RecipientPrivateKey.generate()
WRAPPER = KeyWrapper(RECIPIENT.public_key, lambda: NOW_MS)
SENDER = SenderPrivateKey.generate("front-1.example")
RECEIPT = ReceiptSigner.generate("gate-1.example")
TRANSFER = new_transfer_id(NOW_MS)


def header(**changes: object) -> Header:
    values: dict[str, object] = {
        "transfer_id": TRANSFER,
        "tenant": "minato",
        "mode": "exchange",
        "recipient_key_id": RECIPIENT.key_id,
        "sender_key_id": SENDER.key_id,
    }
    return Header(**(values | changes))  # type: ignore[arg-type]  # tests also make headers that cannot be written


def admitted(tenant: str = "minato", mode: str = "exchange") -> Admitted:
    return _admit("status", tenant, mode, ForwardHead("GET", "/", None, ()), (), 0, 0)


def finish(sealer: Sealer, proof: Admitted | None = None, *, created_ms: int = NOW_MS) -> Envelope:
    return sealer.finish(proof or admitted(), created_ms=created_ms, expires_ms=created_ms + LIFETIME_MS)


def seal(plaintext: bytes, *, expires_ms: int = NOW_MS + LIFETIME_MS, **changes: object) -> tuple[bytes, Envelope]:
    pieces: list[bytes] = []
    head = header(**changes)
    sealer = Sealer(head, WRAPPER, SENDER, pieces.append)
    sealer.write(plaintext)
    envelope = sealer.finish(admitted(head.tenant, head.mode), created_ms=NOW_MS, expires_ms=expires_ms)
    return b"".join(pieces), envelope


def trust(**changes: object) -> Trust:
    values: dict[str, object] = {
        "recipients": {RECIPIENT.key_id: RECIPIENT},
        "senders": {SENDER.key_id: SENDER.public_key},
        "lifetimes_ms": {"exchange": LIFETIME_MS},
        "clock_skew_ms": SKEW_MS,
    }
    return Trust(**(values | changes))  # type: ignore[arg-type]  # as above


def unseal(raw: bytes, now_ms: int = NOW_MS, **changes: object) -> tuple[bytes, bytes]:
    """Plaintext and response key."""
    opened = verified(raw, now_ms, trust(**changes)).open()
    return b"".join(opened.chunks()), opened.response_key


def verified(envelope: Buffer, now_ms: int, trusted: Trust | None = None) -> Verified:
    """What the gate finds in an envelope that is whole in memory."""
    view = memoryview(envelope)
    return Opener(trusted or trust()).verify(lambda offset, length: view[offset : offset + length], len(view), now_ms)


def open_response(sealed: Buffer, transfer_id: TransferId, response_key: bytes) -> bytes:
    opener = ResponseOpener(transfer_id, response_key)
    return b"".join([*opener.feed(sealed), opener.finish()])


def sealed_size(plaintext_bytes: int) -> int:
    """How many bytes the chunks of a plaintext take (section 4)."""
    chunks = max(1, -(-plaintext_bytes // CHUNK_BYTES))
    return plaintext_bytes + chunks * TAG_BYTES


def envelope_size(plaintext_bytes: int, tenant: str) -> int:
    header_bytes = len(encode_header(header(tenant=tenant)))
    return header_bytes + 2 + SEALED_KEYS_BYTES + sealed_size(plaintext_bytes) + TRAILER_BYTES


def response_size(plaintext_bytes: int) -> int:
    return PRELUDE_BYTES + sealed_size(plaintext_bytes)
