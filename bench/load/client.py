"""A small HTTPS client on trio, for load that wrk cannot make: fixed rates, bodies in pieces, idle connections."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import h11
import trio

from bench.cores import BenchRefused
from bench.ports import LOOPBACK
from bench.systems import Origin

_T = TypeVar("_T")
_RECEIVE_BYTES = 64 * 1024
Headers = Sequence[tuple[str, str]]


class Client:
    """One connection. `exchange` is a whole request and its answer; `head`, `piece` and `answer` are its parts."""

    def __init__(self, stream: trio.SSLStream[trio.SocketStream], origin: Origin) -> None:
        self._stream = stream
        self._http = h11.Connection(h11.CLIENT)
        self._host = f"{origin.host}:{origin.port}"

    @classmethod
    async def open(cls, origin: Origin, context: ssl.SSLContext) -> Client:
        tcp = await trio.open_tcp_stream(LOOPBACK, origin.port)
        stream = trio.SSLStream(tcp, context, server_hostname=origin.host, https_compatible=True)
        await stream.do_handshake()
        return cls(stream, origin)

    async def exchange(self, method: str, path: str, headers: Headers, body: bytes) -> int:
        """Head and body in one write; the status of the answer."""
        if body:
            headers = [*headers, ("Content-Length", str(len(body)))]
        out = self._http.send(self._request(method, path, headers)) or b""
        if body:
            out += self._http.send(h11.Data(body)) or b""
        await self._stream.send_all(out)
        status = await self.answer()
        self._http.start_next_cycle()
        return status

    async def head(self, method: str, path: str, headers: Headers) -> None:
        await self._stream.send_all(self._http.send(self._request(method, path, headers)) or b"")

    async def piece(self, data: bytes) -> None:
        await self._stream.send_all(self._http.send(h11.Data(data)) or b"")

    async def answer(self) -> int:
        self._http.send(h11.EndOfMessage())
        status = 0
        try:
            while not isinstance(event := self._http.next_event(), h11.EndOfMessage):
                if event is h11.NEED_DATA:
                    self._http.receive_data(bytes(await self._stream.receive_some(_RECEIVE_BYTES)))
                elif isinstance(event, h11.Response):
                    status = event.status_code
        except (h11.RemoteProtocolError, trio.BrokenResourceError) as error:
            raise BenchRefused(f"no whole answer: {error!r}") from error
        return status

    async def close(self) -> None:
        await trio.aclose_forcefully(self._stream)

    def _request(self, method: str, path: str, headers: Headers) -> h11.Request:
        return h11.Request(method=method, target=path, headers=[("Host", self._host), *headers])


def trust(origin: Origin) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(origin.anchor))


def in_trio(function: Callable[..., Awaitable[_T]], *arguments: object) -> _T:
    """`trio.run`, with the first failure of many tasks as the one reason."""
    try:
        return trio.run(function, *arguments)
    except BaseExceptionGroup as group:
        failure: BaseException = group
        while isinstance(failure, BaseExceptionGroup):
            failure = failure.exceptions[0]
        if isinstance(failure, Exception) and not isinstance(failure, BenchRefused):
            raise BenchRefused(f"the load failed: {failure!r}") from group
        raise failure from group


async def patiently(seconds: float, tasks: Sequence[Callable[[], Awaitable[None]]]) -> None:
    """All of them at once, or BenchRefused when that takes longer."""
    with trio.move_on_after(seconds) as patience:
        async with trio.open_nursery() as nursery:
            for task in tasks:
                nursery.start_soon(task)
    if patience.cancelled_caught:
        raise BenchRefused(f"not finished after {seconds} s")
