"""ICAP (RFC 3507), the client's side, without the socket: one file is shown to a scanner as it comes, and its answer read.

Rules:
1. That nothing was found is said by `204` to a request that allowed it, when the whole file was sent; or, by a service that
   has no 204, by `200` with exactly the bytes that were sent. By neither, if the answer names an infection or a violation.
2. A file that the service gives back changed was not clean for it: it is refused, and nothing of what came back is kept.
3. Everything has a bound. Whatever is not written as the RFC has it is an error: a bare LF, a length that is no number, a
   part that the Encapsulated header does not name, bytes behind the end.
4. The file goes as the body of a message of ours, so that no name and no field of the citizen reaches the scanner.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final

from content.icap_answer import Answer, AnswerReader, Digest, Malformed
from content.verdicts import Scanned, Verdict, signature_of

PREVIEW_BYTES_MAX: Final = 64 * 2**10  # bytes; more than any vendor asks for (c-icap: 1 KiB, others up to 30,000)

_THREAT: Final = re.compile(rb"(?:^|;)[ \t]*Threat=([^;]*)", re.IGNORECASE)
# What scanners say beside their answer: draft-stecher-icap-subid and vendors' manuals
_FOUND_FIELDS: Final = (
    b"x-infection-found",
    b"x-violations-found",
    b"x-virus-id",
    b"x-virus-name",
    b"x-blocked",
    b"x-block-reason",
)
_HOST: Final = re.compile(r"(?:[A-Za-z0-9.-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_PATH: Final = re.compile(r"[A-Za-z0-9._~/?=&-]{1,255}")


class Method(StrEnum):
    REQMOD = "REQMOD"
    RESPMOD = "RESPMOD"
    OPTIONS = "OPTIONS"


class Ask(Enum):
    """What the exchange waits for."""

    FILE = "pieces of the file, or its end"
    PREVIEWED = "the answer to the preview"
    ANSWER = "the answer"
    NOTHING = "nothing: it is over"


@dataclass(frozen=True, slots=True)
class Service:
    """Where a service is: `icap://host/path`."""

    host: str
    path: str

    def __post_init__(self) -> None:
        if not _HOST.fullmatch(self.host) or not _PATH.fullmatch(self.path):
            raise ValueError("not the host and path of an ICAP service")

    @property
    def uri(self) -> str:
        return f"icap://{self.host}/{self.path}"


@dataclass(frozen=True, slots=True)
class Options:
    """What a service says of itself (RFC 3507 section 4.10). `preview`: bytes, or None for none."""

    methods: frozenset[str]
    preview: int | None
    allows_204: bool
    istag: str
    connections: int | None


def options_request(service: Service) -> bytes:
    return f"OPTIONS {service.uri} ICAP/1.0\r\nHost: {service.host}\r\nEncapsulated: null-body=0\r\n\r\n".encode()


def read_options(data: bytes) -> Options:
    """Of a whole answer to OPTIONS. Raises Malformed for anything but a 200 that names its methods and its ISTag."""
    reader = AnswerReader()
    reader.feed(data)
    return options_of(reader)


def options_of(reader: AnswerReader) -> Options:
    """As `read_options`, of an answer that came in pieces."""
    if reader.answer is None or not reader.done or reader.answer.status != 200:
        raise Malformed("no whole answer to OPTIONS")
    fields = reader.answer.fields
    methods = frozenset([word.strip().decode("latin-1") for word in fields.get(b"methods", b"").split(b",")])
    if not methods or not methods <= {Method.REQMOD, Method.RESPMOD}:
        raise Malformed("OPTIONS without methods that RFC 3507 has")
    allows = [word.strip() for word in fields.get(b"allow", b"").split(b",")]
    return Options(
        methods=methods,
        preview=_number(fields.get(b"preview"), PREVIEW_BYTES_MAX),
        allows_204=b"204" in allows,
        istag=_istag(fields),
        connections=_number(fields.get(b"max-connections"), 2**31),
    )


def _number(raw: bytes | None, most: int) -> int | None:
    if raw is None:
        return None
    if not re.fullmatch(rb"[0-9]{1,10}", raw) or int(raw) > most:
        raise Malformed("a number that is none, or beyond its bound")
    return int(raw)


def _istag(fields: Mapping[bytes, bytes]) -> str:
    """RFC 3507 section 4.7: which version of the service answered; up to 32 bytes, quoted (some servers do not quote it)."""
    match = re.fullmatch(rb'"?([!#-~]{1,32})"?', fields.get(b"istag", b""))
    if match is None:
        raise Malformed("no ISTag")
    return match[1].decode("ascii")


class Exchange:
    """One file: `send` its pieces and `end` it, while that is what is asked for; `receive` what comes.

    Its size is known at its end only, so no message of ours names one.
    """

    def __init__(self, service: Service, method: Method, options: Options) -> None:
        if method not in options.methods:
            raise ValueError("the service does not have this method")
        self._service = service
        self._method = method
        self._options = options
        self._preview = options.preview  # None: there is none, or it was answered
        self._held = bytearray()  # of the preview, and of the piece in which it ended
        self._reader = AnswerReader()
        self._file = Digest()
        self._begun = False
        self._ended = False
        self._all_preview = False
        self.ask = Ask.FILE
        self.istag = ""

    def send(self, piece: bytes) -> bytes:
        """What is to be written for a piece of the file."""
        self._require_file()
        self._file.add(piece)
        if self._preview is None:
            return self._begin() + self._take_held() + _chunked(piece)
        self._held += piece
        if len(self._held) <= self._preview:
            return b""  # the file may end here, and then its end must be said with it
        first = bytes(self._held[: self._preview])
        del self._held[: self._preview]
        self.ask = Ask.PREVIEWED
        return self._begin(len(first)) + _chunked(first) + b"0\r\n\r\n"

    def end(self) -> bytes:
        """What is to be written for the end of the file."""
        self._require_file()
        self.ask = Ask.ANSWER
        self._ended = True
        if self._preview is None:
            return self._begin() + self._take_held() + b"0\r\n\r\n"
        self._all_preview = True
        return self._begin(len(self._held)) + self._take_held() + b"0; ieof\r\n\r\n"

    def _require_file(self) -> None:
        if self.ask is not Ask.FILE:
            raise ValueError("nobody asked for more of the file")

    def _take_held(self) -> bytes:
        held = bytes(self._held)
        self._held.clear()
        return _chunked(held)

    def _begin(self, preview: int | None = None) -> bytes:
        """The request's own head and the HTTP heads that it carries, once."""
        if self._begun:
            return b""
        self._begun = True
        http = self._http()
        head = [f"{self._method} {self._service.uri} ICAP/1.0", f"Host: {self._service.host}"]
        if self._options.allows_204:
            head.append("Allow: 204")
        if preview is not None:
            head.append(f"Preview: {preview}")
        places = []
        at = 0
        for name, part in http:
            places.append(f"{name}={at}")
            at += len(part)
        body = "req-body" if self._method is Method.REQMOD else "res-body"
        head.append(f"Encapsulated: {', '.join(places)}, {body}={at}")
        return "\r\n".join(head).encode() + b"\r\n\r\n" + b"".join([part for _, part in http])

    def _http(self) -> list[tuple[str, bytes]]:
        """RESPMOD carries the request too: services that judge by where a file came from give up without one."""
        where = f"http://{self._service.host}/file HTTP/1.1\r\nHost: {self._service.host}\r\n"
        about = "Content-Type: application/octet-stream\r\n\r\n"
        if self._method is Method.REQMOD:
            return [("req-hdr", f"PUT {where}{about}".encode())]
        return [("req-hdr", f"GET {where}\r\n".encode()), ("res-hdr", f"HTTP/1.1 200 OK\r\n{about}".encode())]

    def receive(self, data: bytes) -> None:
        """Raises Malformed, after which the exchange is an error for good."""
        if self.ask is Ask.NOTHING and data:
            raise Malformed("bytes behind the answer")
        self._reader.feed(data)
        answer = self._reader.answer
        if answer is None:
            return
        if answer.status == 100:
            if self.ask is not Ask.PREVIEWED:
                raise Malformed("100 where nobody waits for it")
            self._reader = AnswerReader()
            self._preview = None
            self.ask = Ask.FILE
        elif self._reader.done:
            self.ask = Ask.NOTHING
            self.istag = _istag(answer.fields) if b"istag" in answer.fields else ""

    def result(self) -> Scanned:
        """What the service says of the file; ERROR where it has not said it to its end."""
        answer = self._reader.answer
        if answer is None or self.ask is not Ask.NOTHING:
            return Scanned(Verdict.ERROR)
        for name in _FOUND_FIELDS:
            if name in answer.fields and answer.fields[name] != b"0":
                return Scanned(Verdict.INFECTED, _threat(answer.fields[name]))
        if answer.status == 204:
            return Scanned(self._unmodified())
        return Scanned(self._modified(answer) if answer.status == 200 else Verdict.ERROR)

    def _unmodified(self) -> Verdict:
        if not self._ended:  # section 4.5: the service is not interested in what is behind the preview
            return Verdict.UNSCANNABLE
        # section 4.6: it must have been allowed, unless the whole file was a preview
        return Verdict.CLEAN if self._options.allows_204 or self._all_preview else Verdict.ERROR

    def _modified(self, answer: Answer) -> Verdict:
        if self._method is Method.REQMOD and answer.http_status is not None:
            return Verdict.INFECTED  # section 4.8.2: an HTTP response instead of the request refuses it
        if answer.http_status not in (None, 200):
            return Verdict.INFECTED
        if answer.body is None or not self._ended:
            return Verdict.ERROR
        if not answer.body.same_as(self._file):
            return Verdict.INFECTED  # a page that says so, or what a sanitiser made of the file
        # Who may say 204 and sends the file back has passed it on: c-icap's virus_scan does so above its MaxObjectSize
        return Verdict.UNSCANNABLE if self._options.allows_204 else Verdict.CLEAN


def _chunked(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


def _threat(value: bytes) -> str:
    """`Type=0; Resolution=2; Threat=NAME;`, or a plain name."""
    match = _THREAT.search(value)
    return signature_of(match[1].strip() if match else value.strip())
