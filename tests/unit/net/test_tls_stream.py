"""The trio stream: both directions at once, slow peers, clean and unclean ends, cancellation, and its bounds."""

from __future__ import annotations

import hashlib

import pytest
import trio
import trio.testing

from relay.base.errors import Refused, Unavailable
from relay.base.reasons import Reason
from relay.net.tls_stream import FEED_BYTES, RECEIVE_BYTES, SEND_BYTES, STREAK, UNSENT_BYTES, WRITE_BYTES, TlsStream
from relay.tls.engine import RECORD_BYTES, TlsEngine
from tests.links import GATE, Link
from tests.streams import connected, socket_pair
from tests.turns import Turns


async def receive_exactly(stream: TlsStream, size: int) -> bytes:
    found = b""
    while len(found) < size:
        data = await stream.receive_some()
        assert data != b""
        found += data
    return found


async def test_the_handshake_tells_the_facts(ends: tuple[TlsStream, TlsStream]) -> None:
    client, server = ends
    assert client.facts.peer is not None
    assert client.facts.peer.name == server.facts.server_name == GATE


@pytest.mark.parametrize(
    "size", [1, WRITE_BYTES - 1, WRITE_BYTES, WRITE_BYTES + 1, SEND_BYTES, SEND_BYTES + 1, 1_000_000]
)
async def test_what_is_sent_arrives(link: Link, size: int) -> None:
    client, server = await connected(link, buffer_bytes=4096)  # so that both ends often have to wait
    data = hashlib.shake_128(b"data").digest(size)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.send_all, data)
        assert await receive_exactly(server, size) == data
    await client.aclose()
    assert await server.receive_some() == b""
    await server.aclose()


async def test_both_directions_at_once_by_two_tasks_each(link: Link) -> None:
    client, server = await connected(link, buffer_bytes=4096)
    data = {client: b"c" * 300_000, server: b"s" * 200_000}
    async with trio.open_nursery() as nursery:
        for stream, other in ((client, server), (server, client)):
            nursery.start_soon(stream.send_all, data[stream])

            async def receive(stream: TlsStream = stream, other: TlsStream = other) -> None:
                assert await receive_exactly(stream, len(data[other])) == data[other]

            nursery.start_soon(receive)
    client.close()
    server.close()


async def test_a_second_task_in_one_direction_is_refused(ends: tuple[TlsStream, TlsStream]) -> None:
    client, _ = ends
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.receive_some)
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(trio.BusyResourceError):
            await client.receive_some()
        with pytest.raises(trio.BusyResourceError):
            await client.handshake()
        nursery.cancel_scope.cancel()


async def test_a_second_sender_is_refused(link: Link) -> None:
    client, server = await connected(link, buffer_bytes=4096)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.send_all, b"x" * 1_000_000)
        await trio.testing.wait_all_tasks_blocked()
        for use in (client.send_all, lambda _: client.wait_send_all_might_not_block()):
            with pytest.raises(trio.BusyResourceError):
                await use(b"y")
        nursery.cancel_scope.cancel()
    client.close()
    server.close()


async def test_waiting_for_room_ends_when_there_is_room(link: Link) -> None:
    client, server = await connected(link, buffer_bytes=4096)
    with trio.move_on_after(0.01):
        await client.send_all(b"x" * 100_000)

    async def drain() -> None:
        while True:
            await server.receive_some()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(drain)
        await client.wait_send_all_might_not_block()
        nursery.cancel_scope.cancel()
    client.close()
    server.close()


async def test_sending_at_once(link: Link) -> None:
    client, server = await connected(link, buffer_bytes=4096)
    assert client.send_now(b"small")
    assert await receive_exactly(server, 5) == b"small"
    data = hashlib.shake_128(b"data").digest(WRITE_BYTES)
    assert not client.send_now(data)  # more than the socket takes
    assert not client.send_now(b"and more")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.send_all, b"")
        assert await receive_exactly(server, len(data) + 8) == data + b"and more"
    with pytest.raises(ValueError):
        client.send_now(bytes(WRITE_BYTES + 1))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.send_all, b"x" * 1_000_000)
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(trio.BusyResourceError):
            client.send_now(b"y")
        nursery.cancel_scope.cancel()
    client.close()
    server.close()
    with pytest.raises(trio.ClosedResourceError):
        client.send_now(b"z")


async def test_sending_at_once_lets_other_tasks_have_their_turn(ends: tuple[TlsStream, TlsStream]) -> None:
    client, _ = ends
    assert [client.send_now(b"x") for _ in range(STREAK + 1)].count(False) == 2  # from then on, until there was a turn
    await client.send_all(b"")
    assert client.send_now(b"x")


async def test_sending_at_once_to_a_peer_that_is_gone(ends: tuple[TlsStream, TlsStream]) -> None:
    client, server = ends
    server.socket.close()
    with pytest.raises(Unavailable) as lost:
        client.send_now(b"x")
    assert lost.value.reason is Reason.PEER_CLOSED


async def test_a_cancelled_read_loses_nothing(ends: tuple[TlsStream, TlsStream]) -> None:
    client, server = ends
    with trio.move_on_after(0.001) as scope:
        await server.receive_some()
    assert scope.cancelled_caught
    await client.send_all(b"still here")
    assert await server.receive_some() == b"still here"


async def test_a_call_is_a_cancellation_point_though_it_need_not_wait(ends: tuple[TlsStream, TlsStream]) -> None:
    client, server = ends
    await client.send_all(b"ready")
    for use in (server.receive_some, lambda: server.send_all(b"x")):
        with trio.CancelScope() as scope:
            scope.cancel()
            await use()
        assert scope.cancelled_caught
    assert await server.receive_some() == b"ready"


async def test_a_busy_stream_lets_other_tasks_run(ends: tuple[TlsStream, TlsStream]) -> None:
    client, server = ends
    turns = Turns()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(turns.take)
        for _ in range(100):
            await client.send_all(b"x")
            await server.receive_some()
        nursery.cancel_scope.cancel()
    assert turns.count >= 10


class Talkative(TlsEngine):
    """An engine whose peer makes it answer and never reads the answers."""

    __slots__ = ("said",)

    @property
    def waiting(self) -> int:
        return self.said


@pytest.mark.parametrize(("said", "passes"), [(UNSENT_BYTES, True), (UNSENT_BYTES + 1, False)])
async def test_answers_that_nobody_reads_are_bounded(link: Link, said: int, passes: bool) -> None:
    client, server = await connected(link)
    engine = Talkative.__new__(Talkative)
    for name in TlsEngine.__slots__:
        setattr(engine, name, getattr(server._engine, name))
    engine.said = said
    server._engine = engine
    server._sending = True  # a writer is at it, so that the reader leaves the answers to it
    await client.send_all(b"x")
    if passes:
        assert await server.receive_some() == b"x"
    else:
        with pytest.raises(Refused) as refusal:
            await server.receive_some()
        assert refusal.value.reason is Reason.TLS_RECORD_INVALID
    engine.said = 0
    client.close()
    server.close()


@pytest.mark.parametrize("most", [None, 1, RECORD_BYTES + 1, FEED_BYTES + 1, RECEIVE_BYTES, RECEIVE_BYTES + 1])
async def test_one_receive_takes_no_more_than_it_may(link: Link, most: int | None) -> None:
    client, server = await connected(link, buffer_bytes=1_000_000)
    sent = hashlib.shake_128(b"data").digest(4 * RECEIVE_BYTES)
    await client.send_all(sent)
    data = await server.receive_some(most)
    assert 0 < len(data) <= min(most or RECORD_BYTES, RECEIVE_BYTES)
    if most is not None and most >= RECEIVE_BYTES:
        assert len(data) > RECORD_BYTES  # several records at once
    assert data + await receive_exactly(server, len(sent) - len(data)) == sent
    client.close()
    server.close()


async def test_streams_that_take_turns_share_buffers_and_mix_nothing(link: Link) -> None:
    """Small sockets make every call stop in the middle; what is left of it must be the stream's own."""
    pairs = [await connected(link, buffer_bytes=4096) for _ in range(4)]
    data = [hashlib.shake_128(bytes([number])).digest(2 * SEND_BYTES + number) for number in range(4)]

    async def receive(stream: TlsStream, expected: bytes) -> None:
        found = b""
        while len(found) < len(expected):
            found += await stream.receive_some(RECEIVE_BYTES)
        assert found == expected

    async with trio.open_nursery() as nursery:
        for (client, server), sent in zip(pairs, data, strict=True):
            nursery.start_soon(client.send_all, sent)
            nursery.start_soon(receive, server, sent)
    for client, server in pairs:
        client.close()
        server.close()


async def test_what_a_cancelled_sender_left_goes_out_first(link: Link) -> None:
    client, server = await connected(link, buffer_bytes=4096)
    with trio.move_on_after(0.01) as scope:
        await client.send_all(b"a" * SEND_BYTES)
    assert scope.cancelled_caught
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.send_all, b"b" * (WRITE_BYTES + 1))
        assert await receive_exactly(server, SEND_BYTES + WRITE_BYTES + 1) == b"a" * SEND_BYTES + b"b" * (
            WRITE_BYTES + 1
        )
    client.close()
    server.close()


async def test_bulk_data_lets_other_tasks_run(link: Link) -> None:
    client, server = await connected(link, buffer_bytes=1_000_000)
    turns = Turns()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(turns.take)
        for _ in range(20):
            await client.send_all(b"x" * SEND_BYTES)
            await receive_exactly(server, SEND_BYTES)
        nursery.cancel_scope.cancel()
    assert turns.count >= 10
    client.close()
    server.close()


async def test_the_alert_goes_out_before_the_handshake_fails(link: Link) -> None:
    ours, theirs = socket_pair()
    server = TlsStream(theirs, TlsEngine(link.gate_context()))
    ours.send(bytes([22, 3, 1, 0, 4, 2, 0, 0, 0]))  # a ServerHello, to a server
    with pytest.raises(Refused) as refusal:
        await server.handshake()
    assert refusal.value.reason is Reason.TLS_HANDSHAKE_FAILED
    assert ours.recv(100)[:1] == b"\x15"
    await server.aclose()
    ours.close()


async def test_a_silent_peer_is_left_to_the_callers_deadline(link: Link) -> None:
    ours, theirs = socket_pair()
    server = TlsStream(theirs, TlsEngine(link.gate_context()))
    with pytest.raises(trio.TooSlowError):
        with trio.fail_after(0.01):
            await server.handshake()
    await server.aclose()
    ours.close()
