"""The egress's socket for the fronts: one task per connection reads packets, one task per transfer carries it.

A front that goes away or breaks the protocol takes nothing with it: the transfers that it began are carried through, as
they may have left already, and their outcomes belong in the log.
"""

from __future__ import annotations

import contextlib
import socket

import trio

from relay.base.ids import transfer_id_from_bytes
from relay.base.reasons import Reason
from relay.egress.pipeline import Egress, transfer
from relay.ipc.messages import Exchange, Exchanged, ProtocolViolation, decode_request, encode
from relay.net.channel import Packet, close_descriptors, receive_packet, send_when_there_is_room
from relay.net.parcel import Parcel

SOCKET = "egress/front.sock"
_DRAIN_MOST = 64


async def serve_front(egress: Egress, sock: socket.socket) -> None:
    """One front worker's connection, until it ends or breaks the protocol."""
    full = trio.Lock()  # one task at a time may wait until this front reads its answers
    room = trio.Semaphore(egress.limits.transfers_in_flight)  # a front that has no bound of its own waits here
    async with trio.open_nursery() as nursery:
        try:
            while True:
                await trio.lowlevel.wait_readable(sock)
                for _ in range(_DRAIN_MOST):
                    packet = receive_packet(sock)
                    if packet is None:
                        break
                    request, envelope = _open(egress, packet)
                    try:
                        room.acquire_nowait()  # no turn of the scheduler for each packet
                    except trio.WouldBlock:
                        await room.acquire()
                    nursery.start_soon(_answer, egress, sock, full, room, request, envelope)
        except EOFError:
            return
        except ProtocolViolation:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            egress.measure.violation()
            await egress.recorder.refused("", "", Reason.IPC_VIOLATION)


def _open(egress: Egress, packet: Packet) -> tuple[Exchange, Parcel]:
    try:
        request = decode_request(packet.data, SOCKET)
        if not isinstance(request, Exchange):
            raise ProtocolViolation("not an exchange")
        transfer_id_from_bytes(request.transfer)
    except (ProtocolViolation, ValueError) as error:
        close_descriptors(packet.descriptors)
        raise ProtocolViolation(str(error)) from error
    return request, Parcel.received(request.inline, packet.descriptors, egress.limits.envelope_bytes)


async def _answer(
    egress: Egress, sock: socket.socket, full: trio.Lock, room: trio.Semaphore, request: Exchange, envelope: Parcel
) -> None:
    egress.load.transfers += 1
    try:
        with envelope:
            result = await transfer(egress, request, envelope)
        with result.response as response:
            answer = encode(
                Exchanged(call=request.call, result=result.result, gate=result.gate, inline=response.inline)
            )
            with contextlib.suppress(EOFError):  # this front is gone; the outcome is in the log
                await send_when_there_is_room(sock, full, answer, response.descriptors)
    finally:
        egress.load.transfers -= 1
        room.release()
