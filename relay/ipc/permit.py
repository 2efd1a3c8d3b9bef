"""The ledger's permit: proof that the intent to send exactly these bytes is durable (docs/spec/ipc.md section 4).

Pure. The clock values are CLOCK_BOOTTIME milliseconds of one host; both ends read the same clock.
"""

from __future__ import annotations

import hmac
from collections import deque
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from relay.base.errors import Refused
from relay.base.reasons import Reason
from relay.ipc.messages import Permit

KEY_BYTES = 32
_LABEL = b"sekisho permit v1\x00"


@lru_cache(maxsize=1)  # a process has one permit key for its life
def _keyed(key: bytes) -> HMAC:
    """To be copied for each permit: to begin an HMAC takes ten times as long as to finish a short one."""
    return HMAC(key, SHA256())


def _mac(key: bytes, index: int, issued_ms: int, transfer: bytes, digest: bytes, tenant: str) -> bytes:
    name = tenant.encode("ascii")
    fields = (_LABEL, index.to_bytes(8), issued_ms.to_bytes(8), transfer, digest, len(name).to_bytes(1), name)
    mac = _keyed(key).copy()
    mac.update(b"".join(fields))
    return mac.finalize()


def issue(key: bytes, *, index: int, issued_ms: int, transfer: bytes, digest: bytes, tenant: str) -> Permit:
    """A permit for the intent at `index`. Call it only after that record is durable."""
    return Permit(index=index, issued_ms=issued_ms, mac=_mac(key, index, issued_ms, transfer, digest, tenant))


class PermitDesk:
    """The egress's judgement of permits, with its memory of those already used. Section 4.2, in that order."""

    def __init__(self, key: bytes, *, lifetime_ms: int, started_ms: int) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a permit key has {KEY_BYTES} bytes, not {len(key)}")
        self._key = key
        self._lifetime_ms = lifetime_ms
        self._started_ms = started_ms
        self._used: set[int] = set()
        self._by_age: deque[tuple[int, int]] = deque()  # (seen at, index): the oldest first

    def redeem(
        self,
        permit: Permit | None,
        *,
        transfer: bytes,
        tenant: str,
        held_digest: bytes,
        claimed_digest: bytes,
        now_ms: int,
    ) -> int:
        """The log index of the intent; the permit is used up. Raises Refused with a `permit_*` reason.

        `held_digest`: SHA-256 of the bytes that the egress holds and will send. `claimed_digest`: what the front says
        it is; only the reason depends on it, never the decision.
        """
        if permit is None:
            raise Refused(Reason.PERMIT_MISSING)
        if not self._fits(permit, transfer, held_digest, tenant):
            changed = claimed_digest != held_digest and self._fits(permit, transfer, claimed_digest, tenant)
            raise Refused(Reason.PERMIT_MISMATCH if changed else Reason.PERMIT_INVALID)
        if not max(self._started_ms, now_ms - self._lifetime_ms) <= permit.issued_ms <= now_ms:
            raise Refused(Reason.PERMIT_EXPIRED)
        self._forget(now_ms)
        if permit.index in self._used:
            raise Refused(Reason.PERMIT_REUSED)
        self._used.add(permit.index)
        self._by_age.append((now_ms, permit.index))
        return permit.index

    def _fits(self, permit: Permit, transfer: bytes, digest: bytes, tenant: str) -> bool:
        expected = _mac(self._key, permit.index, permit.issued_ms, transfer, digest, tenant)
        return hmac.compare_digest(expected, permit.mac)

    def _forget(self, now_ms: int) -> None:
        while self._by_age and self._by_age[0][0] < now_ms - self._lifetime_ms:
            self._used.discard(self._by_age.popleft()[1])
