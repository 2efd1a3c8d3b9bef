"""The front's half of section 3: the keys of an envelope under a wrapping key, and that one under the gate's key.

Public-key work is most of what a small request costs, so the wrapping key serves for all envelopes of at most a second.
Why that gives nothing away that matters: docs/adr/0010-wrapping-keys.md.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC

from relay.envelope.format import KEY_BYTES, WRAPPING_LABEL
from relay.envelope.keys import WRAP_NONCE, RecipientPublicKey, keyed_by, wrap_key

WRAPPING_KEY_MS: Final = 1000  # section 3.2; what a look into the front's memory gives of the past
WRAPPING_KEY_USES: Final = 1024  # section 3.2


class KeyWrapper:
    """For one gate's key. `clock_ms` never goes back."""

    __slots__ = ("_clock_ms", "_drawn_ms", "_key", "_left", "_recipient", "_sealed", "key_id")

    def __init__(self, recipient: RecipientPublicKey, clock_ms: Callable[[], int]) -> None:
        self.key_id = recipient.key_id
        self._recipient = recipient
        self._clock_ms = clock_ms
        self._key: HMAC | None = None
        self._sealed = b""
        self._drawn_ms = 0
        self._left = 0

    def wrap(self, keys: bytes, header: bytes) -> bytes:
        """The sealed keys of the envelope with this encoded header."""
        self.forget_old()
        key = self._key if self._left and self._key is not None else self._draw()
        self._left -= 1
        return self._sealed + AESGCM(wrap_key(key, header)).encrypt(WRAP_NONCE, keys, None)

    def forget_old(self) -> None:
        """Drop the wrapping key when its time is over. To be called now and then also while nothing is sealed."""
        if self._key is not None and self._clock_ms() - self._drawn_ms >= WRAPPING_KEY_MS:
            self._key = None
            self._sealed = b""
            self._left = 0

    def _draw(self) -> HMAC:
        drawn = secrets.token_bytes(KEY_BYTES)
        key = self._key = keyed_by(drawn)
        self._sealed = self._recipient.seal(drawn, WRAPPING_LABEL)
        self._drawn_ms = self._clock_ms()
        self._left = WRAPPING_KEY_USES
        return key
