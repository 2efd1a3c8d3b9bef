"""TCP connections outwards, which must leave by one interface and source address.

Apart from `relay.net.listen` so that a role which may never connect over IP does not even load the means to.
"""

from __future__ import annotations

import os
import socket
from typing import Final

import trio

from relay.base.errors import Unavailable
from relay.base.reasons import Reason
from relay.net.listen import bind_to_interface, parse_address, set_connection_options, tcp_socket

IP_BIND_ADDRESS_NO_PORT: Final = 24  # linux/in.h: choose the source port at connect, when the whole tuple is known


async def connect_tcp_from(
    address: str,
    source_address: str | None = None,
    interface: str | None = None,
    timeout: float = 3.0,
    reason: Reason = Reason.GATE_UNAVAILABLE,
) -> socket.socket:
    """A connected socket that leaves by the given interface and source address, or Unavailable(reason)."""
    host, port = parse_address(address)
    sock = tcp_socket(host)
    try:
        bind_to_interface(sock, interface)
        if source_address is not None:
            sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            sock.bind((source_address, 0))
        set_connection_options(sock)
        with trio.fail_after(timeout):
            await _connect(sock, (host, port))
    except trio.TooSlowError as error:
        sock.close()
        raise Unavailable(reason, f"{address}: no connection within {timeout:g} s") from error
    except OSError as error:
        sock.close()
        raise Unavailable(reason, f"{address}: {error.strerror}") from error
    except BaseException:
        sock.close()
        raise
    return sock


async def _connect(sock: socket.socket, address: tuple[str, int]) -> None:
    try:
        sock.connect(address)
    except BlockingIOError:
        await trio.lowlevel.wait_writable(sock)
    else:
        await trio.lowlevel.checkpoint()
    failed = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if failed:
        raise OSError(failed, os.strerror(failed))
