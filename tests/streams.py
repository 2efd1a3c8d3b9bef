"""TLS streams over socket pairs: both ends of a link in one process, already verified."""

from __future__ import annotations

import socket

import trio

from relay.net.tls_stream import TlsStream
from relay.tls.engine import TlsEngine
from tests.links import Link


def socket_pair(buffer_bytes: int | None = None) -> tuple[socket.socket, socket.socket]:
    pair = socket.socketpair()
    for one in pair:
        one.setblocking(False)
        if buffer_bytes is not None:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer_bytes)
    return pair


async def connected(link: Link, buffer_bytes: int | None = None) -> tuple[TlsStream, TlsStream]:
    """The relay's end and the gate's."""
    ours, theirs = socket_pair(buffer_bytes)
    relay = TlsStream(ours, TlsEngine(link.relay_context()))
    gate = TlsStream(theirs, TlsEngine(link.gate_context()))
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(relay.handshake)
            nursery.start_soon(gate.handshake)
    except BaseException:
        relay.close()
        gate.close()
        raise
    return relay, gate
