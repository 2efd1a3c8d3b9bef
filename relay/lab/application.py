"""The sample municipal application of the lab: answers status queries and accepts forms, over plain HTTP on loopback.

It stands for what a municipality already has, so it knows nothing of Sekisho: it is an ordinary HTTP/1.1 server. It keeps what
it received in memory and shows only names and counts, except to the demo, which asks for its last submission by `/lab/last`
(no route of the front leads there).
"""

from __future__ import annotations

import argparse
import json
import sys
from email import message_from_bytes
from email.policy import HTTP
from functools import partial
from urllib.parse import parse_qsl, urlsplit

import h11
import trio

from relay.ops.lifecycle import Notifier, run_until_signal
from relay.ops.logs import Log

_RECEIVE_BYTES = 64 * 1024
_KEPT_BYTES = 1024 * 1024  # of one body; what exceeds it is counted and dropped
_RECEIVED_MEMORY = 100


class MunicipalApplication:
    """What has been received, newest last."""

    def __init__(self) -> None:
        self.received: list[dict[str, object]] = []

    async def serve(self, stream: trio.SocketStream) -> None:
        """One connection."""
        http = h11.Connection(h11.SERVER)
        async with stream:
            try:
                while await self._one(stream, http):
                    http.start_next_cycle()
            except (h11.ProtocolError, trio.BrokenResourceError):
                return

    async def _one(self, stream: trio.SocketStream, http: h11.Connection) -> bool:
        request: h11.Request | None = None
        body, size = bytearray(), 0
        while True:
            event = http.next_event()
            if event is h11.NEED_DATA:
                http.receive_data(bytes(await stream.receive_some(_RECEIVE_BYTES)))
            elif isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.Data):
                size += len(event.data)
                if len(body) < _KEPT_BYTES:
                    body += event.data
            elif isinstance(event, h11.EndOfMessage) and request is not None:
                break
            else:
                return False
        status, answer = self.answer(request, bytes(body), size)
        headers = [
            ("content-type", "application/json; charset=utf-8"),
            ("content-length", str(len(answer))),
            ("server", "municipal"),
        ]
        out = http.send(h11.Response(status_code=status, headers=headers)) or b""
        if request.method != b"HEAD":
            out += http.send(h11.Data(data=answer)) or b""
        await stream.send_all(out + (http.send(h11.EndOfMessage()) or b""))
        return http.our_state is h11.DONE and http.their_state is h11.DONE

    def answer(self, request: h11.Request, body: bytes, size: int) -> tuple[int, bytes]:
        """Status and JSON text for one request."""
        path = urlsplit(request.target.decode("ascii", "replace")).path
        headers = dict(request.headers)
        transfer = headers.get(b"sekisho-transfer", b"").decode("ascii")
        if path == "/lab/last":
            return 200, _json(self.received[-1] if self.received else {})
        if request.method in (b"GET", b"HEAD"):
            if path.startswith(("/status/", "/procurement/status/")):
                return 200, _json({"到達番号": path.rpartition("/")[2], "状況": "審査中", "transfer": transfer})
            if path == "/health":
                return 200, _json({"ok": True})
            return (200 if path == "/" else 404), _json({"path": "known" if path == "/" else "unknown"})
        fields = form_fields(headers.get(b"content-type", b""), body)
        self.received.append({"path": path, "transfer": transfer, "bytes": size, "fields": fields})
        del self.received[:-_RECEIVED_MEMORY]
        return 200, _json({"結果": "受け付けました", "項目数": len(fields), "bytes": size, "transfer": transfer})


def form_fields(content_type: bytes, body: bytes) -> dict[str, str]:
    """The fields of a form in any of the three encodings; none for anything else."""
    kind = content_type.partition(b";")[0].strip()
    if kind == b"application/x-www-form-urlencoded":
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    if kind == b"application/json":
        try:
            document = json.loads(body)
        except ValueError:
            return {}
        return {name: str(value) for name, value in document.items()} if isinstance(document, dict) else {}
    if kind == b"multipart/form-data":
        message = message_from_bytes(b"Content-Type: " + content_type + b"\r\n\r\n" + body, policy=HTTP)
        parts = [part for part in message.walk() if not part.is_multipart()]
        return {
            str(part.get_param("name", "", "content-disposition")): bytes(part.get_payload(decode=True) or b"").decode(
                "utf-8", "replace"
            )
            for part in parts
        }
    return {}


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="relay.lab.application")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args(argv)
    application = MunicipalApplication()

    async def serve(drain: trio.Event, *, task_status: trio.TaskStatus[None]) -> None:
        async with trio.open_nursery() as nursery:
            await nursery.start(partial(trio.serve_tcp, application.serve, options.port, host="127.0.0.1"))
            task_status.started()
            await drain.wait()
            nursery.cancel_scope.cancel()

    async def until_signal() -> None:
        await run_until_signal(serve, notifier=Notifier(), log=Log("application"), drain_timeout_ms=1000)

    trio.run(until_signal)
    return 0


if __name__ == "__main__":
    sys.exit(main())
