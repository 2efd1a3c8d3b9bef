"""relay/envelope/format.py: one header, one encoding."""

from __future__ import annotations

import pytest

from relay.base.errors import Refused
from relay.base.reasons import Reason
from relay.envelope.format import (
    CHUNK_BYTES,
    HEADER_BYTES,
    OVERHEAD_BYTES,
    TIMES_BYTES,
    TRAILER_BYTES,
    encode_header,
    encode_times,
    parse_header,
    parse_times,
)
from tests.unit.envelope.making import NOW_MS, envelope_size, header, seal, sealed_size


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
    ],
)
def test_a_header_out_of_range_is_not_written(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"tenant|mode|key id"):
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


@pytest.mark.parametrize("times", [(0, 1), (NOW_MS, NOW_MS + 1), (0, (1 << 64) - 1), ((1 << 64) - 2, (1 << 64) - 1)])
def test_times_come_back(times: tuple[int, int]) -> None:
    raw = encode_times(*times)
    assert len(raw) == TIMES_BYTES
    assert parse_times(raw + bytes(TRAILER_BYTES - TIMES_BYTES)) == times


@pytest.mark.parametrize("times", [(-1, 1), (0, 0), (NOW_MS, NOW_MS), (NOW_MS, NOW_MS - 1), (NOW_MS, 1 << 64)])
def test_times_out_of_range_are_not_written(times: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="expires later than it was created"):
        encode_times(*times)


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 200_000])
def test_sizes_are_those_of_real_envelopes(size: int) -> None:
    raw, envelope = seal(bytes(size))
    assert len(raw) == envelope.size == envelope_size(size, "minato")
    assert len(raw) <= OVERHEAD_BYTES + sealed_size(size)
