"""A citizen's client for the demo: one TLS connection for each request, real bytes, the answer read to its end."""

from __future__ import annotations

import contextlib
import json
import re
import ssl
from dataclasses import dataclass
from pathlib import Path

import h11
import trio

_RECEIVE_BYTES = 64 * 1024
_PATIENCE_S = 20.0
_PARAGRAPH = re.compile(r"<p>([^<]+)</p>")


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. `status` is 0 when the connection ended without an answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def transfer(self) -> str:
        return self.headers.get("sekisho-transfer", "")

    @property
    def words(self) -> list[str]:
        """What a person reads: the title of a problem document, or the paragraphs of a page."""
        document = self.document()
        if document:
            return [str(document[key]) for key in ("title", "title_en") if key in document]
        return _PARAGRAPH.findall(self.body.decode("utf-8", "replace"))[:2]

    def document(self) -> dict[str, object]:
        """The body as a JSON object; empty where it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class Citizen:
    """Talks to one front. `host` is the name in certificate, SNI and Host."""

    def __init__(self, host: str, port: int, ca_file: Path) -> None:
        self._host, self._port = host, port
        self._tls = ssl.create_default_context(cafile=str(ca_file))

    async def ask(self, method: str, path: str, body: bytes | None = None, content_type: str | None = None) -> Reply:
        """One well-formed request, asking for JSON answers."""
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {self._host}:{self._port}",
            "Accept: application/json",
            "Connection: close",
        ]
        if body is not None:
            lines += [f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
        return await self.send("\r\n".join([*lines, "", ""]).encode() + (body or b""))

    async def send(self, request: bytes) -> Reply:
        """Any bytes at all."""
        with trio.fail_after(_PATIENCE_S):
            tcp = await trio.open_tcp_stream(self._host, self._port)
            async with trio.SSLStream(tcp, self._tls, server_hostname=self._host, https_compatible=True) as stream:
                with contextlib.suppress(
                    trio.BrokenResourceError
                ):  # an early refusal: the answer may be there all the same
                    await stream.send_all(request)
                return await _read(stream, request.startswith(b"HEAD "))

    @property
    def authority(self) -> str:
        return f"{self._host}:{self._port}"


async def _read(stream: trio.SSLStream[trio.SocketStream], is_head: bool) -> Reply:
    http = h11.Connection(h11.CLIENT)
    http.send(h11.Request(method="HEAD" if is_head else "GET", target="/", headers=[("host", "-")]))
    http.send(h11.EndOfMessage())
    status, headers, body = 0, {}, bytearray()
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            try:
                http.receive_data(bytes(await stream.receive_some(_RECEIVE_BYTES)))
            except trio.BrokenResourceError:
                return Reply(0, {}, b"")
        elif isinstance(event, h11.Response):
            status = event.status_code
            headers = {name.decode("ascii"): value.decode("latin-1") for name, value in event.headers}
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            return Reply(status, headers, bytes(body))
        else:
            return Reply(0, {}, b"")
