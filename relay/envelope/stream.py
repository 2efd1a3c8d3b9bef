"""Chunks: a plaintext of any length under one key, where no chunk can go missing, move or be cut (section 4 of the spec).

Rules of this file:
1. A key seals one stream. The caller sees to it that a key is fresh; the counter here sees to it that a nonce is.
2. The last chunk is known only when the end is: the sealer holds back up to one chunk until more data or `finish`.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from relay.base.errors import Misuse, Refused
from relay.base.reasons import Reason
from relay.envelope.format import CHUNK_BYTES, SEALED_CHUNK_BYTES, TAG_BYTES

Buffer = bytes | bytearray | memoryview

_MORE: Final = b"\x00"
_LAST: Final = b"\x01"


class StreamSealer:
    """Plaintext in, sealed chunks out."""

    __slots__ = ("_buffer", "_cipher", "_counter")

    def __init__(self, key: bytes) -> None:
        self._cipher: AESGCM | None = AESGCM(key)
        self._buffer = bytearray()
        self._counter = 0

    def write(self, plaintext: Buffer) -> list[bytes]:
        """Take plaintext; the sealed chunks that are certainly not the last."""
        if self._cipher is None:
            raise Misuse("a sealed stream is written to after its end")
        buffer = self._buffer
        if len(buffer) + len(plaintext) <= CHUNK_BYTES:
            buffer += plaintext
            return []
        view = memoryview(plaintext)
        sealed = []
        at = 0
        if buffer:
            at = CHUNK_BYTES - len(buffer)
            buffer += view[:at]
            sealed.append(self._seal(self._cipher, buffer))
            buffer.clear()
        while len(view) - at > CHUNK_BYTES:  # whole chunks are sealed from where they are
            sealed.append(self._seal(self._cipher, view[at : at + CHUNK_BYTES]))
            at += CHUNK_BYTES
        buffer += view[at:]
        return sealed

    def _seal(self, cipher: AESGCM, chunk: Buffer) -> bytes:
        nonce = self._counter.to_bytes(11) + _MORE
        self._counter += 1
        return cipher.encrypt(nonce, chunk, None)

    def finish(self) -> bytes:
        """The last chunk. The key is dropped."""
        cipher, self._cipher = self._cipher, None
        if cipher is None:
            raise Misuse("a sealed stream is finished twice")
        return cipher.encrypt(self._counter.to_bytes(11) + _LAST, self._buffer, None)

    def drop(self) -> None:
        """Give up: without the key nothing can be sealed any more."""
        self._cipher = None
        self._buffer = bytearray()


class StreamOpener:
    """Sealed chunks in their order in, plaintext out. Faults are Refused(`reason`)."""

    __slots__ = ("_cipher", "_counter", "_ended", "_reason")

    def __init__(self, key: bytes, reason: Reason) -> None:
        self._cipher = AESGCM(key)
        self._counter = 0
        self._ended = False
        self._reason = reason

    def open(self, sealed: Buffer, *, last: bool) -> bytes:
        """The plaintext of the next chunk. Raises Refused; then the whole stream is worthless."""
        if self._ended:
            raise Misuse("a sealed stream is read after its end or after a fault")
        size = len(sealed)
        if last:
            well_sized = TAG_BYTES < size <= SEALED_CHUNK_BYTES or (size == TAG_BYTES and self._counter == 0)
        else:
            well_sized = size == SEALED_CHUNK_BYTES
        # set before the attempt: a caller that goes on after a fault must not get a later chunk
        self._ended = True
        if not well_sized:
            raise Refused(self._reason, f"chunk {self._counter} has no length that the format knows")
        try:
            plaintext = self._cipher.decrypt(self._counter.to_bytes(11) + (_LAST if last else _MORE), sealed, None)
        except InvalidTag as error:
            raise Refused(self._reason, f"chunk {self._counter} does not open") from error
        self._counter += 1
        self._ended = last
        return plaintext
