"""From admitted plaintext to an envelope (sections 3 to 5 of the spec): ciphertext from here on.

Rules of this file:
1. Plaintext is sealed as it comes, so that none of it has to wait in memory or on a disk for the verdict; but only
   `finish`, which takes the proof of the verdict, makes the signature without which no gate opens anything.
2. `Envelope` has one maker: `Sealer.finish`.
3. One pass: every byte is hashed once, and goes to the sink in as few pieces as chunks allow.
4. An envelope lives from `finish` on, however long its plaintext took to come: the header, which may have gone out
   minutes before, has no times (section 5.1).
Known limit: `Admitted` guards against mistakes, not against an attacker inside the process (design 2).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn, final

from policy.verdict import Admitted
from relay.base.errors import Misuse
from relay.base.ids import TransferId
from relay.envelope.format import (
    KEY_BYTES,
    SEALED_KEYS_BYTES,
    SIGNATURE_BYTES,
    Header,
    encode_header,
    encode_times,
)
from relay.envelope.keys import SenderPrivateKey
from relay.envelope.stream import Buffer, StreamSealer
from relay.envelope.wrapping import KeyWrapper

_SEALED_KEYS_LENGTH: Final = SEALED_KEYS_BYTES.to_bytes(2)


class _MadeBySealer(type):
    """Calling the class is an error; `_make` is for `Sealer.finish` alone."""

    def __call__(cls, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise Misuse(f"{cls.__name__} has one maker: Sealer.finish")

    def _make(cls, *args: Any) -> Any:
        return super().__call__(*args)


@final
@dataclass(frozen=True, slots=True)
class Envelope(metaclass=_MadeBySealer):
    """What the front knows of an envelope once it is sealed. `response_key` opens the answer; nobody else here has it."""

    transfer_id: TransferId
    digest: bytes
    size: int
    response_key: bytes = field(repr=False)


@final
class Sealer:
    """One envelope in the making. `sink` takes its bytes in order; before `finish` they are worthless to everybody.

    Dropping the sealer drops the keys: what the sink has got can then be opened by nobody but the gate, which refuses it
    because it has no signature.
    """

    __slots__ = (
        "_begun",
        "_hash",
        "_header",
        "_header_bytes",
        "_keys",
        "_sender",
        "_sink",
        "_size",
        "_stream",
        "_wrapper",
    )

    def __init__(
        self, header: Header, wrapper: KeyWrapper, sender: SenderPrivateKey, sink: Callable[[bytes], object]
    ) -> None:
        """Raises ValueError for a header that cannot be written or that names other keys. Costs no public-key operation."""
        if header.recipient_key_id != wrapper.key_id or header.sender_key_id != sender.key_id:
            raise ValueError("the header names other keys than the ones given")
        self._header = header
        self._header_bytes = encode_header(header)
        self._wrapper = wrapper
        self._sender = sender
        self._sink = sink
        self._keys = secrets.token_bytes(2 * KEY_BYTES)
        self._stream = StreamSealer(self._keys[:KEY_BYTES])
        self._hash = hashlib.sha256()
        self._size = 0
        self._begun = False

    def write(self, plaintext: Buffer) -> None:
        """Seal the next bytes of the plaintext. Raises Misuse after `finish` or `abandon`."""
        for sealed in self._stream.write(plaintext):
            self._emit(sealed)

    def finish(self, admitted: Admitted, *, created_ms: int, expires_ms: int) -> Envelope:
        """Seal the rest and sign the whole, for a request that was admitted to this tenant in this mode.

        `created_ms` is now. Raises Misuse without that proof, and then gives up: no later call can sign what was written.
        Raises ValueError for times that cannot be written.
        """
        header = self._header
        if type(admitted) is not Admitted:
            self.abandon()
            raise Misuse("an envelope is sealed for an Admitted, and for nothing else")
        if admitted.tenant != header.tenant or admitted.mode != header.mode:
            self.abandon()
            raise Misuse("the request was admitted to another tenant or mode than the envelope says")
        times = encode_times(created_ms, expires_ms)
        last = self._stream.finish() + times
        body = last if self._begun else self._begin() + last
        self._hash.update(body)
        signature = self._sender.sign(self._hash.digest())
        self._hash.update(signature)
        self._size += len(body) + SIGNATURE_BYTES
        self._sink(body + signature)
        response_key, self._keys = self._keys[KEY_BYTES:], b""
        envelope: Envelope = Envelope._make(header.transfer_id, self._hash.digest(), self._size, response_key)
        return envelope

    def abandon(self) -> None:
        """Give up: drop the keys and the plaintext that was held back."""
        self._stream.drop()
        self._keys = b""

    def _begin(self) -> bytes:
        self._begun = True
        header = self._header_bytes
        return header + _SEALED_KEYS_LENGTH + self._wrapper.wrap(self._keys, header)

    def _emit(self, sealed: bytes) -> None:
        if not self._begun:
            sealed = self._begin() + sealed
        self._hash.update(sealed)
        self._size += len(sealed)
        self._sink(sealed)
