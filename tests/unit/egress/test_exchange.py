"""One connection to a gate, against a gate that is scripted byte for byte: docs/spec/link.md."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest
import trio
import trio.testing

from relay.base.errors import Refused
from relay.base.reasons import Reason
from relay.egress.exchange import GateAnswer, GateConnection, LinkLost
from relay.ipc.link import RECEIPT_BYTES, FrameType, answer_head, frame_head
from relay.ipc.messages import INLINE_BYTES
from relay.net.parcel import Parcel
from tests.gates import LINK, GateEnd, link

MOST = 1000
ENVELOPE = Parcel.of(b"sealed request")


@pytest.fixture
async def ends(no_descriptor_is_left: None) -> AsyncIterator[tuple[GateConnection, GateEnd]]:
    egress, gate = await link()
    yield GateConnection(egress), GateEnd(gate)
    egress.close()
    gate.close()


async def exchange(
    ends: tuple[GateConnection, GateEnd],
    said: bytes,
    *,
    close: bool = True,
    envelope: Parcel = ENVELOPE,
    most: int = MOST,
) -> GateAnswer:
    """The gate takes the envelope, says `said` and closes."""
    connection, gate = ends

    async def play() -> None:
        kind, payload = await gate.frame()
        assert (kind, payload) == (FrameType.ENVELOPE, b"".join(envelope.pieces()))
        await gate.say(said)
        if close:
            gate.close()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(play)
        try:
            return await connection.exchange(envelope, response_most=most)
        except (LinkLost, Refused) as error:
            failed = error
    raise failed


async def lost(ends: tuple[GateConnection, GateEnd], said: bytes) -> LinkLost:
    with pytest.raises(LinkLost) as caught:
        await exchange(ends, said)
    return caught.value


def answer(response: bytes, receipt: bytes = b"receipt") -> bytes:
    return answer_head(receipt, len(response)) + response


@pytest.mark.parametrize("size", [0, 1, INLINE_BYTES, INLINE_BYTES + 1, 1_000_000])
async def test_envelope_there_and_answer_back(ends: tuple[GateConnection, GateEnd], size: int) -> None:
    data = os.urandom(size)
    with Parcel.of(data) as envelope:
        found = await exchange(ends, answer(data), close=False, envelope=envelope, most=size)
    assert (found.receipt, b"".join(found.response.pieces())) == (b"receipt", data)
    assert {found.peer} == LINK.gate_profile().pins
    found.response.close()
    assert ends[0].is_reusable


async def test_one_exchange_after_the_other_on_one_connection(ends: tuple[GateConnection, GateEnd]) -> None:
    for number in range(3):
        response = b"answer %d" % number
        assert (await exchange(ends, answer(response), close=False)).response.inline == response


async def test_the_answer_has_a_most(ends: tuple[GateConnection, GateEnd]) -> None:
    longest = bytes(MOST + RECEIPT_BYTES - 7)
    assert (await exchange(ends, answer(longest), close=False)).response.size == len(longest)
    error = await lost(ends, answer(longest + b"x"))
    assert error.sent_whole
    assert "over the limit" in str(error)


async def test_a_refusal_is_the_gates_word(ends: tuple[GateConnection, GateEnd]) -> None:
    for reason in (Reason.ENVELOPE_STALE, Reason.APPLICATION_UNAVAILABLE):
        word = reason.value.encode()
        with pytest.raises(Refused) as caught:
            await exchange(ends, frame_head(FrameType.REFUSAL, len(word)) + word, close=False)
        assert caught.value.reason is reason
        assert ends[0].is_reusable


@pytest.mark.parametrize(
    "said",
    [
        frame_head(FrameType.PONG, 0),
        frame_head(FrameType.PING, 0),
        frame_head(FrameType.ENVELOPE, 0),
        b"\x00" * 9,
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        frame_head(FrameType.REFUSAL, 65) + b"x" * 65,
        frame_head(FrameType.REFUSAL, 8) + b"admitted",
        frame_head(FrameType.REFUSAL, 7) + b"unknown",
        frame_head(FrameType.REFUSAL, 17) + b"gate_link_invalid",
        frame_head(FrameType.ANSWER, 1) + b"\x00",
        frame_head(FrameType.ANSWER, 9) + b"\x00\x08receipt",  # a receipt longer than its frame
        frame_head(FrameType.ANSWER, 3000) + (RECEIPT_BYTES + 1).to_bytes(2) + bytes(2998),
    ],
    ids=lambda said: said[:20].hex(),
)
async def test_what_is_no_answer(ends: tuple[GateConnection, GateEnd], said: bytes) -> None:
    assert (await lost(ends, said)).sent_whole


@pytest.mark.parametrize("at", range(len(answer(b"response"))))
async def test_an_answer_that_is_cut_at_any_byte(ends: tuple[GateConnection, GateEnd], at: int) -> None:
    assert (await lost(ends, answer(b"response")[:at])).sent_whole


async def test_an_answer_in_single_bytes(ends: tuple[GateConnection, GateEnd]) -> None:
    connection, gate = ends

    async def play() -> None:
        await gate.frame()
        for byte in answer(b"response"):
            await gate.say(bytes([byte]))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(play)
        found = await connection.exchange(ENVELOPE, response_most=MOST)
    assert (found.receipt, found.response.inline) == (b"receipt", b"response")


async def test_a_large_answer_that_is_cut_leaves_no_descriptor(ends: tuple[GateConnection, GateEnd]) -> None:
    said = answer_head(b"", 2 * INLINE_BYTES) + bytes(INLINE_BYTES + 1)
    with pytest.raises(LinkLost):
        await exchange(ends, said, most=2 * INLINE_BYTES)


async def test_what_comes_after_the_answer_makes_the_connection_useless(ends: tuple[GateConnection, GateEnd]) -> None:
    await exchange(ends, answer(b"response") + b"more", close=False)
    assert not ends[0].is_reusable


async def test_a_gate_that_closed_makes_the_connection_useless(ends: tuple[GateConnection, GateEnd]) -> None:
    connection, gate = ends
    await exchange(ends, answer(b"response"), close=False)
    assert connection.is_reusable
    gate.close()
    reusable = [connection.is_reusable]
    connection.close()
    assert [*reusable, connection.is_reusable] == [False, False]


@pytest.mark.parametrize("says_why", [False, True], ids=["end", "refusal"])
async def test_what_comes_before_the_last_byte_is_no_answer(no_descriptor_is_left: None, says_why: bool) -> None:
    """The gate cannot have acted on the envelope, and the egress may ask another one."""
    egress, gate = await link(buffer_bytes=4096)
    connection, end = GateConnection(egress), GateEnd(gate)
    with Parcel.of(bytes(1_000_000)) as envelope:
        async with trio.open_nursery() as nursery:

            async def play() -> None:
                await end.exactly(100_000)
                if says_why:
                    await end.refuse(Reason.ENVELOPE_INVALID)
                end.close()

            nursery.start_soon(play)
            with pytest.raises(LinkLost) as caught:
                await connection.exchange(envelope, response_most=MOST)
    assert not caught.value.sent_whole
    connection.close()


async def test_ping(ends: tuple[GateConnection, GateEnd], nursery: trio.Nursery) -> None:
    connection, gate = ends

    async def play(said: bytes) -> None:
        assert await gate.frame() == (FrameType.PING, b"")
        await gate.say(said)

    nursery.start_soon(play, frame_head(FrameType.PONG, 0))
    await connection.ping()
    assert connection.is_reusable
    nursery.start_soon(play, frame_head(FrameType.REFUSAL, 0))
    with pytest.raises(LinkLost, match="out of turn"):
        await connection.ping()


async def test_a_ping_that_is_not_answered(ends: tuple[GateConnection, GateEnd]) -> None:
    connection, gate = ends
    gate.close()
    with pytest.raises(LinkLost) as caught:
        await connection.ping()
    assert not caught.value.sent_whole
