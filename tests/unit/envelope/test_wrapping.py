"""The wrapping key: how long and how often it serves, and that it is forgotten (section 3 of the spec)."""

from __future__ import annotations

import pytest

from relay.base.errors import Refused
from relay.base.reasons import Reason
from relay.envelope.format import SEALED_KEYS_BYTES, SEALED_WRAPPING_KEY_BYTES, encode_header
from relay.envelope.unwrapping import KeyUnwrapper
from relay.envelope.wrapping import WRAPPING_KEY_MS, WRAPPING_KEY_USES, KeyWrapper
from tests.unit.envelope.making import RECIPIENT, header

HEADER = encode_header(header())
KEYS = bytes(range(64))


class Clock:
    now_ms = 5_000

    def __call__(self) -> int:
        return self.now_ms


def sealed_wrapping_key(wrapper: KeyWrapper) -> bytes:
    return wrapper.wrap(KEYS, HEADER)[:SEALED_WRAPPING_KEY_BYTES]


def test_what_is_wrapped_is_unwrapped_under_its_own_header_only() -> None:
    sealed = KeyWrapper(RECIPIENT.public_key, Clock()).wrap(KEYS, HEADER)
    assert len(sealed) == SEALED_KEYS_BYTES
    assert KeyUnwrapper(RECIPIENT).unwrap(sealed, HEADER) == KEYS
    with pytest.raises(Refused) as caught:
        KeyUnwrapper(RECIPIENT).unwrap(sealed, encode_header(header(tenant="chuo")))
    assert caught.value.reason is Reason.ENVELOPE_INVALID


def test_it_serves_for_its_time_and_not_a_millisecond_longer() -> None:
    clock = Clock()
    wrapper = KeyWrapper(RECIPIENT.public_key, clock)
    first = sealed_wrapping_key(wrapper)
    clock.now_ms += WRAPPING_KEY_MS - 1
    assert sealed_wrapping_key(wrapper) == first
    clock.now_ms += 1
    assert sealed_wrapping_key(wrapper) != first


def test_it_serves_so_often_and_not_once_more() -> None:
    wrapper = KeyWrapper(RECIPIENT.public_key, Clock())
    made = {sealed_wrapping_key(wrapper) for _ in range(WRAPPING_KEY_USES)}
    assert len(made) == 1
    assert sealed_wrapping_key(wrapper) not in made


def test_it_is_forgotten_when_nothing_is_sealed() -> None:
    clock = Clock()
    wrapper = KeyWrapper(RECIPIENT.public_key, clock)
    first = sealed_wrapping_key(wrapper)
    clock.now_ms += WRAPPING_KEY_MS
    wrapper.forget_old()
    assert wrapper._key is None
    assert wrapper._sealed == b""
    clock.now_ms -= WRAPPING_KEY_MS  # even then it does not come back
    assert sealed_wrapping_key(wrapper) != first


def test_each_header_has_its_own_key() -> None:
    wrapper = KeyWrapper(RECIPIENT.public_key, Clock())
    other = encode_header(header(tenant="chuo"))
    one, two = wrapper.wrap(KEYS, HEADER), wrapper.wrap(KEYS, other)
    assert one[:SEALED_WRAPPING_KEY_BYTES] == two[:SEALED_WRAPPING_KEY_BYTES]
    assert one[SEALED_WRAPPING_KEY_BYTES:] != two[SEALED_WRAPPING_KEY_BYTES:]
