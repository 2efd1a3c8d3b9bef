"""An application for large bodies: it reads everything and keeps nothing."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

import h11
import trio

from bench.cores import BenchRefused
from bench.ports import LOOPBACK

_RECEIVE_BYTES = 256 * 1024
_PAGE = b"drained\n"
_HEAD = h11.Response(status_code=200, headers=[("Content-Type", "text/plain"), ("Content-Length", str(len(_PAGE)))])


class Drain:
    """An application that reads every body to its end, keeps nothing of it, and answers 200. In a thread of its own."""

    def __init__(self) -> None:
        self.bytes_read = 0
        self._port = 0
        self._ready = threading.Event()
        self._scope = trio.CancelScope()
        self._token: trio.lowlevel.TrioToken | None = None
        self._thread = threading.Thread(target=trio.run, args=(self._serve,), name="drain", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(10):
            raise BenchRefused("the drain did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            self._token.run_sync_soon(self._scope.cancel)
        self._thread.join(10)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._port}"

    async def _serve(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        listeners = await trio.open_tcp_listeners(0, host=LOOPBACK)
        self._port = listeners[0].socket.getsockname()[1]
        self._ready.set()
        with self._scope:
            await trio.serve_listeners(self._answer, listeners)

    async def _answer(self, stream: trio.SocketStream) -> None:
        http = h11.Connection(h11.SERVER)
        try:
            while True:
                event = http.next_event()
                if event is h11.NEED_DATA:
                    http.receive_data(bytes(await stream.receive_some(_RECEIVE_BYTES)))
                elif isinstance(event, h11.Data):
                    self.bytes_read += len(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    out = [http.send(_HEAD), http.send(h11.Data(_PAGE)), http.send(h11.EndOfMessage())]
                    await stream.send_all(b"".join(part for part in out if part))
                elif event is h11.PAUSED:
                    http.start_next_cycle()
                elif not isinstance(event, h11.Request):
                    return
        except (h11.RemoteProtocolError, h11.LocalProtocolError, trio.BrokenResourceError):
            return
        finally:
            await trio.aclose_forcefully(stream)
