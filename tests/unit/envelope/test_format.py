"""relay/envelope/format.py: one header, one encoding."""

from __future__ import annotations

import pytest

from relay.base.errors import Refused
from relay.base.reasons import Reason
from relay.envelope.format import (
    CHUNK_BYTES,
    HEADER_BYTES,
    OVERHEAD_BYTES,
    encode_header,
    envelope_size,
    parse_header,
    sealed_size,
)
from tests.unit.envelope.making import NOW_MS, header, seal


@pytest.mark.parametrize("tenant", ["a", "0", "ab", "a-b", "minato-ku", "a" * 32])
@pytest.mark.parametrize("mode", ["exchange", "deposit"])
def test_a_header_comes_back_whatever_follows_it(tenant: str, mode: str) -> None:
    head = header(tenant=tenant, mode=mode)
    raw = encode_header(head)
    assert parse_header(raw) == (head, len(raw))
    assert parse_header(raw + b"\x00more") == (head, len(raw))
    assert len(raw) <= HEADER_BYTES


@pytest.mark.parametrize(
    "change",
    [
        {"tenant": ""},
        {"tenant": "a" * 33},
        {"tenant": "A"},
        {"tenant": "-a"},
        {"tenant": "a-"},
        {"tenant": "a\n"},
        {"tenant": "港"},
        {"mode": "both"},
        {"recipient_key_id": bytes(15)},
        {"sender_key_id": bytes(17)},
        {"created_ms": -1},
        {"expires_ms": NOW_MS},
        {"expires_ms": 1 << 64},
    ],
)
def test_a_header_out_of_range_is_not_written(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"tenant|mode|key id|expires"):
        encode_header(header(**change))


def test_every_cut_header_is_refused() -> None:
    raw = encode_header(header())
    for length in range(len(raw)):
        with pytest.raises(Refused) as caught:
            parse_header(raw[:length])
        assert caught.value.reason is Reason.ENVELOPE_INVALID


def test_what_parses_encodes_to_the_same_bytes_whichever_byte_was_changed() -> None:
    raw = encode_header(header())
    parsed = 0
    for at in range(len(raw)):
        for value in range(256):
            changed = raw[:at] + bytes([value]) + raw[at + 1 :]
            try:
                head, length = parse_header(changed)
            except Refused:
                continue
            assert encode_header(head) == changed[:length]
            parsed += 1
    assert parsed > 1000


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 200_000])
def test_sizes_are_those_of_real_envelopes(size: int) -> None:
    raw, envelope = seal(bytes(size))
    assert len(raw) == envelope.size == envelope_size(size, "minato")
    assert len(raw) <= OVERHEAD_BYTES + sealed_size(size)
