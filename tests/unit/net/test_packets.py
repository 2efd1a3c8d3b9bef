"""Packets between roles, whole or not at all, and the descriptors beside them: docs/spec/ipc.md section 1."""

from __future__ import annotations

import os
import socket

import pytest

from relay.ipc.messages import PACKET_BYTES, ProtocolViolation
from relay.net.channel import receive_packet, send_nowait
from tests.descriptors import none_left


def pair() -> tuple[socket.socket, socket.socket]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    theirs.setblocking(False)
    return ours, theirs


def test_packets() -> None:
    with none_left():
        ours, theirs = pair()
        with ours, theirs:
            assert receive_packet(ours) is None
            for size in (1, PACKET_BYTES):
                assert send_nowait(theirs, bytes(size))
                assert receive_packet(ours) == (bytes(size), [])
            assert send_nowait(theirs, bytes(PACKET_BYTES + 1))
            with pytest.raises(ProtocolViolation, match="cut short"):
                receive_packet(ours)
            theirs.close()
            with pytest.raises(EOFError):
                receive_packet(ours)
            with pytest.raises(EOFError):
                send_nowait(ours, b"x")


@pytest.mark.parametrize("count", [1, 2])
def test_descriptors_beside_a_packet(count: int) -> None:
    with none_left():
        ours, theirs = pair()
        with ours, theirs, open("/dev/null") as file:
            send_nowait(theirs, b"x", [file.fileno()] * count)
            packet = receive_packet(ours)
            assert packet is not None
            assert len(packet.descriptors) == count
            for descriptor in packet.descriptors:
                os.close(descriptor)


def test_more_descriptors_than_any_message_has() -> None:
    with none_left():
        ours, theirs = pair()
        with ours, theirs, open("/dev/null") as file:
            send_nowait(theirs, b"x", [file.fileno()] * 3)
            with pytest.raises(ProtocolViolation, match="cut short"):
                receive_packet(ours)


def test_an_empty_packet_is_the_end() -> None:
    ours, theirs = pair()
    with ours, theirs:
        theirs.send(b"")
        with pytest.raises(EOFError):
            receive_packet(ours)
