"""From the client's body to the body that goes on: parsed, judged field by field, and written anew.

Nothing of the client's encoding survives: what is sealed is what `relay.http`'s writers make of the accepted values. Each
carrier takes body bytes and gives bytes for the seal; once the judgement has denied something it gives no more, as the
whole will be refused. What was disarmed follows the rest of its form, when every file has its verdict. Pure.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Callable, Iterator
from typing import Protocol

from policy.pipeline import Judgement
from relay.base.limits import Limits
from relay.front.files import Begun, Files
from relay.http.body import BodyEvent, BodyParser, Document, Field, FileData, FileEnd, FileStart
from relay.http.connection import Head
from relay.http.json_body import encode_document
from relay.http.multipart import MultipartWriter
from relay.http.submission import open_body
from relay.http.urlencoded import UrlencodedWriter


class Carrier(Protocol):
    """`content_type`: of what goes on; None where there is no body."""

    content_type: bytes | None

    def feed(self, data: bytes) -> bytes: ...

    def disarmed(self) -> Iterator[bytes]:
        """After the last piece of the body: the files that were made anew, in pieces."""
        return iter(())

    def finish(self) -> bytes: ...


class NoBody(Carrier):
    """A request without a body stays without one. On an open route it keeps the type that it named."""

    def __init__(self, content_type: bytes | None = None) -> None:
        self.content_type = content_type

    def feed(self, data: bytes) -> bytes:  # the framing has refused content already; an empty piece may come
        return data

    def finish(self) -> bytes:
        return b""


class Raw(Carrier):
    """Open routes: the bytes of the content, without its framing, as they are."""

    def __init__(self, judgement: Judgement, content_type: bytes | None) -> None:
        self.content_type = content_type
        self._judgement = judgement

    def feed(self, data: bytes) -> bytes:
        return self._judgement.raw(data)

    def finish(self) -> bytes:
        return b""


class Urlencoded(Carrier):
    """application/x-www-form-urlencoded."""

    content_type: bytes | None = b"application/x-www-form-urlencoded"

    def __init__(self, parser: BodyParser, judgement: Judgement) -> None:
        self._parser = parser
        self._judgement = judgement
        self._writer = UrlencodedWriter()

    def feed(self, data: bytes) -> bytes:
        return self._carry(self._parser.feed(data))

    def finish(self) -> bytes:
        return self._carry(self._parser.finish())

    def _carry(self, events: list[BodyEvent]) -> bytes:
        out = []
        judge, write = self._judgement.field, self._writer.field
        for event in events:
            if isinstance(event, Field):
                name, value = event
                accepted = judge(name, value)
                if accepted is not None:
                    out.append(write(name, accepted))
        return b"".join(out)


class Multipart(Carrier):
    """multipart/form-data, under a boundary of our own; files stream through, but for those that are to be disarmed."""

    def __init__(self, parser: BodyParser, judgement: Judgement, files: Files) -> None:
        boundary = secrets.token_hex(16)
        self.content_type: bytes | None = b"multipart/form-data; boundary=" + boundary.encode("ascii")
        self._parser = parser
        self._judgement = judgement
        self._writer = MultipartWriter(boundary)
        self._in_file: Begun | None = None
        self._files = files

    def feed(self, data: bytes) -> bytes:
        return self._carry(self._parser.feed(data))

    def disarmed(self) -> Iterator[bytes]:
        if self._judgement.is_denied:
            return
        for begun, parcel, _ in self._files.made:
            yield self._writer.file_start(begun.attachment.name, begun.filename, begun.media_type)
            yield from map(self._writer.file_data, parcel.pieces())
            yield self._writer.file_end()

    def finish(self) -> bytes:
        last = self._carry(self._parser.finish())
        return b"" if self._judgement.is_denied else last + self._writer.end()

    def _carry(self, events: list[BodyEvent]) -> bytes:
        return b"".join([self._one(event) for event in events])

    def _one(self, event: BodyEvent) -> bytes:
        match event:
            case Field(name, value):
                accepted = self._judgement.field(name, value)
                return b"" if accepted is None else self._writer.field(name, accepted)
            case FileStart(name, filename, content_type):
                self._in_file = None
                if not self._judgement.file_start(name, filename, content_type):
                    return b""
                composed = unicodedata.normalize(
                    "NFC", filename
                )  # macOS sends kana in pieces; the scanner judges what goes on
                begun = self._in_file = Begun(self._judgement.attached.declared(name), composed, content_type)
                self._files.start(begun)
                return b"" if begun.is_disarmed else self._writer.file_start(name, composed, content_type)
            case FileData(data):
                if self._in_file is None:
                    return b""
                taken = self._judgement.file_data(data)
                self._files.data(taken)
                return self._writer.file_data(taken) if taken and not self._in_file.is_disarmed else b""
            case FileEnd():
                if self._in_file is None:
                    return b""
                self._files.end()
                self._judgement.file_end()
                return b"" if self._in_file.is_disarmed else self._writer.file_end()
            case _:
                return b""


class Json(Carrier):
    """application/json: held whole under `json_bytes`, judged as one document."""

    content_type: bytes | None = b"application/json"

    def __init__(self, parser: BodyParser, judgement: Judgement) -> None:
        self._parser = parser
        self._judgement = judgement

    def feed(self, data: bytes) -> bytes:
        self._parser.feed(data)
        return b""

    def finish(self) -> bytes:
        out = []
        for event in self._parser.finish():
            if isinstance(event, Document) and (value := self._judgement.document(event.value)) is not None:
                out.append(encode_document(value))
        return b"".join(out)


def carrier(head: Head, kind: str | None, judgement: Judgement, limits: Limits, files: Files) -> Carrier:
    """The carrier for the body of `head` on the judgement's route."""
    if kind is None:
        return NoBody(head.header(b"content-type") if judgement.route.open else None)
    if judgement.route.open:
        return Raw(judgement, head.header(b"content-type"))
    parser = open_body(head, limits, judgement.route.charsets)[1]
    return Multipart(parser, judgement, files) if kind == "multipart" else _FORMS[kind](parser, judgement)


_FORMS: dict[str, Callable[[BodyParser, Judgement], Carrier]] = {
    "urlencoded": Urlencoded,
    "json": Json,
}
