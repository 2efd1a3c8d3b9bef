"""From an envelope to the request in it, on the LGWAN side only (section 5 of the spec).

Rules of this file:
1. The checks are those of section 5.2 in that order. `verify` ends with the signature over the whole; only what it
   returns can be opened, so no plaintext is given out before that.
2. Memory does not grow with the envelope: it is read twice, in pieces, through `read(offset, length)`. What the signature
   covers is held to on the second reading by the header and the sealed keys kept from the first (section 5.4).
3. The trailer is read once, before the signature is checked, and what was read is what is hashed: no other times can be
   judged than those that were signed (section 5.3).
Known limit: a fault in a signed chunk shows only when that chunk is reached; the caller must not take a request for whole
before `chunks` has ended (section 5.5).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast

from cryptography.exceptions import InvalidSignature

from relay.base.errors import Misuse, Refused
from relay.base.reasons import Reason
from relay.envelope.format import (
    HEADER_BYTES,
    KEY_BYTES,
    SEALED_CHUNK_BYTES,
    SEALED_KEYS_BYTES,
    TAG_BYTES,
    TIMES_BYTES,
    TRAILER_BYTES,
    Header,
    parse_header,
    parse_times,
)
from relay.envelope.keys import RecipientPrivateKey, SenderPublicKey
from relay.envelope.stream import Buffer, StreamOpener
from relay.envelope.unwrapping import KeyUnwrapper

_PIECE_BYTES: Final = 256 * 1024  # of one read while hashing
_HEAD_BYTES: Final = HEADER_BYTES + 2 + SEALED_KEYS_BYTES

Read = Callable[[int, int], Buffer]  # (offset, length) -> that many bytes


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom a gate opens for, and what. `lifetimes_ms`: the modes that it takes, and how long such an envelope may live."""

    recipients: Mapping[bytes, RecipientPrivateKey]  # by key id
    senders: Mapping[bytes, SenderPublicKey]  # by key id
    lifetimes_ms: Mapping[str, int]
    clock_skew_ms: int


class Opener:
    """Verifies envelopes; one for the life of a gate."""

    __slots__ = ("_trust", "_unwrappers")

    def __init__(self, trust: Trust) -> None:
        self._trust = trust
        self._unwrappers = {key_id: KeyUnwrapper(key) for key_id, key in trust.recipients.items()}

    def verify(self, read: Read, size: int, now_ms: int) -> Verified:
        """Steps 1 to 6 of section 5.2 on an envelope of `size` bytes. Raises Refused."""
        steps = self.verifying(read, size, now_ms)
        while True:
            try:
                next(steps)
            except StopIteration as done:
                return cast(Verified, done.value)

    def verifying(self, read: Read, size: int, now_ms: int) -> Generator[None, None, Verified]:
        """`verify` in steps of at most _PIECE_BYTES, between which the caller may turn to something else."""
        trust = self._trust
        head = bytes(_exactly(read, 0, min(size, _HEAD_BYTES)))
        header, header_bytes = parse_header(head)
        chunks_at = header_bytes + 2 + SEALED_KEYS_BYTES
        if head[header_bytes : header_bytes + 2] != SEALED_KEYS_BYTES.to_bytes(2):
            raise Refused(Reason.ENVELOPE_INVALID, "the sealed keys have not the length of this suite")
        if size < chunks_at + TAG_BYTES + TRAILER_BYTES:
            raise Refused(Reason.ENVELOPE_INVALID, "cut short")
        _check_chunk_sizes(size - chunks_at - TRAILER_BYTES)
        unwrapper = self._unwrappers.get(header.recipient_key_id)
        if unwrapper is None:
            raise Refused(Reason.RECIPIENT_UNKNOWN, "sealed to a key that is not ours")
        sender = trust.senders.get(header.sender_key_id)
        if sender is None:
            raise Refused(Reason.SENDER_UNKNOWN, "sealed by a sender that we do not know")
        lifetime_ms = trust.lifetimes_ms.get(header.mode)
        if lifetime_ms is None:
            raise Refused(Reason.ENVELOPE_INVALID, "the mode is not taken here")
        trailer = bytes(_exactly(read, size - TRAILER_BYTES, TRAILER_BYTES))
        times = parse_times(trailer)
        _check_times(*times, lifetime_ms, trust.clock_skew_ms, now_ms)
        digest = yield from _verify_signature(read, size, head[:chunks_at], trailer, sender)
        return Verified(header, times, sender, digest, size, head[:chunks_at], unwrapper, read)


class Verified:
    """An envelope whose every byte is the sender's, the times included. `open` once."""

    __slots__ = (
        "_opened",
        "_prelude",
        "_read",
        "_unwrapper",
        "created_ms",
        "digest",
        "expires_ms",
        "header",
        "sender",
        "size",
    )

    def __init__(
        self,
        header: Header,
        times: tuple[int, int],
        sender: SenderPublicKey,
        digest: bytes,
        size: int,
        prelude: bytes,
        unwrapper: KeyUnwrapper,
        read: Read,
    ) -> None:
        self.header = header
        self.created_ms, self.expires_ms = times
        self.sender = sender
        self.digest = digest
        self.size = size
        self._prelude = prelude
        self._unwrapper = unwrapper
        self._read = read
        self._opened = False

    def open(self) -> Opened:
        """Step 7: the keys. Raises Refused(ENVELOPE_INVALID)."""
        if self._opened:
            raise Misuse("an envelope is opened twice")
        self._opened = True
        prelude = self._prelude
        sealed_at = len(prelude) - SEALED_KEYS_BYTES
        keys = self._unwrapper.unwrap(prelude[sealed_at:], prelude[: sealed_at - 2])
        return Opened(self._read, len(prelude), self.size - TRAILER_BYTES, keys)


class Opened:
    """The inside of a verified envelope. `response_key` seals the answer; `chunks` is read once."""

    __slots__ = ("_at", "_end", "_read", "_stream", "response_key")

    def __init__(self, read: Read, at: int, end: int, keys: bytes) -> None:
        self.response_key = keys[KEY_BYTES:]
        self._stream = StreamOpener(keys[:KEY_BYTES], Reason.ENVELOPE_INVALID)
        self._read = read
        self._at = at
        self._end = end

    def chunks(self) -> Iterator[bytes]:
        """Step 8: the plaintext, a chunk at a time; the request is whole when this ends. Raises Refused(ENVELOPE_INVALID)."""
        last = False
        while not last:
            sealed = _exactly(self._read, self._at, min(SEALED_CHUNK_BYTES, self._end - self._at))
            self._at += len(sealed)
            last = self._at == self._end
            yield self._stream.open(sealed, last=last)


def _exactly(read: Read, offset: int, length: int) -> Buffer:
    piece = read(offset, length)
    if len(piece) != length:
        raise Refused(Reason.ENVELOPE_INVALID, "became shorter while it was read")
    return piece


def _check_chunk_sizes(size: int) -> None:
    """Section 4.1: no chunk but the only one is empty, and none is shorter than its tag."""
    rest = size % SEALED_CHUNK_BYTES
    if 0 < rest < TAG_BYTES or (rest == TAG_BYTES and size > SEALED_CHUNK_BYTES):
        raise Refused(Reason.ENVELOPE_INVALID, "the last chunk has no length that the format knows")


def _check_times(created_ms: int, expires_ms: int, lifetime_ms: int, clock_skew_ms: int, now_ms: int) -> None:
    """Step 5 of section 5.2. Nobody has vouched for the times yet: this spares the hashing, and step 6 makes it hold."""
    if created_ms >= expires_ms:
        raise Refused(Reason.ENVELOPE_STALE, "expires before it was created")
    if expires_ms - created_ms > lifetime_ms:
        raise Refused(Reason.ENVELOPE_STALE, "lives longer than its mode may")
    if now_ms > expires_ms:
        raise Refused(Reason.ENVELOPE_STALE, "expired")
    if created_ms > now_ms + clock_skew_ms:
        raise Refused(Reason.ENVELOPE_STALE, "created in the future: compare the clocks of both hosts")


def _verify_signature(
    read: Read, size: int, prelude: bytes, trailer: bytes, sender: SenderPublicKey
) -> Generator[None, None, bytes]:
    """Step 6; the digest of the envelope. The prelude that is kept and the times that were judged are what is hashed."""
    hashed = hashlib.sha256(prelude)
    offset, end = len(prelude), size - TRAILER_BYTES
    while offset < end:
        piece = read(offset, min(_PIECE_BYTES, end - offset))
        if not piece:
            raise Refused(Reason.ENVELOPE_INVALID, "became shorter while it was read")
        hashed.update(piece)
        offset += len(piece)
        if offset < end:
            yield
    times, signature = trailer[:TIMES_BYTES], trailer[TIMES_BYTES:]
    hashed.update(times)
    try:
        sender.verify(signature, hashed.digest())
    except InvalidSignature as error:
        raise Refused(Reason.SIGNATURE_INVALID, "the signature is not the sender's over these bytes") from error
    hashed.update(signature)
    return hashed.digest()
