"""The connection to who is asked about a file. Whatever goes wrong with it raises nothing: who reads from it finds out."""

from __future__ import annotations

from contextlib import suppress
from math import inf
from typing import Any, Final

import trio

PROBE_TIMEOUT_S: Final = 5.0  # a service that is well answers a PING or OPTIONS beside its scans


async def connected(
    sock: trio.socket.SocketType, address: Any, timeout_s: float = inf
) -> trio.socket.SocketType | None:
    """The socket, or None where it could not be connected: it is closed then. `address` is what its family takes."""
    is_connected = False
    try:
        with trio.move_on_after(timeout_s), suppress(OSError):
            await sock.connect(address)
            is_connected = True
    finally:
        if not is_connected:
            sock.close()
    return sock if is_connected else None


async def send_all(sock: trio.socket.SocketType, data: bytes) -> None:
    """What the other side does not take it has answered before, or it is gone: who reads tells which."""
    view = memoryview(data)
    with suppress(OSError):
        while view:
            view = view[await sock.send(view) :]
