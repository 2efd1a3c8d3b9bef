"""The way to the municipal application: one well-formed HTTP/1.1 request, one whole response, over connections kept open.

h11 writes the request from the decoded envelope; its length is known, so it is never chunked. A connection is used again only
while nothing has arrived on it unasked, not even its end.

A request is sent once (P5). When the connection ends without an answer nobody here can know whether the application has
acted on it, so it is not sent again, on whatever connection: the citizen is told that it may have arrived.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import h11
import trio

from relay.base.errors import Refused
from relay.base.limits import Limits
from relay.base.reasons import Reason
from relay.envelope.bhttp_grammar import CONNECTION_FIELDS, RequestHead
from relay.gate.response_head import ResponseHeadGuard
from relay.net.parcel import Parcel

RECEIVE_BYTES = 64 * 1024
_IDLE_MOST = 32  # connections kept open


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: list[tuple[bytes, bytes]]


class Application:
    """The application of one tenant, at an http: or https: URL."""

    def __init__(self, url: str, limits: Limits) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._port = parts.port or (443 if self._tls else 80)
        self._limits = limits
        self._idle: list[trio.abc.Stream] = []

    @property
    def endpoint(self) -> tuple[str, int]:
        return self._host, self._port

    async def send(self, head: RequestHead, content: Parcel, take: Callable[[bytes], None]) -> Response:
        """Forward a request; the response's content goes to `take`. Raises Refused(APPLICATION_*, RESPONSE_TOO_LARGE)."""
        try:
            with trio.fail_after(self._limits.application_timeout_ms / 1000):
                return await self._exchange(await self._stream(), head, content, take)
        except trio.TooSlowError as error:
            raise Refused(Reason.APPLICATION_TIMEOUT) from error

    async def _stream(self) -> trio.abc.Stream:
        while self._idle:
            stream = self._idle.pop()
            if _is_quiet(stream):
                return stream
            await stream.aclose()
        try:
            with trio.fail_after(self._limits.connect_timeout_ms / 1000):
                return await self._connect()
        except (OSError, trio.BrokenResourceError, trio.TooSlowError, ssl.SSLError) as error:
            raise Refused(Reason.APPLICATION_UNAVAILABLE, str(error)) from error

    async def _connect(self) -> trio.abc.Stream:
        tcp = await trio.open_tcp_stream(self._host, self._port)
        if self._tls is None:
            return tcp
        tls = trio.SSLStream(tcp, self._tls, server_hostname=self._host, https_compatible=True)
        try:
            await tls.do_handshake()
        except BaseException:
            await trio.aclose_forcefully(tcp)
            raise
        return tls

    async def _exchange(
        self, stream: trio.abc.Stream, head: RequestHead, content: Parcel, take: Callable[[bytes], None]
    ) -> Response:
        http = h11.Connection(h11.CLIENT, max_incomplete_event_size=self._limits.response_header_bytes)
        finished = False
        try:
            await self._request(stream, http, head, content)
            response = await self._response(stream, http, take)
            if http.trailing_data[0]:
                # its length was a lie, or it speaks out of turn: what was read may be a part only
                raise Refused(Reason.APPLICATION_INVALID, "bytes after the end of the response")
            finished = http.our_state is h11.DONE and http.their_state is h11.DONE
            return response
        except h11.RemoteProtocolError as error:
            raise Refused(Reason.APPLICATION_INVALID, str(error)) from error
        finally:
            if finished and len(self._idle) < _IDLE_MOST:
                self._idle.append(stream)
            else:
                with trio.CancelScope(shield=True), trio.move_on_after(1):
                    await stream.aclose()

    async def _request(self, stream: trio.abc.Stream, http: h11.Connection, head: RequestHead, content: Parcel) -> None:
        headers = [(b"host", head.authority), *head.headers]
        if content.size or head.method in (b"POST", b"PUT", b"PATCH"):
            headers.append((b"content-length", b"%d" % content.size))
        out = http.send(h11.Request(method=head.method, target=head.path, headers=headers)) or b""
        try:
            for piece in content.pieces():
                out += http.send(h11.Data(data=piece)) or b""
                if len(out) >= RECEIVE_BYTES:
                    await stream.send_all(out)
                    out = b""
            out += http.send(h11.EndOfMessage()) or b""
            await stream.send_all(out)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return  # the answer may be there already: an application may refuse before it has read everything

    async def _response(self, stream: trio.abc.Stream, http: h11.Connection, take: Callable[[bytes], None]) -> Response:
        response: Response | None = None
        taken = 0
        guard = ResponseHeadGuard()
        while True:
            event = http.next_event()
            if event is h11.NEED_DATA:
                try:
                    data = await stream.receive_some(RECEIVE_BYTES)
                except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
                    raise Refused(Reason.APPLICATION_INVALID, "closed before the end of the response") from error
                guard.feed(bytes(data))
                http.receive_data(bytes(data))
            elif isinstance(event, h11.Response):
                response = _checked(event)
            elif isinstance(event, h11.Data):
                taken += len(event.data)
                if taken > self._limits.response_bytes:
                    raise Refused(Reason.RESPONSE_TOO_LARGE)
                take(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage) and response is not None:
                return response
            elif event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
                raise Refused(Reason.APPLICATION_INVALID, "no whole response")


def _checked(event: h11.Response) -> Response:
    names = {name for name, _ in event.headers}
    if b"transfer-encoding" in names and b"content-length" in names:  # RFC 9112 section 6.3: two lengths, one attack
        raise Refused(Reason.APPLICATION_INVALID, "both transfer-encoding and content-length")
    return Response(
        event.status_code, [(name, value) for name, value in event.headers if name not in CONNECTION_FIELDS]
    )


def _is_quiet(stream: trio.abc.Stream) -> bool:
    """Whether an idle connection still holds: one that is readable was closed, or speaks out of turn."""
    inner = stream.transport_stream if isinstance(stream, trio.SSLStream) else stream
    try:
        sock = inner.socket if isinstance(inner, trio.SocketStream) else None
        return sock is not None and not _readable(sock.fileno())
    except OSError:
        return False


def _readable(descriptor: int) -> bool:
    sock = socket.socket(fileno=descriptor)
    try:
        sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        sock.detach()
    return True
