"""multipart/form-data, read and written while it streams: docs/spec/http.md section 6.2; RFC 7578, RFC 2046 section 5.1.

Rules:
1. The body begins with its first delimiter and ends with the last one, then nothing or one CRLF. No preamble, no epilogue.
2. A delimiter is CRLF "--" boundary and then CRLF or "--". The boundary followed by anything else is refused, as RFC 2046
   calls it a delimiter and other readers call it data.
3. What waits is bounded: part_header_bytes of a header, field_bytes of a field, less than a delimiter of a file.
"""

from __future__ import annotations

import enum
import re

from relay.base.errors import Misuse, Refused
from relay.base.limits import Limits
from relay.base.reasons import Reason
from relay.http.body import BodyEvent, Field, FileData, FileEnd, FileStart, decode_text
from relay.http.charset import CHARSET_FIELD, UTF_8, Charset, charset_field, to_utf8
from relay.http.disposition import PartHead, parse_part_head

_boundary = re.compile(  # RFC 2046 section 5.1.1: at most 70 characters, the last no space
    r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]"
)
_content_type = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+/[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# What no reader of a quoted string would give back as it was: controls, a backslash, and text that looks like an escape
_unwritable = re.compile(rb"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f\\]|%(?:22|0D|0A)")
_CRLF = b"\r\n"
_END_OF_HEADER = b"\r\n\r\n"
_TAIL_BYTES = 2  # after a boundary: CRLF or "--"


class _Reading(enum.Enum):
    FIRST = enum.auto()  # the first delimiter
    TAIL = enum.auto()  # what follows a boundary
    HEADER = enum.auto()
    START = enum.auto()  # of a part's content
    CONTENT = enum.auto()
    EPILOGUE = enum.auto()


def check_boundary(boundary: str) -> bytes:
    if not _boundary.fullmatch(boundary):
        raise Refused(Reason.MULTIPART_INVALID, "boundary")
    return boundary.encode()


class MultipartParser:
    """Each step reads at `_at` in `_buffer` and says whether the next step may have something to read."""

    def __init__(self, boundary: str, limits: Limits, charset: Charset = UTF_8) -> None:
        self._limits = limits
        self._charset = charset
        self._first = b"--" + check_boundary(boundary)
        self._delimiter = _CRLF + self._first
        self._reading = _Reading.FIRST
        self._buffer = b""
        self._at = 0
        self._part: PartHead | None = None
        self._value = bytearray()  # of the current field
        self._parts = 0
        self._fields = 0

    def feed(self, data: bytes) -> list[BodyEvent]:
        self._buffer = self._buffer + data if self._buffer else data
        self._at = 0
        events: list[BodyEvent] = []
        while _STEPS[self._reading](self, events):
            pass
        self._buffer = self._buffer[self._at :]
        return events

    def finish(self) -> list[BodyEvent]:
        if self._reading is not _Reading.EPILOGUE or self._buffer not in (b"", _CRLF):
            raise Refused(Reason.MULTIPART_INVALID, "no final boundary")
        return []

    def _read_first(self, _: list[BodyEvent]) -> bool:
        size = len(self._first)
        start = self._buffer[:size]
        if not self._first.startswith(start):
            raise Refused(Reason.MULTIPART_INVALID, "does not begin with its boundary")
        if len(start) < size:
            return False
        self._at = size
        self._reading = _Reading.TAIL
        return True

    def _read_tail(self, _: list[BodyEvent]) -> bool:
        tail = self._buffer[self._at : self._at + _TAIL_BYTES]
        if not _CRLF.startswith(tail) and not (self._parts and b"--".startswith(tail)):
            raise Refused(Reason.MULTIPART_INVALID, "boundary followed by something else, or no part at all")
        if len(tail) < _TAIL_BYTES:
            return False
        self._at += _TAIL_BYTES
        self._reading = _Reading.HEADER if tail == _CRLF else _Reading.EPILOGUE
        return True

    def _read_header(self, events: list[BodyEvent]) -> bool:
        most = self._at + self._limits.part_header_bytes + len(_END_OF_HEADER)
        end = self._buffer.find(_END_OF_HEADER, self._at, most)
        if end < 0:
            if len(self._buffer) >= most:
                raise Refused(Reason.MULTIPART_INVALID, "part header too large")
            return False
        part = self._part = parse_part_head(self._buffer[self._at : end], self._limits, self._charset)
        self._at = end + len(_END_OF_HEADER)
        if part.filename is not None:
            events.append(FileStart(part.name, part.filename, part.content_type))
        else:
            self._fields += 1
            if self._fields > self._limits.fields:
                raise Refused(Reason.FIELDS_EXCEEDED)
        self._parts += 1
        if self._parts > self._limits.parts:  # after the fields: too many of them have one reason in every encoding
            raise Refused(Reason.PARTS_EXCEEDED)
        self._reading = _Reading.START
        return True

    def _read_start(self, _: list[BodyEvent]) -> bool:
        # RFC 2046 lets the CRLF of the empty line be that of the delimiter too; many readers do not
        start = self._buffer[self._at : self._at + len(self._first)]
        if start == self._first:
            raise Refused(Reason.MULTIPART_INVALID, "part without content")
        if self._first.startswith(start):
            return False
        self._reading = _Reading.CONTENT
        return True

    def _read_content(self, events: list[BodyEvent]) -> bool:
        buffer, delimiter, start = self._buffer, self._delimiter, self._at
        end = buffer.find(delimiter, start)
        if end >= 0:
            self._take(buffer[start:end], events)
            self._end_part(events)
            self._at = end + len(delimiter)
            self._reading = _Reading.TAIL
            return True
        # The only CR in a delimiter is its first byte, so what may be its beginning starts at the last CR.
        held = buffer.rfind(b"\r", max(start, len(buffer) - len(delimiter) + 1))
        if held < 0 or not delimiter.startswith(buffer[held:]):
            held = len(buffer)
        self._take(buffer[start:held], events)
        self._at = held
        return False

    def _take(self, piece: bytes, events: list[BodyEvent]) -> None:
        if not piece or self._part is None:
            return
        if self._part.filename is not None:
            events.append(FileData(piece))
            return
        if len(self._value) + len(piece) > self._limits.field_bytes:
            raise Refused(Reason.FIELD_TOO_LARGE)
        self._value += piece

    def _end_part(self, events: list[BodyEvent]) -> None:
        part, self._part = self._part, None
        if part is None:
            raise Misuse("the end of no part")
        if part.filename is not None:
            events.append(FileEnd())
            return
        raw = to_utf8(bytes(self._value), self._charset)
        if len(raw) > self._limits.field_bytes:  # it may have grown
            raise Refused(Reason.FIELD_TOO_LARGE)
        field = Field(part.name, decode_text(raw))
        self._value.clear()
        events.append(charset_field(field, self._charset) if field.name == CHARSET_FIELD else field)

    def _read_epilogue(self, _: list[BodyEvent]) -> bool:
        if not _CRLF.startswith(self._buffer[self._at : self._at + _TAIL_BYTES + 1]):
            raise Refused(Reason.MULTIPART_INVALID, "something after the final boundary")
        return False


_STEPS = {
    _Reading.FIRST: MultipartParser._read_first,
    _Reading.TAIL: MultipartParser._read_tail,
    _Reading.HEADER: MultipartParser._read_header,
    _Reading.START: MultipartParser._read_start,
    _Reading.CONTENT: MultipartParser._read_content,
    _Reading.EPILOGUE: MultipartParser._read_epilogue,
}


class MultipartWriter:
    """What `MultipartParser` reads back as the same fields and files.

    The boundary must be fresh and unpredictable (secrets.token_hex): file data is not searched for it.
    """

    def __init__(self, boundary: str) -> None:
        self._delimiter = b"--" + check_boundary(boundary)
        self._in_file = False
        self._any = False

    @property
    def content_type(self) -> str:
        return f'multipart/form-data; boundary="{self._delimiter[2:].decode()}"'

    def field(self, name: str, value: str) -> bytes:
        raw = _utf8(value)
        if self._delimiter in raw:
            raise Refused(Reason.MULTIPART_INVALID, "the boundary in a value")
        return self._begin(b'name="%b"' % _quotable(name)) + b"\r\n\r\n" + raw + _CRLF

    def file_start(self, name: str, filename: str, content_type: str) -> bytes:
        if not _content_type.fullmatch(content_type) or content_type.lower().startswith("multipart/"):
            raise Refused(Reason.MULTIPART_INVALID, "content type")
        head = self._begin(b'name="%b"; filename="%b"' % (_quotable(name), _quotable(filename)))
        self._in_file = True
        return head + b"\r\nContent-Type: " + content_type.encode() + b"\r\n\r\n"

    def file_data(self, data: bytes) -> bytes:
        if not self._in_file:
            raise Misuse("file data outside a file")
        return data

    def file_end(self) -> bytes:
        if not self._in_file:
            raise Misuse("the end of no file")
        self._in_file = False
        return _CRLF

    def end(self) -> bytes:
        if self._in_file or not self._any:
            raise Misuse("the end within a file, or of a form without parts")
        return self._delimiter + b"--\r\n"

    def _begin(self, params: bytes) -> bytes:
        if self._in_file:
            raise Misuse("a part within a file")
        if params.startswith(b'name=""'):
            raise Refused(Reason.MULTIPART_INVALID, "a part without a name")
        self._any = True
        return self._delimiter + b"\r\nContent-Disposition: form-data; " + params


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as exc:
        raise Refused(Reason.CHARSET_INVALID, "lone surrogate") from exc


def _quotable(text: str) -> bytes:
    raw = _utf8(text)
    if _unwritable.search(raw):
        raise Refused(Reason.MULTIPART_INVALID, "a name that no form can carry")
    return raw.replace(b'"', b"%22").replace(b"\r", b"%0D").replace(b"\n", b"%0A")
