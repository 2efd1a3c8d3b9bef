"""The open loop: requests at a fixed rate, whether or not earlier ones have been answered.

A latency counts from the instant at which the request was *meant* to be sent, so a system that stalls is charged for all
the requests that the stall delayed (no coordinated omission). Connections are opened before the first request; one that
must wait for a free connection waits on the clock of its own latency.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import trio

from bench.cores import BenchRefused
from bench.load.client import Client, in_trio, trust
from bench.systems import Origin
from bench.workloads import Workload

_CONNECTIONS = 32
_PATIENCE = 60  # seconds for all answers after the last request


@dataclass(frozen=True, slots=True)
class Open:
    latencies: tuple[float, ...]  # seconds, one for each request


def run(origin: Origin, workload: Workload, rate: float, seconds: float) -> Open:
    return in_trio(_run, origin, workload, rate, max(1, int(rate * seconds)))


def percentile(latencies: Sequence[float], share: float) -> float:
    """Nearest rank: a value that was really seen."""
    ordered = sorted(latencies)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


async def _run(origin: Origin, workload: Workload, rate: float, count: int) -> Open:
    context = trust(origin)
    latencies: list[float] = []
    put, take = trio.open_memory_channel[Client](_CONNECTIONS)
    for _ in range(_CONNECTIONS):
        put.send_nowait(await Client.open(origin, context))

    async def one(due: float) -> None:
        client = await take.receive()
        status = await client.exchange(workload.method, workload.path, workload.headers, workload.body)
        latencies.append(trio.current_time() - due)
        if status != 200:
            raise BenchRefused(f"answered {status} in the open loop")
        put.send_nowait(client)

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
    async for client in take:
        await client.close()
    return Open(tuple(latencies))
