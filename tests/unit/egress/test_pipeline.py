"""The digest that a permit is held against: of every byte, and without keeping others waiting. The rest is in test_serve."""

from __future__ import annotations

import hashlib

import pytest
import trio

from relay.egress.pipeline import TURN_BYTES, digest_of
from relay.ipc.messages import INLINE_BYTES
from relay.net.parcel import PIECE_BYTES, Parcel
from tests.turns import Turns


@pytest.mark.parametrize(
    "size",
    [
        0,
        1,
        INLINE_BYTES,
        INLINE_BYTES + 1,
        PIECE_BYTES,
        PIECE_BYTES + 1,
        TURN_BYTES,
        TURN_BYTES + 1,
        3 * TURN_BYTES + 7,
    ],
)
async def test_a_digest_is_of_all_the_bytes(size: int) -> None:
    data = hashlib.shake_128(b"data").digest(size)
    with Parcel.of(data) as parcel:
        assert await digest_of(parcel) == hashlib.sha256(data).digest()


async def test_others_have_their_turns_while_a_large_parcel_is_hashed() -> None:
    turns = Turns()
    with Parcel.of(bytes(8 * TURN_BYTES + 1)) as parcel:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(turns.take)
            await digest_of(parcel)
            nursery.cancel_scope.cancel()
    assert turns.count >= 7  # after the last one either task may be first
