"""Clients of a small service (status, management), each served once, with a bound on how many at a time."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Awaitable, Callable
from typing import Final

import trio

_PAUSE_S: Final = 0.1  # by then somebody will have closed a descriptor


async def serve_clients(
    listener: socket.socket,
    serve: Callable[[trio.socket.SocketType], Awaitable[None]],
    *,
    most: int,
    task_status: trio.TaskStatus[None],
) -> None:
    """Until cancelled. `listener` is bound, listens and does not block; who comes beyond `most` waits in its backlog.

    `serve` need not close the client, and may fail with OSError when it is gone.
    """
    accepting = trio.socket.from_stdlib_socket(listener)
    places = trio.Semaphore(most)

    async def one(client: trio.socket.SocketType) -> None:
        try:
            with client, contextlib.suppress(OSError):
                await serve(client)
        finally:
            places.release()

    async with trio.open_nursery() as nursery:
        task_status.started()
        while True:
            await places.acquire()
            try:
                client, _ = await accepting.accept()
            except OSError:  # out of descriptors, or the peer is gone already: the next one may fare better
                places.release()
                await trio.sleep(_PAUSE_S)
                continue
            nursery.start_soon(one, client)
