"""The strict raw-byte reader of one connection's requests: docs/spec/http.md. Nothing reaches h11 but what passed here.

Rules:
1. Bytes are judged in the order in which they came. How they were cut into pieces changes neither events nor reasons.
2. The work is linear in the input: every position has a mark up to which it is known, and nothing is read twice.
3. What waits is bounded: a head by `header_bytes`, a chunk line by its digits and `chunk_extension_bytes`, trailers by
   `trailer_bytes`. Body data never waits.
4. After the first refusal the reader is broken for good: every further call raises the same refusal.
"""

from __future__ import annotations

import enum
from collections.abc import Callable

from relay.base.errors import Misuse, Refused
from relay.base.limits import Limits
from relay.base.reasons import Reason
from relay.http import grammar
from relay.http.events import Data, EndOfMessage, Head
from relay.http.fields import TRAILER_FORBIDDEN, Fields, build_head, check_field_line
from relay.http.target import METHOD_BYTES, REQUEST_LINE_BYTES, RequestLine, check_start, parse_request_line

_END_OF_HEAD = b"\r\n\r\n"
_CHUNK_SIZE_DIGITS = 16  # 2**64 - 1; anything near it is over every body limit
_FRAMING_SHARE = 16  # chunk framing may be a sixteenth of the data, plus chunk_overhead_bytes

_JudgeLine = Callable[[bytes], None]


class Reading(enum.Enum):
    """What the next byte belongs to."""

    HEAD = enum.auto()
    BODY = enum.auto()  # delimited by Content-Length
    CHUNK_LINE = enum.auto()
    CHUNK_DATA = enum.auto()
    CHUNK_END = enum.auto()
    TRAILERS = enum.auto()
    END = enum.auto()  # the body is complete, EndOfMessage is due
    DONE = enum.auto()  # until `restart`
    BROKEN = enum.auto()


class RequestReader:
    """Bytes in, `Head`, `Data` and `EndOfMessage` out; None when more bytes are needed."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._buffer = bytearray()
        self._direct = b""  # a piece that is body data as a whole and need not be copied
        self._eof = False
        self._stopped = False
        self._refusal: Refused | None = None
        self.unread = b""  # what was there from where a request was refused; for nothing but to tell about it
        self._restart()

    def _restart(self) -> None:
        self.reading = Reading.HEAD
        self.body_limit = self._limits.body_bytes
        self.body_started = False
        self.method = ""  # of the head being read, once its request line is known
        self._skipped_empty_line = False
        self._line: RequestLine | None = None
        self._line_from = 0  # start of the first line that is not yet judged
        self._marked = 0  # up to here the current line holds no forbidden byte and no end
        self._lines = 0
        self._remaining = 0  # of the body or of the current chunk
        self._body_bytes = 0
        self._framing_bytes = 0

    def restart(self) -> None:
        """Go on to the next request on the connection, with the bytes that are already here."""
        if self.reading is not Reading.DONE:
            raise Misuse("restart before the request was complete")
        self._restart()

    @property
    def buffered(self) -> int:
        return len(self._buffer) + len(self._direct)

    @property
    def at_eof(self) -> bool:
        """The peer has sent all that it will, and all of it is read."""
        return self._eof and not self._buffer and not self._direct

    def stop(self) -> None:
        """There is no next request: forget what has arrived beyond the current one, and whatever else comes."""
        self._stopped = True
        self._buffer.clear()

    def receive(self, data: bytes) -> None:
        if not data:
            self._eof = True
        elif self._eof:
            raise Misuse("data after the end of the stream")
        elif self._stopped:
            return
        elif not self._buffer and not self._direct and self._is_all_body(len(data)):
            self._direct = bytes(data)
        else:
            if self._direct:
                self._buffer += self._direct
                self._direct = b""
            self._buffer += data

    def _is_all_body(self, size: int) -> bool:
        return self.reading in (Reading.BODY, Reading.CHUNK_DATA) and size <= self._remaining

    def next_event(self) -> Head | Data | EndOfMessage | None:
        if self._refusal is not None:
            raise self._refusal
        try:
            return self._advance()
        except Refused as refusal:
            self._refusal = refusal
            self.unread = bytes(self._buffer)
            self.reading = Reading.BROKEN
            self._buffer.clear()
            self._direct = b""
            raise

    def _advance(self) -> Head | Data | EndOfMessage | None:
        while True:
            before = self.reading
            event = _STEPS[before](self)
            if event is not None:
                return event
            if self.reading is before:
                if self._eof:
                    self._refuse_eof()
                return None

    def _refuse_eof(self) -> None:
        if self.reading is Reading.HEAD:
            if self._buffer:
                raise Refused(Reason.PEER_CLOSED, "within a head")
        elif self.reading is not Reading.DONE:
            raise Refused(Reason.BODY_INCOMPLETE)

    # The head

    def _read_head(self) -> Head | None:
        buffer = self._buffer
        if not self._skipped_empty_line and buffer.startswith(b"\r\n"):
            # RFC 9112 section 2.2: one empty line, which old clients send after a body
            self._skipped_empty_line = True
            del buffer[:2]
        if not buffer:
            return None
        limit = self._limits.header_bytes
        if self._line_from == 0 and self._marked == 0:
            end = buffer.find(_END_OF_HEAD, 0, limit)
            if end >= 0:
                return self._finish_head(bytes(buffer[: end + 2]))
        if self._read_lines(limit, self._judge_head_line):
            return self._finish_head(bytes(buffer[: self._line_from]))
        self._check_open_line(limit)
        if len(buffer) > limit:
            raise Refused(Reason.HEADERS_TOO_LARGE)
        return None

    def _finish_head(self, raw: bytes) -> Head:
        """`raw`: the lines of the head with their CRLFs, without the empty line."""
        end_of_line = raw.index(b"\r\n")
        line = self._line or parse_request_line(raw[:end_of_line], self._limits.target_bytes)
        self.method = line.method
        head = build_head(line, self._parse_fields(raw, end_of_line + 2))
        del self._buffer[: len(raw) + 2]
        if head.chunked:
            self.reading = Reading.CHUNK_LINE
        elif head.content_length:
            self.reading = Reading.BODY
            self._remaining = head.content_length
        else:
            self.reading = Reading.END
        self._line_from = self._marked = self._lines = 0
        return head

    def _parse_fields(self, raw: bytes, start: int) -> Fields:
        if raw.isascii() and b"\t" not in raw and grammar.field_lines.fullmatch(raw, start):
            found = grammar.field_line_each.findall(raw, start)
            if len(found) <= self._limits.header_count:
                return tuple([(name.lower(), value.strip(b" \t")) for name, value in found])
        # Something is unusual: line by line, so that the first offence gives the reason.
        fields = []
        for line in raw[start:].split(b"\r\n")[:-1]:
            fields.append(check_field_line(line))
            if len(fields) > self._limits.header_count:
                raise Refused(Reason.HEADERS_TOO_LARGE, "too many fields")
        return tuple(fields)

    def _judge_head_line(self, line: bytes) -> None:
        if self._line is None:
            self._line = parse_request_line(line, self._limits.target_bytes)
            self.method = self._line.method
            return
        check_field_line(line)
        self._lines += 1
        if self._lines > self._limits.header_count:
            raise Refused(Reason.HEADERS_TOO_LARGE, "too many fields")

    def _check_open_line(self, limit: int) -> None:
        """Refuse a line that is still arriving and can no longer become a good one."""
        buffer, start = self._buffer, self._line_from
        end = min(len(buffer), limit)
        if self._line is None:
            longest = self._limits.target_bytes + REQUEST_LINE_BYTES
            if grammar.request_line_control.search(buffer, self._marked, min(end, longest)):
                raise Refused(Reason.REQUEST_LINE_INVALID, "control byte")
            without_cr = end - 1 if buffer.endswith(b"\r", start, end) else end
            check_start(bytes(buffer[: min(end, METHOD_BYTES + 1)]), without_cr, self._limits.target_bytes)
        elif grammar.line_control.search(buffer, max(self._marked, start), end):
            raise Refused(Reason.HEADER_INVALID, "control byte")
        elif buffer.startswith((b" ", b"\t"), start, end):
            raise Refused(Reason.HEADER_INVALID, "line folding")
        self._marked = max(start, end - 1 if buffer.endswith(b"\r", start, end) else end)

    # The body

    def _read_body(self) -> Data | None:
        if self._body_bytes == 0:
            self._check_body_limit(self._remaining)
        data = self._take(self._remaining)
        if data is not None and self._remaining == 0:
            self.reading = Reading.END
        return data

    def _take(self, most: int) -> Data | None:
        if self._direct:
            piece, self._direct = self._direct, b""
        elif self._buffer:
            piece = bytes(self._buffer[:most])
            del self._buffer[:most]
        else:
            return None
        self.body_started = True
        self._remaining -= len(piece)
        self._body_bytes += len(piece)
        return Data(piece)

    def _check_body_limit(self, coming: int) -> None:
        if self._body_bytes + coming > self.body_limit:
            raise Refused(Reason.BODY_TOO_LARGE)

    def _read_chunk_line(self) -> None:
        buffer = self._buffer
        longest = _CHUNK_SIZE_DIGITS + self._limits.chunk_extension_bytes
        end = buffer.find(b"\r\n", 0, longest + 2)
        if end < 0:
            # Bounded by `longest`, so looking at it again for each piece stays linear
            if len(buffer) >= longest + 2 or (buffer and not grammar.chunk_line_start.fullmatch(buffer)):
                raise Refused(Reason.CHUNK_INVALID, "chunk line")
            return
        match = grammar.chunk_line.fullmatch(bytes(buffer[:end]))
        if match is None or len(match[2]) > self._limits.chunk_extension_bytes:
            raise Refused(Reason.CHUNK_INVALID, "chunk line")
        size = int(match[1], 16)
        self._framing_bytes += end + 4
        del buffer[: end + 2]
        self.body_started = True
        if size == 0:
            self.reading = Reading.TRAILERS
            return
        self._check_body_limit(size)
        if self._framing_bytes > self._limits.chunk_overhead_bytes + (self._body_bytes + size) // _FRAMING_SHARE:
            raise Refused(Reason.CHUNK_INVALID, "more framing than data")
        self._remaining = size
        self.reading = Reading.CHUNK_DATA

    def _read_chunk_data(self) -> Data | None:
        data = self._take(self._remaining)
        if data is not None and self._remaining == 0:
            self.reading = Reading.CHUNK_END
        return data

    def _read_chunk_end(self) -> None:
        start = bytes(self._buffer[:2])
        if start == b"\r\n":
            del self._buffer[:2]
            self.reading = Reading.CHUNK_LINE
        elif not b"\r\n".startswith(start):
            raise Refused(Reason.CHUNK_INVALID, "chunk data without its CRLF")

    def _read_trailers(self) -> None:
        limit = self._limits.trailer_bytes + 2
        if self._read_lines(limit, self._judge_trailer):
            del self._buffer[: self._line_from + 2]
            self.reading = Reading.END
            return
        end = min(len(self._buffer), limit)
        if grammar.line_control.search(self._buffer, max(self._marked, self._line_from), end):
            raise Refused(Reason.TRAILER_INVALID, "control byte")
        if len(self._buffer) > limit:
            raise Refused(Reason.TRAILER_INVALID, "too large")
        self._marked = max(self._line_from, end - 1 if self._buffer.endswith(b"\r", self._line_from, end) else end)

    def _judge_trailer(self, line: bytes) -> None:
        self._lines += 1
        if self._lines > self._limits.trailer_count:
            raise Refused(Reason.TRAILER_INVALID, "too many fields")
        try:
            name, _ = check_field_line(line)
        except Refused as exc:
            raise Refused(Reason.TRAILER_INVALID, exc.detail) from exc
        if name.replace(b"_", b"-") in TRAILER_FORBIDDEN:
            raise Refused(Reason.TRAILER_INVALID, "a field that no trailer may have")

    def _read_lines(self, limit: int, judge: _JudgeLine) -> bool:
        """Judge the lines that are complete within `limit` bytes. True at the empty line, which `_line_from` then marks."""
        buffer = self._buffer
        while True:
            start = self._line_from
            end = buffer.find(b"\r\n", max(self._marked, start), limit)
            if end < 0:
                return False
            if end == start and self._is_after_request_line():
                return True
            judge(bytes(buffer[start:end]))
            self._line_from = self._marked = end + 2

    def _is_after_request_line(self) -> bool:
        return self.reading is Reading.TRAILERS or self._line is not None

    def _end(self) -> EndOfMessage:
        self.reading = Reading.DONE
        return EndOfMessage()


_STEPS: dict[Reading, Callable[[RequestReader], Head | Data | EndOfMessage | None]] = {
    Reading.HEAD: RequestReader._read_head,
    Reading.BODY: RequestReader._read_body,
    Reading.CHUNK_LINE: RequestReader._read_chunk_line,
    Reading.CHUNK_DATA: RequestReader._read_chunk_data,
    Reading.CHUNK_END: RequestReader._read_chunk_end,
    Reading.TRAILERS: RequestReader._read_trailers,
    Reading.END: RequestReader._end,
    Reading.DONE: lambda _: None,
}
