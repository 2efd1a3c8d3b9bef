"""How a stream ends: cleanly, by a cut, under a reader, with bytes that nobody has read."""

from __future__ import annotations

import socket

import pytest
import trio
import trio.testing

from relay.base.errors import Refused, Unavailable
from relay.base.reasons import Reason
from relay.net.tls_stream import TlsStream
from relay.tls.engine import TlsEngine
from tests.links import Link
from tests.streams import connected


async def test_a_clean_end_is_an_empty_read_and_stays_so(ends: tuple[TlsStream, TlsStream]) -> None:
    client, server = ends
    await client.send_all(b"bye")
    await client.aclose()
    assert await server.receive_some() == b"bye"
    assert await server.receive_some() == b""
    assert await server.receive_some() == b""


async def test_a_cut_is_the_clients_fault(ends: tuple[TlsStream, TlsStream]) -> None:
    client, server = ends
    client.socket.close()
    with pytest.raises(Refused) as refusal:
        await server.receive_some()
    assert refusal.value.reason is Reason.PEER_CLOSED


async def test_a_cut_is_a_dependency_that_is_gone(ends: tuple[TlsStream, TlsStream]) -> None:
    client, server = ends
    server.socket.close()
    with pytest.raises(Unavailable) as failure:
        await client.receive_some()
    assert failure.value.reason is Reason.PEER_CLOSED
    with pytest.raises(Unavailable) as failure:
        await client.send_all(b"x")
    assert failure.value.reason is Reason.PEER_CLOSED


async def test_a_reset_is_no_clean_end(link: Link) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    sock = socket.create_connection(listener.getsockname())
    accepted, _ = listener.accept()
    listener.close()
    accepted.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    sock.close()
    server = TlsStream(accepted, TlsEngine(link.gate_context()))
    with pytest.raises(Refused) as refusal:
        await server.handshake()
    assert refusal.value.reason is Reason.PEER_CLOSED
    await server.aclose()


async def test_closing_under_a_reader_wakes_it(ends: tuple[TlsStream, TlsStream]) -> None:
    client, _ = ends

    async def read() -> None:
        with pytest.raises(trio.ClosedResourceError):
            await client.receive_some()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        await trio.testing.wait_all_tasks_blocked()
        await client.aclose()


async def test_after_closing_every_use_says_so(ends: tuple[TlsStream, TlsStream]) -> None:
    client, _ = ends
    await client.aclose()
    await client.aclose()
    with pytest.raises(trio.ClosedResourceError):
        await client.receive_some()
    with pytest.raises(trio.ClosedResourceError):
        await client.send_all(b"x")


async def test_closing_never_waits_and_works_when_cancelled(link: Link) -> None:
    client, server = await connected(link, buffer_bytes=4096)
    with trio.move_on_after(0.01):
        await client.send_all(b"x" * 1_000_000)  # now nothing more fits
    with trio.CancelScope() as scope:
        scope.cancel()
        await client.aclose()
    assert client.socket.fileno() == -1
    server.close()


async def test_the_last_answer_survives_an_unread_body(link: Link) -> None:
    """Closing over unread input resets a TCP connection; `linger` lets the client read the answer first."""
    listener = socket.create_server(("127.0.0.1", 0))
    sock = socket.create_connection(listener.getsockname())
    accepted, _ = listener.accept()
    listener.close()
    for one in (sock, accepted):
        one.setblocking(False)
    client = TlsStream(sock, TlsEngine(link.relay_context()))
    server = TlsStream(accepted, TlsEngine(link.gate_context()))

    async def refuse() -> None:
        await server.handshake()
        await server.receive_some(10)
        await server.send_all(b"too large")
        await server.linger(10_000_000)
        await server.aclose()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(refuse)
        await client.handshake()
        await client.send_all(b"x" * 500_000)
        assert await client.receive_some() == b"too large"
        assert await client.receive_some() == b""
        await client.aclose()


async def test_lingering_is_bounded(link: Link) -> None:
    client, server = await connected(link, buffer_bytes=4096)

    async def send_without_end() -> None:
        with pytest.raises(Unavailable):
            while True:
                await client.send_all(b"x" * 10_000)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(send_without_end)
        await server.linger(100_000)
        await server.aclose()
    client.close()
