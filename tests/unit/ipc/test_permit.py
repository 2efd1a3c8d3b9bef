"""What a rogue front could show the egress instead of its own fresh permit: each is refused with its own reason (P2)."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from relay.base.errors import Refused
from relay.base.reasons import Reason
from relay.ipc.messages import Permit
from relay.ipc.permit import KEY_BYTES, PermitDesk, issue

KEY = bytes(range(KEY_BYTES))
TRANSFER = bytes.fromhex("01999c3e5b1c7d0a8f000123456789ab")
OTHER_TRANSFER = bytes.fromhex("01999c3e5b1c7d0a8f000123456789ac")
DIGEST = hashlib.sha256(b"the envelope").digest()
OTHER_DIGEST = hashlib.sha256(b"the envelopf").digest()
STARTED_MS, LIFETIME_MS, NOW_MS = 1_000_000, 30_000, 2_000_000


def permit(index: int = 7, issued_ms: int = NOW_MS, digest: bytes = DIGEST, key: bytes = KEY) -> Permit:
    return issue(key, index=index, issued_ms=issued_ms, transfer=TRANSFER, digest=digest, tenant="city-a")


def desk() -> PermitDesk:
    return PermitDesk(KEY, lifetime_ms=LIFETIME_MS, started_ms=STARTED_MS)


def redeem(
    at: PermitDesk,
    shown: Permit | None,
    *,
    transfer: bytes = TRANSFER,
    tenant: str = "city-a",
    held: bytes = DIGEST,
    claimed: bytes | None = None,
    now_ms: int = NOW_MS,
) -> int:
    return at.redeem(
        shown, transfer=transfer, tenant=tenant, held_digest=held, claimed_digest=claimed or held, now_ms=now_ms
    )


def refused(at: PermitDesk, shown: Permit | None, **presented: object) -> Reason:
    with pytest.raises(Refused) as caught:
        redeem(at, shown, **presented)  # type: ignore[arg-type]  # as redeem's own
    return caught.value.reason


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_the_mac_is_the_one_of_the_specification() -> None:
    """docs/spec/ipc.md section 4.1, written out."""
    content = b"sekisho permit v1\x00" + (7).to_bytes(8) + NOW_MS.to_bytes(8) + TRANSFER + DIGEST + b"\x06" + b"city-a"
    assert permit().mac == hmac.digest(KEY, content, "sha256")


def test_a_permit_is_good_once() -> None:
    at = desk()
    assert redeem(at, permit()) == 7
    assert refused(at, permit()) is Reason.PERMIT_REUSED
    assert redeem(at, permit(index=8)) == 8


def test_no_permit() -> None:
    assert refused(desk(), None) is Reason.PERMIT_MISSING


def test_another_transfers_permit() -> None:
    assert refused(desk(), permit(), transfer=OTHER_TRANSFER) is Reason.PERMIT_INVALID
    assert refused(desk(), permit(), tenant="city-b") is Reason.PERMIT_INVALID
    assert refused(desk(), permit(), held=OTHER_DIGEST) is Reason.PERMIT_INVALID


def test_an_envelope_that_changed_after_it_was_permitted() -> None:
    """The front claims the digest that was permitted, and hands over something else."""
    assert refused(desk(), permit(), held=OTHER_DIGEST, claimed=DIGEST) is Reason.PERMIT_MISMATCH


def test_the_claim_decides_nothing_but_the_reason() -> None:
    assert redeem(desk(), permit(), claimed=OTHER_DIGEST) == 7


def test_a_permit_of_another_key() -> None:
    assert refused(desk(), permit(key=bytes(KEY_BYTES))) is Reason.PERMIT_INVALID


def test_every_bit_of_a_permit_counts() -> None:
    good = permit()
    changed = [Permit(index=good.index, issued_ms=good.issued_ms, mac=flipped(good.mac, bit)) for bit in range(256)]
    changed += [Permit(index=good.index ^ 1 << bit, issued_ms=good.issued_ms, mac=good.mac) for bit in range(63)]
    changed += [Permit(index=good.index, issued_ms=good.issued_ms ^ 1 << bit, mac=good.mac) for bit in range(63)]
    at = desk()
    assert {refused(at, shown) for shown in changed} == {Reason.PERMIT_INVALID}
    assert len(changed) == 382
    assert redeem(at, good) == 7  # a forged one uses nothing up


@pytest.mark.parametrize(
    ("issued_ms", "good"),
    [
        (NOW_MS, True),
        (NOW_MS + 1, False),  # the future
        (NOW_MS - LIFETIME_MS, True),
        (NOW_MS - LIFETIME_MS - 1, False),
    ],
)
def test_a_permit_ages(issued_ms: int, good: bool) -> None:
    if good:
        assert redeem(desk(), permit(issued_ms=issued_ms)) == 7
    else:
        assert refused(desk(), permit(issued_ms=issued_ms)) is Reason.PERMIT_EXPIRED


@pytest.mark.parametrize(("issued_ms", "good"), [(STARTED_MS - 1, False), (STARTED_MS, True)])
def test_permits_from_before_the_start_are_gone(issued_ms: int, good: bool) -> None:
    """The memory of used permits does not outlive the process, so nor may the permits."""
    now_ms = STARTED_MS + 10
    if good:
        assert redeem(desk(), permit(issued_ms=issued_ms), now_ms=now_ms) == 7
    else:
        assert refused(desk(), permit(issued_ms=issued_ms), now_ms=now_ms) is Reason.PERMIT_EXPIRED


def test_what_is_forgotten_has_expired() -> None:
    """A permit that is used at the end of its life stays known for as long as its time would still pass."""
    at = desk()
    redeem(at, permit(issued_ms=NOW_MS), now_ms=NOW_MS)
    for later in range(0, 3 * LIFETIME_MS, 500):
        redeem(at, permit(index=100 + later, issued_ms=NOW_MS + later), now_ms=NOW_MS + later)  # makes it forget
        reason = refused(at, permit(issued_ms=NOW_MS), now_ms=NOW_MS + later)
        assert reason is (Reason.PERMIT_REUSED if later <= LIFETIME_MS else Reason.PERMIT_EXPIRED)


def test_memory_is_bounded_by_the_lifetime() -> None:
    at = desk()
    for number in range(5_000):
        redeem(at, permit(index=number, issued_ms=NOW_MS + number * 100), now_ms=NOW_MS + number * 100)
    assert len(at._used) == len(at._by_age) <= LIFETIME_MS // 100 + 1


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_has_its_length(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        PermitDesk(bytes(length), lifetime_ms=1, started_ms=0)
