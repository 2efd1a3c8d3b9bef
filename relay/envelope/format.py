"""Header, times and layout of an envelope (docs/spec/envelope.md sections 1 to 3 and 5.1). No cryptography here.

Rules of this file:
1. One header, one encoding: `parse_header(encode_header(h))` is `h`, and nothing else parses.
2. Writers get ValueError for what cannot be written; readers get Refused(ENVELOPE_INVALID).
3. The header is what is known when a request begins. Its times are not: they stand at the end (section 5.1).
"""

from __future__ import annotations

import re
import struct
from typing import Final, NamedTuple

from relay.base.errors import Refused
from relay.base.ids import TransferId, transfer_id_from_bytes, transfer_id_to_bytes
from relay.base.reasons import Reason

MAGIC: Final = b"SKSHENV"
VERSION: Final = 1
MODES: Final = {"exchange": 1, "deposit": 2}

CHUNK_BYTES: Final = 65_536  # of plaintext (section 4.1)
TAG_BYTES: Final = 16  # AES-GCM
SEALED_CHUNK_BYTES: Final = CHUNK_BYTES + TAG_BYTES
KEY_BYTES: Final = 32  # AES-256; also the response key
KEY_ID_BYTES: Final = 16
DIGEST_BYTES: Final = 32  # SHA-256
SIGNATURE_BYTES: Final = 64  # Ed25519
TIMES_BYTES: Final = 16  # created and expires
TRAILER_BYTES: Final = TIMES_BYTES + SIGNATURE_BYTES
SEALED_WRAPPING_KEY_BYTES: Final = 1120 + KEY_BYTES + TAG_BYTES  # MLKEM768-X25519 encapsulation, one key, tag
SEALED_KEYS_BYTES: Final = SEALED_WRAPPING_KEY_BYTES + 2 * KEY_BYTES + TAG_BYTES

KEM_MLKEM768_X25519: Final = 0x647A
KDF_HKDF_SHA256: Final = 0x0001
AEAD_AES_256_GCM: Final = 0x0002

WRAPPING_LABEL: Final = b"sekisho envelope v1 wrapping key\x00"  # the HPKE info (section 3.2)
WRAPPED_LABEL: Final = b"sekisho envelope v1 keys\x00"  # section 3.3

TENANT_BYTES: Final = 32
_FIXED: Final = struct.Struct(">7sBBHHH16s16s16sB")
_TIMES: Final = struct.Struct(">QQ")
HEADER_BYTES: Final = _FIXED.size + TENANT_BYTES  # at most
OVERHEAD_BYTES: Final = HEADER_BYTES + 2 + SEALED_KEYS_BYTES + TRAILER_BYTES  # at most, and TAG_BYTES for each chunk

_MODE_NAMES: Final = {number: name for name, number in MODES.items()}
_TENANT: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?\Z")
_TENANT_RAW: Final = re.compile(rb"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?\Z")


class Header(NamedTuple):
    """What everybody on the way may read, and what is fixed from the first byte on."""

    transfer_id: TransferId
    tenant: str
    mode: str
    recipient_key_id: bytes
    sender_key_id: bytes


def encode_header(header: Header) -> bytes:
    """The bytes of section 2. Raises ValueError when a field is out of its range."""
    if not _TENANT.match(header.tenant):
        raise ValueError("the tenant is not a name that an envelope can carry")
    if header.mode not in MODES:
        raise ValueError(f"the mode is none of {sorted(MODES)}")
    if len(header.recipient_key_id) != KEY_ID_BYTES or len(header.sender_key_id) != KEY_ID_BYTES:
        raise ValueError(f"a key id has {KEY_ID_BYTES} bytes")
    tenant = header.tenant.encode("ascii")
    return (
        _FIXED.pack(
            MAGIC,
            VERSION,
            MODES[header.mode],
            KEM_MLKEM768_X25519,
            KDF_HKDF_SHA256,
            AEAD_AES_256_GCM,
            transfer_id_to_bytes(header.transfer_id),
            header.recipient_key_id,
            header.sender_key_id,
            len(tenant),
        )
        + tenant
    )


def parse_header(raw: bytes) -> tuple[Header, int]:
    """The header at the beginning of `raw`, and its length. `raw`: the first HEADER_BYTES of an envelope or more.

    Raises Refused(ENVELOPE_INVALID).
    """
    if len(raw) < _FIXED.size:
        raise Refused(Reason.ENVELOPE_INVALID, "shorter than a header")
    magic, version, mode, kem, kdf, aead, transfer, recipient, sender, tenant_bytes = _FIXED.unpack_from(raw)
    if magic != MAGIC or version != VERSION:
        raise Refused(Reason.ENVELOPE_INVALID, "not an envelope of version 1")
    if (kem, kdf, aead) != (KEM_MLKEM768_X25519, KDF_HKDF_SHA256, AEAD_AES_256_GCM):
        raise Refused(Reason.ENVELOPE_INVALID, "the suite is not known")
    mode_name = _MODE_NAMES.get(mode)
    if mode_name is None:
        raise Refused(Reason.ENVELOPE_INVALID, "the mode is not known")
    end = _FIXED.size + tenant_bytes
    tenant = bytes(raw[_FIXED.size : end])
    if len(tenant) != tenant_bytes or not _TENANT_RAW.match(tenant):
        raise Refused(Reason.ENVELOPE_INVALID, "the tenant is not a name")
    try:
        transfer_id = transfer_id_from_bytes(transfer)
    except ValueError as error:
        raise Refused(Reason.ENVELOPE_INVALID, "the transfer id is not a UUIDv7") from error
    return Header(transfer_id, tenant.decode("ascii"), mode_name, recipient, sender), end


def encode_times(created_ms: int, expires_ms: int) -> bytes:
    """The bytes before the signature (section 5.1), from Unix milliseconds. Raises ValueError when they are out of range."""
    if not 0 <= created_ms < expires_ms < 1 << 64:
        raise ValueError("an envelope expires later than it was created, both in 64 bits")
    return _TIMES.pack(created_ms, expires_ms)


def parse_times(trailer: bytes) -> tuple[int, int]:
    """created and expires of a trailer of TRAILER_BYTES. Any bytes are times; whether they are good ones is step 5."""
    created_ms, expires_ms = _TIMES.unpack_from(trailer)
    return created_ms, expires_ms
