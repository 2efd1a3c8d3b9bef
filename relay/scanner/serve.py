"""The scanner's socket for the fronts: a connection is one file, its pieces, and one answer (docs/spec/ipc.md section 7)."""

from __future__ import annotations

import socket
from collections.abc import AsyncGenerator
from contextlib import aclosing

import trio

from relay.ipc.messages import ProtocolViolation, Request, ScanEnd, ScanFile, ScanPiece, decode_request, encode
from relay.net.channel import close_descriptors, receive_packet, send_when_there_is_room
from relay.ops.logs import Log
from relay.scanner.pipeline import Scanner, scan

SOCKET = "scanner/front.sock"


async def serve_front(scanner: Scanner, log: Log, sock: socket.socket) -> None:
    """One file. A front that goes away or breaks the protocol gets no verdict, and without one nothing crosses."""
    measure = scanner.measure
    measure.files.inc()
    try:
        begun = await _next(sock)
        if not isinstance(begun, ScanFile):
            raise ProtocolViolation("pieces of no file")
        async with aclosing(_pieces(sock, begun.call)) as pieces:
            answer = await scan(scanner, begun, pieces)
        with answer:
            said = answer.said
            measure.scanned(said)
            if said.verdict == "infected":
                log.warning("file_infected", signature=said.signature)
            await send_when_there_is_room(sock, trio.Lock(), encode(said), answer.descriptors)
    except EOFError:
        return
    except ProtocolViolation:
        measure.violation()
        log.warning("protocol_violated")
    finally:
        measure.files.dec()


async def _pieces(sock: socket.socket, call: int) -> AsyncGenerator[bytes, None]:
    """Until the end that the front declares, which must be the end."""
    size = 0
    while True:
        request = await _next(sock)
        if request.call != call:
            raise ProtocolViolation("two files on one connection")
        if isinstance(request, ScanPiece):
            size += len(request.data)
            yield request.data
        elif isinstance(request, ScanEnd) and request.size == size:
            return
        else:
            raise ProtocolViolation("an end where the file does not end")


async def _next(sock: socket.socket) -> Request:
    """Raises EOFError, ProtocolViolation."""
    while True:
        packet = receive_packet(sock)
        if packet is None:
            await trio.lowlevel.wait_readable(sock)
            continue
        if packet.descriptors:
            close_descriptors(packet.descriptors)
            raise ProtocolViolation("a descriptor that nobody asked for")
        return decode_request(packet.data, SOCKET)
