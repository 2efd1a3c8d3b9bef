"""One HTTP/1.1 server connection, sans-IO: bytes in, events out; responses in, bytes out. docs/spec/http.md section 7.

`framing.RequestReader` reads and judges every byte that comes in; how a response is framed is what h11 says (`response`). Here
is who may speak when: keep-alive, 100-continue, and that a response is as long as it was announced. No byte of a client
reaches h11. Why: docs/adr/0002-framing-ahead-of-h11.md.

The caller reads from the network only while `next_event` says NEED_DATA; that is what bounds the buffer.
"""

from __future__ import annotations

from collections.abc import Sequence

from relay.base.errors import Misuse, Refused
from relay.base.limits import Limits
from relay.base.reasons import Reason
from relay.http import grammar
from relay.http.events import Data, EndOfMessage, Head, Pause
from relay.http.fields import FieldLines, check_response_fields, write_fields
from relay.http.framing import Reading, RequestReader
from relay.http.response import Frame, frame_of, has_no_body, may_have_length

__all__ = ["Data", "EndOfMessage", "Head", "Pause", "ServerConnection"]

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_LAST_CHUNK = b"0\r\n\r\n"
_NOTHING_MORE = FieldLines(())
# The class alone decides these; a caller that sets one has a bug.
_OURS = frozenset((b"connection", b"transfer-encoding", b"keep-alive", b"upgrade", b"trailer"))


class ServerConnection:
    """Call order: receive / next_event until EndOfMessage, then response_head / _data / _end, then next_cycle."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._reader = RequestReader(limits)
        self._requests = 0
        self._close = False
        self._keep_alive = True
        self._gone = False
        self._begin_cycle()

    def _begin_cycle(self) -> None:
        self._to_head = False
        self._continue_due = False
        self._needs_length = (
            True  # until a request says that it knows chunks: an end of the stream proves no end of the answer
        )
        self._frame: Frame | None = None  # of the response, once it has begun
        self._left = 0  # of the announced length
        self._answered = False

    # Reading

    def receive(self, data: bytes) -> None:
        """Bytes from the peer; b"" is the end of the stream."""
        self._reader.receive(data)

    def next_event(self) -> Head | Data | EndOfMessage | Pause:
        """Raises Refused, and the same one again on every later call."""
        if self._answered and self.must_close:
            return Pause.CLOSED
        try:
            event = self._reader.next_event()
        except Refused as refusal:
            self._after_refusal(refusal)
            raise
        if event is None:
            return self._pause()
        if type(event) is Head:
            self._begin(event)
        elif type(event) is EndOfMessage:
            self._end_of_request()
        return event

    def _pause(self) -> Pause:
        reading = self._reader.reading
        if reading is Reading.DONE:
            return Pause.PAUSED
        if reading is Reading.HEAD and self._reader.at_eof:
            self._gone = True
            return Pause.CLOSED
        return Pause.NEED_DATA

    def _begin(self, head: Head) -> None:
        self._requests += 1
        self._keep_alive = head.keep_alive
        self._continue_due = head.expect_continue
        self._to_head = head.method == "HEAD"
        self._needs_length = head.http_version == "1.0"

    def _end_of_request(self) -> None:
        self._continue_due = False
        if not self._keep_alive:
            self._reader.stop()  # RFC 9112 section 9.6: what follows a close is never a request

    def _after_refusal(self, refusal: Refused) -> None:
        self._close = True
        self._continue_due = False
        self._gone = self._gone or refusal.reason is Reason.PEER_CLOSED
        self._to_head = self._reader.method == "HEAD"

    @property
    def body_limit(self) -> int:
        """Bytes of body that this request may have; the route sets it after Head."""
        return self._reader.body_limit

    @body_limit.setter
    def body_limit(self, limit: int) -> None:
        self._reader.body_limit = limit

    @property
    def head_started(self) -> bool:
        """Some bytes of a next request have arrived."""
        return self._reader.reading is Reading.HEAD and self._reader.buffered > 0

    @property
    def can_answer(self) -> bool:
        """Whether a final response can still be sent: none has begun, and the peer has not gone before its request ended."""
        return self._frame is None and not self._gone

    @property
    def unread(self) -> bytes:
        """What had come from where a request was refused: of a refused head all of it."""
        return self._reader.unread

    # Responding

    def informational_continue(self) -> bytes:
        """`100 Continue` if the client waits for it, else nothing (RFC 9110 section 10.1.1)."""
        if not self._continue_due or self._reader.body_started or self._reader.buffered:
            return b""
        if self._frame is not None:
            raise Misuse("100 Continue after the response has begun")
        self._continue_due = False
        return _CONTINUE

    def response_head(
        self, status: int, headers: Sequence[tuple[bytes, bytes]], constant: FieldLines = _NOTHING_MORE
    ) -> bytes:
        """A final response. Names in lower case; the caller gives Date and Content-Length, never Connection.

        Without Content-Length, which an answer to HTTP/1.0 must have, the body is sent chunked. A 204 has none (RFC 9110
        section 8.6). `constant`: fields that were written ahead.
        """
        if not self.can_answer:
            raise Misuse("a response has already begun, or nobody waits for one")
        try:
            check_response_fields(headers)
        except Refused as exc:
            raise Misuse(f"response {exc.detail}") from exc
        if not _OURS.isdisjoint([name for name, _ in headers]):
            raise Misuse("a field that belongs to the connection")
        if self._reader.reading is not Reading.DONE or self._requests >= self._limits.requests_per_connection:
            self._close = True
        lengths = [value for name, value in headers if name == b"content-length"] if may_have_length(status) else []
        if self._needs_length and not lengths and not self._to_head and not has_no_body(status):
            raise Misuse("an answer to HTTP/1.0 without its length")
        frame = frame_of(status, self._to_head, bool(lengths), self.must_close)
        length = b""
        if lengths:
            if len(lengths) != 1 or not grammar.content_length.fullmatch(lengths[0]):
                raise Misuse("a length that is not one number")
            length = b"content-length: %b\r\n" % lengths[0]
            self._left = int(lengths[0]) if frame.has_body else 0
        self._frame = frame
        rest = write_fields([field for field in headers if field[0] != b"content-length"])
        return b"%b%b%b%b%b\r\n" % (frame.before, length, frame.after, rest, constant.raw)

    def response_data(self, data: bytes) -> bytes:
        """Body bytes, framed; nothing for HEAD, 204 and 304."""
        frame = self._frame
        if frame is None or self._answered:
            raise Misuse("response out of order: no body is due")
        if not frame.has_body or not data:
            return b""
        if frame.chunked:
            return b"%x\r\n%b\r\n" % (len(data), data)
        self._left -= len(data)
        if self._left < 0:
            raise Misuse("response is longer than was announced")
        return data

    def response_end(self) -> bytes:
        frame = self._frame
        if frame is None or self._answered:
            raise Misuse("response out of order: no end is due")
        if self._left:
            raise Misuse("response is not as long as was announced")
        self._answered = True
        return _LAST_CHUNK if frame.chunked else b""

    # From one request to the next

    def close_after_response(self) -> None:
        """Announce and make the end of the connection after this response: on drain, or with an unread body."""
        self._close = True

    @property
    def must_close(self) -> bool:
        return self._close or not self._keep_alive

    def next_cycle(self) -> None:
        """After the response, on a connection that stays open. Bytes of a pipelined request are kept and come next."""
        if self.must_close or not self._answered:
            raise Misuse("next_cycle on a connection that must close, or before the response")
        self._reader.restart()
        self._begin_cycle()
