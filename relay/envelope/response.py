"""The sealed answer to one transfer (section 6 of the spec): made by the gate, opened by the front that has its key.

Rules of this file:
1. Each response has its own key, from the response key and a fresh salt, so sealing two answers to one transfer repeats
   no nonce.
2. The opener gives plaintext as chunks open, and says by `finish` whether that was all of it. Before `finish` has returned,
   what came is a prefix and nothing more.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from relay.base.errors import Misuse, Refused
from relay.base.ids import TransferId, transfer_id_to_bytes
from relay.base.reasons import Reason
from relay.envelope.format import KEY_BYTES, SEALED_CHUNK_BYTES
from relay.envelope.stream import Buffer, StreamOpener, StreamSealer

MAGIC: Final = b"SKSHRSP\x01"  # with the version byte
SALT_BYTES: Final = 32
PRELUDE_BYTES: Final = len(MAGIC) + 16 + SALT_BYTES
_LABEL: Final = b"sekisho response v1 content\x00"


class SealedResponse(NamedTuple):
    """What the gate puts in the receipt."""

    digest: bytes
    size: int


def _content_key(response_key: bytes, salt: bytes, transfer: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt, _LABEL + transfer).derive(response_key)


class ResponseSealer:
    """One sealed response in the making; `sink` takes its bytes in order."""

    __slots__ = ("_hash", "_pending", "_sink", "_size", "_stream")

    def __init__(self, transfer_id: TransferId, response_key: bytes, sink: Callable[[bytes], object]) -> None:
        if len(response_key) != KEY_BYTES:
            raise ValueError(f"a response key has {KEY_BYTES} bytes")
        transfer = transfer_id_to_bytes(transfer_id)
        salt = secrets.token_bytes(SALT_BYTES)
        self._pending = MAGIC + transfer + salt  # goes out with the first chunk
        self._stream = StreamSealer(_content_key(response_key, salt, transfer))
        self._hash = hashlib.sha256()
        self._size = 0
        self._sink = sink

    def write(self, plaintext: Buffer) -> None:
        """Seal the next bytes of the plaintext. Raises Misuse after `finish`."""
        for sealed in self._stream.write(plaintext):
            self._emit(sealed)

    def finish(self) -> SealedResponse:
        self._emit(self._stream.finish())
        return SealedResponse(self._hash.digest(), self._size)

    def _emit(self, sealed: bytes) -> None:
        if self._pending:
            sealed, self._pending = self._pending + sealed, b""
        self._hash.update(sealed)
        self._size += len(sealed)
        self._sink(sealed)


class ResponseOpener:
    """Opens the response to `transfer_id`. Every fault is Refused(RESPONSE_INVALID); after one, nothing more comes."""

    __slots__ = ("_buffer", "_ended", "_response_key", "_stream", "_transfer")

    def __init__(self, transfer_id: TransferId, response_key: bytes) -> None:
        self._transfer = transfer_id_to_bytes(transfer_id)
        self._response_key = response_key
        self._stream: StreamOpener | None = None
        self._buffer = bytearray()
        self._ended = False

    def feed(self, sealed: Buffer) -> list[bytes]:
        """Take the next bytes; the plaintext of the chunks that are whole and certainly not the last. Raises Refused."""
        if self._ended:
            raise Misuse("a response is read on after its end or after a fault")
        buffer = self._buffer
        buffer += sealed
        if self._stream is None:
            if len(buffer) < PRELUDE_BYTES:
                return []
            self._begin()
        if len(buffer) <= SEALED_CHUNK_BYTES:
            return []
        return self._open_whole_chunks()

    def finish(self) -> bytes:
        """The rest of the plaintext, when the bytes end here. Raises Refused when that is not the end."""
        if self._ended:
            raise Misuse("a response is read on after its end or after a fault")
        self._ended = True
        if self._stream is None:
            raise Refused(Reason.RESPONSE_INVALID, "shorter than the prelude of a response")
        return self._stream.open(self._buffer, last=True)

    def _begin(self) -> None:
        prelude = bytes(self._buffer[:PRELUDE_BYTES])
        self._ended = True  # until the prelude proves right
        if not prelude.startswith(MAGIC):
            raise Refused(Reason.RESPONSE_INVALID, "not a response of version 1")
        if prelude[len(MAGIC) : -SALT_BYTES] != self._transfer:
            raise Refused(Reason.RESPONSE_INVALID, "the response to another transfer")
        key = _content_key(self._response_key, prelude[-SALT_BYTES:], self._transfer)
        self._stream = StreamOpener(key, Reason.RESPONSE_INVALID)
        self._response_key = b""
        self._ended = False
        del self._buffer[:PRELUDE_BYTES]

    def _open_whole_chunks(self) -> list[bytes]:
        stream, buffer = self._stream, self._buffer
        if stream is None:
            raise Misuse("chunks are opened before the prelude was read")
        opened = []
        at = 0
        self._ended = True  # until every chunk proves right
        with memoryview(buffer) as view:
            while len(buffer) - at > SEALED_CHUNK_BYTES:
                opened.append(stream.open(view[at : at + SEALED_CHUNK_BYTES], last=False))
                at += SEALED_CHUNK_BYTES
        del buffer[:at]
        self._ended = False
        return opened
