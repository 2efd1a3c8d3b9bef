"""The gate's half of section 3: a wrapping key by the gate's key, and by it the keys of each envelope."""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC

from relay.base.errors import Refused
from relay.base.reasons import Reason
from relay.envelope.format import SEALED_KEYS_BYTES, SEALED_WRAPPING_KEY_BYTES, WRAPPING_LABEL
from relay.envelope.keys import WRAP_NONCE, RecipientPrivateKey, keyed_by, wrap_key

UNWRAPPED_HELD: Final = (
    256  # wrapping keys; one for each worker of each front and each second that an envelope is on its way
)


class KeyUnwrapper:
    """For one of a gate's keys. What it holds is worth no more than that key, which is beside it."""

    __slots__ = ("_held", "_recipient")

    def __init__(self, recipient: RecipientPrivateKey) -> None:
        self._recipient = recipient
        self._held: dict[bytes, HMAC] = {}

    def unwrap(self, sealed: bytes, header: bytes) -> bytes:
        """Content key and response key. Raises Refused(ENVELOPE_INVALID). Only for envelopes whose signature is good."""
        if len(sealed) != SEALED_KEYS_BYTES:
            raise Refused(Reason.ENVELOPE_INVALID, "the sealed keys have not their length")
        key = self._wrapping_key(sealed[:SEALED_WRAPPING_KEY_BYTES])
        try:
            return AESGCM(wrap_key(key, header)).decrypt(WRAP_NONCE, sealed[SEALED_WRAPPING_KEY_BYTES:], None)
        except InvalidTag as error:
            raise Refused(Reason.ENVELOPE_INVALID, "the sealed keys do not open") from error

    def _wrapping_key(self, sealed: bytes) -> HMAC:
        key = self._held.get(sealed)
        if key is None:
            key = keyed_by(self._recipient.open(sealed, WRAPPING_LABEL))
            if len(self._held) >= UNWRAPPED_HELD:
                del self._held[next(iter(self._held))]
            self._held[sealed] = key
        return key
