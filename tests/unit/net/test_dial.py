"""Connections that leave by one interface and source address, or not at all."""

from __future__ import annotations

import socket

import pytest

from relay.base.errors import Unavailable
from relay.base.reasons import Reason
from relay.net.dial import connect_tcp_from
from relay.net.listen import SO_BINDTODEVICE, open_tcp_listener


async def test_it_leaves_by_the_source_address() -> None:
    with open_tcp_listener("127.0.0.1:0", backlog=1) as listener:
        port = listener.getsockname()[1]
        with await connect_tcp_from(f"127.0.0.1:{port}", "127.0.0.2", "lo") as sock:
            accepted, peer = listener.accept()
            accepted.close()
            assert peer[0] == "127.0.0.2"
            assert sock.getsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, 16).rstrip(b"\0") == b"lo"
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert not sock.getblocking()


async def test_a_refused_connection_is_unavailable() -> None:
    with open_tcp_listener("127.0.0.1:0", backlog=1) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unavailable) as failure:
        await connect_tcp_from(f"127.0.0.1:{port}", reason=Reason.APPLICATION_UNAVAILABLE)
    assert failure.value.reason is Reason.APPLICATION_UNAVAILABLE


async def test_a_source_address_that_is_not_ours() -> None:
    with pytest.raises(Unavailable) as failure:
        await connect_tcp_from("127.0.0.1:1", "192.0.2.1")
    assert failure.value.reason is Reason.GATE_UNAVAILABLE


async def test_an_interface_that_does_not_exist() -> None:
    with pytest.raises(Unavailable):
        await connect_tcp_from("127.0.0.1:1", interface="nosuch0")


async def test_no_answer_in_time() -> None:
    """A listener whose queue is full drops the SYN, as a dead line would."""
    with open_tcp_listener("127.0.0.1:0", backlog=0) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        queued = [await connect_tcp_from(address)]
        with pytest.raises(Unavailable, match="within"):
            while True:
                queued.append(await connect_tcp_from(address, timeout=0.05))
        for sock in queued:
            sock.close()
