"""The management address: `GET /metrics`, `/healthz`, `/readyz` over plain HTTP/1.1, for Prometheus and a load balancer.

Rules
1. Only GET and HEAD, only these three paths, no request body; each connection carries one request and is closed.
2. A connection that does not bring its request head within `HEAD_TIMEOUT_S`, or does not take its answer within `ANSWER_TIMEOUT_S`, is
   closed. More than `CONNECTIONS` at once wait in the backlog.
3. `/healthz` is 200 while this process answers. `/readyz` is 200 only while every dependency works, else 503; its JSON body says for
   each which and why.

The address must be reachable from the management network only: there is no TLS and no login here (docs/limitations.md).
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import h11
import msgspec
import trio

from relay.ops import exposition
from relay.ops.clients import serve_clients
from relay.ops.gathered import Gathered, ProcessName
from relay.ops.status import Health, Status

CONNECTIONS = 16  # two Prometheus servers, a balancer, an operator; each asks every few seconds
HEAD_BYTES = 8 * 1024  # of a head whose end has not come; nginx's client_header_buffer_size is 1 KiB
HEAD_TIMEOUT_S = 5.0  # on one network; Prometheus gives up after 10 s
ANSWER_TIMEOUT_S = 10.0  # Prometheus scrape_timeout
_RECEIVE_BYTES = 4096
_JSON: Final = b"application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    content_type: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Source:
    """Where the answers come from. `metrics_type` is the content type of the text."""

    metrics: Callable[[], Awaitable[bytes]]
    metrics_type: bytes
    readiness: Callable[[], Awaitable[dict[str, Health]]]


def source_of_one(current: Callable[[], Status]) -> Source:
    """For a role that serves its own address, as the gate does: it is alone on its host."""
    gathered = Gathered([])

    def take() -> None:
        status = current()
        gathered.take(ProcessName(status.role), status)

    async def metrics() -> bytes:
        take()
        return exposition.render(gathered)

    async def readiness() -> dict[str, Health]:
        take()
        return gathered.dependencies()

    return Source(metrics, exposition.CONTENT_TYPE, readiness)


async def serve_management(
    listener: socket.socket, source: Source, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    """Serve until cancelled. `listener` is bound, listens and does not block."""

    async def serve(client: trio.socket.SocketType) -> None:
        await _serve_one(client, source)

    await serve_clients(listener, serve, most=CONNECTIONS, task_status=task_status)


async def _serve_one(client: trio.socket.SocketType, source: Source) -> None:
    request: h11.Request | Answer | None = None
    with trio.move_on_after(HEAD_TIMEOUT_S):
        request = await _read_request(client)
    if request is None:
        return
    with trio.move_on_after(ANSWER_TIMEOUT_S):
        if isinstance(request, Answer):
            await _send(client, request, with_body=True)
        else:
            await _send(client, await _answer(request, source), with_body=request.method != b"HEAD")
        await _end(client)


async def _read_request(client: trio.socket.SocketType) -> h11.Request | Answer | None:
    """The request; or the answer to what is none; or None when the peer went away."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_BYTES)
    while True:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError as exc:
            return _text(exc.error_status_hint, "bad request")
        if isinstance(event, h11.Request):
            body = any(name in (b"content-length", b"transfer-encoding") for name, _ in event.headers)
            return _text(400, "no body is taken here") if body else event
        if event is not h11.NEED_DATA:
            return None
        received = await client.recv(_RECEIVE_BYTES)
        if not received:
            return None
        connection.receive_data(received)


async def _answer(request: h11.Request, source: Source) -> Answer:
    if request.method not in (b"GET", b"HEAD"):
        return _text(405, "only GET and HEAD")
    path = request.target.split(b"?", 1)[0]
    if path == b"/metrics":
        return Answer(200, source.metrics_type, await source.metrics())
    if path == b"/healthz":
        return Answer(200, _JSON, b'{"alive":true}\n')
    if path == b"/readyz":
        dependencies = await source.readiness()
        ready = bool(dependencies) and all(health.ok for health in dependencies.values())
        body = msgspec.json.encode({"ready": ready, "dependencies": dependencies}) + b"\n"
        return Answer(200 if ready else 503, _JSON, body)
    return _text(404, "/metrics, /healthz and /readyz are here")


async def _send(client: trio.socket.SocketType, answer: Answer, *, with_body: bool) -> None:
    headers = [
        (b"content-type", answer.content_type),
        (b"content-length", b"%d" % len(answer.body)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"connection", b"close"),
    ]
    if answer.status == 405:
        headers.append((b"allow", b"GET, HEAD"))
    head = b"HTTP/1.1 %d %s\r\n" % (answer.status, HTTPStatus(answer.status).phrase.encode("ascii"))
    head += b"".join(b"%s: %s\r\n" % header for header in headers) + b"\r\n"
    rest = memoryview(head + answer.body if with_body else head)
    while rest:
        rest = rest[await client.send(rest) :]


async def _end(client: trio.socket.SocketType) -> None:
    """Close so that the peer sees the whole answer: unread bytes at close would reset the connection."""
    client.shutdown(socket.SHUT_WR)
    for _ in range(HEAD_BYTES // _RECEIVE_BYTES):
        if not await client.recv(_RECEIVE_BYTES):
            return


def _text(status: int, words: str) -> Answer:
    return Answer(status, b"text/plain; charset=utf-8", words.encode() + b"\n")
