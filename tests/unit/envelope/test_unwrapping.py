"""What a gate holds of wrapping keys: bounded, and without meaning for what opens."""

from __future__ import annotations

import pytest

from relay.base.errors import Refused
from relay.base.reasons import Reason
from relay.envelope import unwrapping
from relay.envelope.format import SEALED_KEYS_BYTES, SEALED_WRAPPING_KEY_BYTES, encode_header
from relay.envelope.keys import RecipientPrivateKey
from relay.envelope.unwrapping import KeyUnwrapper
from relay.envelope.wrapping import KeyWrapper
from tests.unit.envelope.making import RECIPIENT, header

HEADER = encode_header(header())
KEYS = bytes(range(64))


def wrapped() -> bytes:
    return KeyWrapper(RECIPIENT.public_key, lambda: 0).wrap(KEYS, HEADER)


def refusal(unwrapper: KeyUnwrapper, sealed: bytes) -> Reason:
    with pytest.raises(Refused) as caught:
        unwrapper.unwrap(sealed, HEADER)
    return caught.value.reason


def test_a_wrapping_key_is_opened_once_and_held_within_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unwrapping, "UNWRAPPED_HELD", 3)
    unwrapper = KeyUnwrapper(RECIPIENT)
    sealed = [wrapped() for _ in range(5)]
    for envelope in [*sealed, *sealed]:
        assert unwrapper.unwrap(envelope, HEADER) == KEYS
        assert len(unwrapper._held) <= 3


@pytest.mark.parametrize(
    "at", [0, 1088, SEALED_WRAPPING_KEY_BYTES - 1, SEALED_WRAPPING_KEY_BYTES, SEALED_KEYS_BYTES - 1]
)
def test_a_changed_bit_is_refused_whether_the_key_is_held_or_not(at: int) -> None:
    sealed = wrapped()
    changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
    unwrapper = KeyUnwrapper(RECIPIENT)
    assert refusal(unwrapper, changed) is Reason.ENVELOPE_INVALID
    assert unwrapper.unwrap(sealed, HEADER) == KEYS
    assert refusal(unwrapper, changed) is Reason.ENVELOPE_INVALID


def test_another_gate_and_another_length_are_refused() -> None:
    sealed = wrapped()
    assert refusal(KeyUnwrapper(RecipientPrivateKey.generate()), sealed) is Reason.ENVELOPE_INVALID
    for other in (sealed[:-1], sealed + b"x", b""):
        assert refusal(KeyUnwrapper(RECIPIENT), other) is Reason.ENVELOPE_INVALID
