"""The answers of an ICAP service (RFC 3507), in whatever pieces they come: heads, what they carry, chunks.

Everything has a bound, and whatever is not written as the RFC has it is Malformed: a bare LF, a length that is no number, a
part that the Encapsulated header does not name, bytes behind the end.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

HEAD_BYTES_MAX: Final = (
    16 * 2**10
)  # bytes of one head, ICAP's or the HTTP message's; twice what servers allow by default
HEAD_FIELDS_MAX: Final = 64  # fields of one head; c-icap and vendors send under 20
CHUNK_LINE_BYTES_MAX: Final = 64  # bytes; sixteen hexadecimal digits and a short extension
BODY_BYTES_MAX: Final = 64 * 2**20  # bytes of an answer's body; three times an attachment's usual 20 MiB

_STATUS: Final = re.compile(rb"ICAP/1\.0 ([1-5][0-9]{2})(?: [\x20-\x7e\x80-\xff]*)?")
_HTTP_STATUS: Final = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [\x20-\x7e\x80-\xff]*)?")
_HTTP_REQUEST: Final = re.compile(rb"PUT [!-~]+ HTTP/1\.[01]")
_FIELD: Final = re.compile(
    rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[!-~\x80-\xff](?:[ \t!-~\x80-\xff]*[!-~\x80-\xff])?)?)[ \t]*"
)
_FOLDED: Final = re.compile(rb"[ \t]+[!-~\x80-\xff][ \t!-~\x80-\xff]*")
_PART: Final = re.compile(rb"(req-hdr|res-hdr|req-body|res-body|opt-body|null-body)=(0|[1-9][0-9]{0,6})")
# What Encapsulated may name, by RFC 3507 section 4.4.1
_ORDERS: Final = frozenset(
    [tuple(order.encode().split()) for order in (
        "null-body", "opt-body", "req-hdr null-body", "req-hdr req-body", "res-hdr null-body", "res-hdr res-body", "req-body",
        "res-body",
    )]
)  # fmt: skip
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,8})(?:[ \t]*;[ \t!-~]*)?")


class Malformed(Exception):
    """The answer is not what RFC 3507 defines. Holds nothing of it."""


class Digest:
    """Of bytes that are not kept: whether a service gave back what it was given is all that is asked of them."""

    def __init__(self) -> None:
        self.size = 0
        self._sha256 = hashlib.sha256()

    def add(self, data: bytes) -> None:
        self.size += len(data)
        self._sha256.update(data)

    def same_as(self, other: Digest) -> bool:
        return self.size == other.size and self._sha256.digest() == other._sha256.digest()


@dataclass(slots=True)
class Answer:
    """An answer whose head is read. `body`: of the message that it carries; None if it carries none."""

    status: int
    fields: Mapping[bytes, bytes]
    http_status: int | None = None  # None for a carried request, or nothing carried
    body: Digest | None = None


@dataclass(slots=True)
class AnswerReader:
    """Bytes to an Answer, in whatever pieces they come."""

    received: bytearray = field(default_factory=bytearray)
    answer: Answer | None = None
    _parts: list[tuple[bytes, int]] = field(default_factory=list)
    _body_left: int = -1  # of the chunk that is read; -1: its line is not read yet
    _chunk_ended: bool = True  # the line end behind its data is read
    done: bool = False

    def feed(self, data: bytes) -> None:
        if self.done and data:
            raise Malformed("bytes behind the answer")
        self.received += data
        if self.answer is None and not self._head():
            return
        while not self.done and self._chunk():
            pass
        if self.done and self.received:
            raise Malformed("bytes behind the answer")

    def _head(self) -> bool:
        """The ICAP head and, in one piece with it, the heads that it carries."""
        end = self.received.find(b"\r\n\r\n")
        if end < 0 or end > HEAD_BYTES_MAX:
            if len(self.received) > HEAD_BYTES_MAX:
                raise Malformed("a head longer than HEAD_BYTES_MAX")
            return False
        line, fields = read_head(bytes(self.received[:end]))
        match = _STATUS.fullmatch(line)
        if match is None:
            raise Malformed("no ICAP status line")
        status = int(match[1])
        parts = _parts(fields.get(b"encapsulated"), status)
        carried = parts[-1][1]
        start = end + 4
        if len(self.received) < start + carried:
            return False
        answer = Answer(status, fields)
        for (name, at), (_, following) in pairwise(parts):
            head = bytes(self.received[start + at : start + following])
            answer.http_status = _carried(name, head, answer.http_status)
        del self.received[: start + carried]
        self.answer = answer
        if parts[-1][0] == b"null-body":
            self.done = True
        else:
            answer.body = Digest()
        return True

    def _chunk(self) -> bool:
        """Whether something was read: a chunk's line, or data of it, or the end."""
        if not self._chunk_ended:
            return self._line_end()
        if self._body_left > 0:
            return self._data()
        if self._body_left < 0:
            return self._line()
        return self._last()

    def _line(self) -> bool:
        end = self.received.find(b"\r\n")
        if end < 0 or end > CHUNK_LINE_BYTES_MAX:
            if len(self.received) > CHUNK_LINE_BYTES_MAX + 1:
                raise Malformed("no end of a chunk's line")
            return False
        match = _CHUNK.fullmatch(self.received[:end])
        if match is None:
            raise Malformed("no length of a chunk")
        del self.received[: end + 2]
        self._body_left = int(match[1], 16)
        if self._body().size + self._body_left > BODY_BYTES_MAX:
            raise Malformed("a body longer than BODY_BYTES_MAX")
        return True

    def _data(self) -> bool:
        """What came of the chunk; nothing waits for the whole of it."""
        data = bytes(self.received[: self._body_left])
        if not data:
            return False
        self._body().add(data)
        del self.received[: len(data)]
        self._body_left -= len(data)
        self._chunk_ended = self._body_left > 0
        return True

    def _line_end(self) -> bool:
        if len(self.received) < 2:
            return False
        if not self.received.startswith(b"\r\n"):
            raise Malformed("a chunk longer than its length")
        del self.received[:2]
        self._body_left, self._chunk_ended = -1, True
        return True

    def _last(self) -> bool:
        if len(self.received) < 2:
            return False
        if not self.received.startswith(b"\r\n"):  # trailers: none is defined, and none is read
            raise Malformed("a trailer behind the last chunk")
        del self.received[:2]
        self.done = True
        return True

    def _body(self) -> Digest:
        if self.answer is None or self.answer.body is None:
            raise Malformed("a body where none was named")
        return self.answer.body


def read_head(head: bytes) -> tuple[bytes, dict[bytes, bytes]]:
    """(the first line, the fields by name in lower case). `head` is without the empty line that ends it."""
    if len(head) > HEAD_BYTES_MAX:
        raise Malformed("a head longer than HEAD_BYTES_MAX")
    lines = head.split(b"\r\n")
    if len(lines) - 1 > HEAD_FIELDS_MAX:
        raise Malformed("more fields than HEAD_FIELDS_MAX")
    fields: dict[bytes, bytes] = {}
    name = b""
    for line in lines[1:]:
        if name and _FOLDED.fullmatch(line):  # X-Violations-Found has a line for each
            fields[name] += b" " + line.strip(b" \t")
            continue
        match = _FIELD.fullmatch(line)
        if match is None:
            raise Malformed("no field")
        name = match[1].lower()
        if name in fields:
            fields[name] += b", " + match[2]
        else:
            fields[name] = match[2]
    return lines[0], fields


def _parts(encapsulated: bytes | None, status: int) -> list[tuple[bytes, int]]:
    """RFC 3507 section 4.4.1: what is carried, in order; the last one is the body, or that there is none."""
    if encapsulated is None:
        if status == 200:
            raise Malformed("an answer without Encapsulated")
        return [(b"null-body", 0)]
    parts = []
    for word in encapsulated.split(b","):
        match = _PART.fullmatch(word.strip(b" \t"))
        if match is None:
            raise Malformed("Encapsulated is not a list of parts")
        parts.append((match[1], int(match[2])))
    names = tuple([name for name, _ in parts])
    places = [at for _, at in parts]
    ordered = all(before < after for before, after in pairwise(places))
    if names not in _ORDERS or places[0] or not ordered or places[-1] > 2 * HEAD_BYTES_MAX:
        raise Malformed("Encapsulated has parts in an order that means nothing")
    return parts


def _carried(name: bytes, head: bytes, known: int | None) -> int | None:
    """The status of a carried HTTP response; a carried request has none."""
    if not head.endswith(b"\r\n\r\n") or b"\r\n\r\n" in head[:-4]:
        raise Malformed("a carried head does not end where the next part begins")
    line, _ = read_head(head[:-4])
    if name == b"res-hdr":
        match = _HTTP_STATUS.fullmatch(line)
        if match is None:
            raise Malformed("a carried response without a status line")
        return int(match[1])
    if not _HTTP_REQUEST.fullmatch(line):
        raise Malformed("a carried request that is not ours")
    return known
