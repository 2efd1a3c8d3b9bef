"""The open loop: requests at a fixed rate, whether or not earlier ones have been answered.

A latency counts from the instant at which the request was *meant* to be sent, so a system that stalls is charged for all
the requests that the stall delayed (no coordinated omission). Connections are opened before the first request; one that
must wait for a free connection waits on the clock of its own latency.
"""

from __future__ import annotations

import math
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

import h11
import trio

from bench.cores import BenchRefused
from bench.ports import LOOPBACK
from bench.systems import Origin
from bench.workloads import Workload

_CONNECTIONS = 32
_PATIENCE = 60  # seconds for all answers after the last request


@dataclass(frozen=True, slots=True)
class Open:
    latencies: tuple[float, ...]  # seconds, one for each request


def run(origin: Origin, workload: Workload, rate: float, seconds: float) -> Open:
    try:
        return trio.run(_run, origin, workload, rate, max(1, int(rate * seconds)))
    except* BenchRefused as group:
        failure: BaseException = group
        while isinstance(failure, BaseExceptionGroup):
            failure = failure.exceptions[0]
    raise failure


def percentile(latencies: Sequence[float], share: float) -> float:
    """Nearest rank: a value that was really seen."""
    ordered = sorted(latencies)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


async def _run(origin: Origin, workload: Workload, rate: float, count: int) -> Open:
    context = ssl.create_default_context(cafile=str(origin.anchor))
    latencies: list[float] = []
    put, take = trio.open_memory_channel[_Connection](_CONNECTIONS)
    for _ in range(_CONNECTIONS):
        put.send_nowait(await _Connection.open(origin, context, workload))

    async def one(due: float) -> None:
        connection = await take.receive()
        await connection.exchange()
        latencies.append(trio.current_time() - due)
        put.send_nowait(connection)

    begin = trio.current_time() + 0.05
    with trio.move_on_after(count / rate + _PATIENCE) as patience:
        async with trio.open_nursery() as nursery:
            for number in range(count):
                due = begin + number / rate
                await trio.sleep_until(due)
                nursery.start_soon(one, due)
    if patience.cancelled_caught:
        raise BenchRefused(
            f"{workload.name}: {count - len(latencies)} of {count} answers are missing after {_PATIENCE} s"
        )
    put.close()
    async for connection in take:
        await connection.close()
    return Open(tuple(latencies))


class _Connection:
    def __init__(self, stream: trio.SSLStream[trio.SocketStream], request: h11.Request, body: bytes) -> None:
        self._stream = stream
        self._http = h11.Connection(h11.CLIENT)
        self._request = request
        self._body = body

    @classmethod
    async def open(cls, origin: Origin, context: ssl.SSLContext, workload: Workload) -> _Connection:
        tcp = await trio.open_tcp_stream(LOOPBACK, origin.port)
        stream = trio.SSLStream(tcp, context, server_hostname=origin.host, https_compatible=True)
        await stream.do_handshake()
        headers = [("Host", f"{origin.host}:{origin.port}"), *workload.headers]
        if workload.body:
            headers.append(("Content-Length", str(len(workload.body))))
        return cls(stream, h11.Request(method=workload.method, target=workload.path, headers=headers), workload.body)

    async def exchange(self) -> None:
        http = self._http
        out = [http.send(self._request)]
        if self._body:
            out.append(http.send(h11.Data(self._body)))
        out.append(http.send(h11.EndOfMessage()))
        await self._stream.send_all(b"".join(part for part in out if part))
        while (event := http.next_event()) is not h11.PAUSED and not isinstance(event, h11.EndOfMessage):
            if event is h11.NEED_DATA:
                http.receive_data(bytes(await self._stream.receive_some(65536)))
            elif isinstance(event, h11.Response) and event.status_code != 200:
                raise BenchRefused(f"answered {event.status_code} in the open loop")
            elif isinstance(event, h11.ConnectionClosed):
                raise BenchRefused("a kept-alive connection was closed in the open loop")
        http.start_next_cycle()

    async def close(self) -> None:
        await self._stream.aclose()
