"""ICAP (RFC 3507), the client's side, without the socket: one file is shown to a scanner or sanitiser, and its answer read.

Rules:
1. That nothing was found is said by `204` to a request that allowed it, when the whole file was sent, or by `200` with exactly
   the bytes that were sent (for the caller to compare); and by neither if the answer names an infection or a violation.
2. Everything has a bound. Whatever is not written as the RFC has it is an error: a bare LF, a length that is no number, a
   part that the Encapsulated header does not name, bytes behind the end.
3. The file goes as the body of a message of ours, so that no name and no field of the citizen reaches the scanner.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final

from content.icap_answer import Answer, AnswerReader, Malformed
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
_HOST: Final = re.compile(r"[A-Za-z0-9.-]{1,255}(?::[0-9]{1,5})?")
_PATH: Final = re.compile(r"[A-Za-z0-9._~/?=&-]{1,255}")


class Method(StrEnum):
    REQMOD = "REQMOD"
    RESPMOD = "RESPMOD"
    OPTIONS = "OPTIONS"


class Ask(Enum):
    """What the exchange waits for."""

    ANSWER = "the answer"
    REST = "the file behind the preview"
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
    """One file: `begin`, then, when asked for the REST, `piece` and `end`; `receive` what comes."""

    def __init__(self, service: Service, method: Method, options: Options, size: int) -> None:
        if method not in options.methods:
            raise ValueError("the service does not have this method")
        self._service = service
        self._method = method
        self._options = options
        self._size = size
        self._reader = AnswerReader()
        self._sent = 0
        self._ended = False
        self.ask = Ask.ANSWER
        self.istag = ""

    @property
    def preview(self) -> int:
        """How many bytes of the file `begin` wants: all of it, where the service knows no preview."""
        return self._size if self._options.preview is None else min(self._size, self._options.preview)

    def begin(self, first: bytes) -> bytes:
        if len(first) != self.preview:
            raise ValueError("not the preview")
        self._sent = len(first)
        http = [self._http()]
        names = ["req-hdr", "req-body"] if self._method is Method.REQMOD else ["res-hdr", "res-body"]
        head = [f"{self._method} {self._service.uri} ICAP/1.0", f"Host: {self._service.host}"]
        if self._options.allows_204:
            head.append("Allow: 204")
        if self._options.preview is not None:
            head.append(f"Preview: {len(first)}")
        head.append(f"Encapsulated: {names[0]}=0, {names[1]}={len(http[0])}")
        out = "\r\n".join(head).encode() + b"\r\n\r\n" + http[0] + _chunked(first)
        if self._sent < self._size:
            return out + b"0\r\n\r\n"
        self._ended = True
        return out + (b"0; ieof\r\n\r\n" if self._options.preview is not None else b"0\r\n\r\n")

    def _http(self) -> bytes:
        about = f"Content-Type: application/octet-stream\r\nContent-Length: {self._size}\r\n\r\n"
        if self._method is Method.REQMOD:
            return f"PUT http://{self._service.host}/file HTTP/1.1\r\nHost: {self._service.host}\r\n{about}".encode()
        return f"HTTP/1.1 200 OK\r\n{about}".encode()

    def piece(self, data: bytes) -> bytes:
        if self.ask is not Ask.REST or self._sent + len(data) > self._size:
            raise ValueError("nobody asked for this piece")
        self._sent += len(data)
        return _chunked(data)

    def end(self) -> bytes:
        if self.ask is not Ask.REST or self._sent != self._size:
            raise ValueError("the file is not whole")
        self._ended = True
        self.ask = Ask.ANSWER
        return b"0\r\n\r\n"

    def receive(self, data: bytes) -> None:
        """Raises Malformed, after which the exchange is an error for good."""
        if self.ask is Ask.NOTHING and data:
            raise Malformed("bytes behind the answer")
        self._reader.feed(data)
        answer = self._reader.answer
        if answer is None:
            return
        if answer.status == 100:
            if self._ended or self.ask is not Ask.ANSWER or self._options.preview is None:
                raise Malformed("100 where nothing is left to send")
            self._reader = AnswerReader()
            self.ask = Ask.REST
        elif self._reader.done:
            self.ask = Ask.NOTHING
            self.istag = _istag(answer.fields) if b"istag" in answer.fields else ""

    def result(self) -> tuple[Scanned, bytes | None]:
        """What the service says, and the bytes that it gives instead of those sent, if it does: for a sanitiser's caller.

        With bytes the verdict is CLEAN only in the service's own words; a caller that did not ask for a sanitiser takes bytes
        that differ from the file for a refusal (a scanner's page that says so comes in the same way).
        """
        answer = self._reader.answer
        if answer is None or self.ask is not Ask.NOTHING:
            return Scanned(Verdict.ERROR), None
        for name in _FOUND_FIELDS:
            if name in answer.fields and answer.fields[name] != b"0":
                return Scanned(Verdict.INFECTED, _threat(answer.fields[name])), None
        if answer.status == 204:
            return Scanned(self._unmodified()), None
        if answer.status != 200:
            return Scanned(Verdict.ERROR), None
        scanned, body = self._modified(answer)
        if scanned.verdict is Verdict.CLEAN and not self._ended:
            return Scanned(Verdict.ERROR), None
        return scanned, body

    def _unmodified(self) -> Verdict:
        if not self._ended:  # section 4.5: the service is not interested in what is behind the preview
            return Verdict.UNSCANNABLE
        # section 4.6: it must have been allowed, unless the whole file was a preview
        return Verdict.CLEAN if self._options.allows_204 or self._options.preview is not None else Verdict.ERROR

    def _modified(self, answer: Answer) -> tuple[Scanned, bytes | None]:
        if self._method is Method.REQMOD and answer.http_status is not None:
            return Scanned(Verdict.INFECTED), None  # section 4.8.2: an HTTP response instead of the request refuses it
        if answer.http_status not in (None, 200):
            return Scanned(Verdict.INFECTED), None
        if answer.body is None:
            return Scanned(Verdict.ERROR), None
        return Scanned(Verdict.CLEAN), bytes(answer.body)


def _chunked(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


def _threat(value: bytes) -> str:
    """`Type=0; Resolution=2; Threat=NAME;`, or a plain name."""
    match = _THREAT.search(value)
    return signature_of(match[1].strip() if match else value.strip())
