"""One HTTP/1.1 server connection, sans-IO: bytes in, events out; responses in, bytes out. docs/spec/http.md section 7.

`framing.RequestReader` reads and judges every byte that comes in. h11 keeps the state (who may send what, keep-alive,
100-continue) and frames the responses; it is told of a request only by a skeleton of its head, made here from the judged
form, so it never sees a client's byte. Why: docs/adr/0002-framing-ahead-of-h11.md.

The caller reads from the network only while `next_event` says NEED_DATA; that is what bounds the buffer.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

import h11

from relay.base.errors import Misuse, Refused
from relay.base.limits import Limits
from relay.base.reasons import Reason
from relay.http.events import Data, EndOfMessage, Head, Pause
from relay.http.fields import check_response_fields
from relay.http.framing import Reading, RequestReader

__all__ = ["Data", "EndOfMessage", "Head", "Pause", "ServerConnection"]

_REASON_PHRASES = {status.value: status.phrase.encode() for status in HTTPStatus}
_LAST_CHUNK = b"0\r\n\r\n"
# The class alone decides these; a caller that sets one has a bug.
_OURS = frozenset((b"connection", b"transfer-encoding", b"keep-alive", b"upgrade", b"trailer"))
_NO_CONTENT = 204
_NOT_MODIFIED = 304


class ServerConnection:
    """Call order: receive / next_event until EndOfMessage, then response_head / _data / _end, then next_cycle."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._reader = RequestReader(limits)
        self._h11 = h11.Connection(h11.SERVER)
        self._requests = 0
        self._close = False
        self._keep_alive = True
        self._continue_due = False
        self._bodiless = False  # the response has no body, whatever its header says
        self._responding = False
        self._answered = False
        self._gone = False
        self._chunked_skeleton = False
        self._needs_length = False  # HTTP/1.0 knows no chunks, and an end of the stream proves no end of the answer

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
        self._bodiless = head.method == "HEAD"
        self._needs_length = head.http_version == "1.0"
        self._tell_h11(_skeleton(head.method == "HEAD", head.keep_alive, head.expect_continue, head.has_body))

    def _end_of_request(self) -> None:
        self._continue_due = False
        if self._h11.their_state is h11.SEND_BODY:
            if self._chunked_skeleton:
                self._h11.receive_data(_LAST_CHUNK)
            if type(self._h11.next_event()) is not h11.EndOfMessage:
                raise Misuse("h11 does not see the end of the request")
        if not self._keep_alive:
            self._reader.stop()  # RFC 9112 section 9.6: what follows a close is never a request

    def _tell_h11(self, skeleton: bytes) -> None:
        self._chunked_skeleton = skeleton.endswith(b"chunked\r\n\r\n")
        self._h11.receive_data(skeleton)
        if type(self._h11.next_event()) is not h11.Request:
            raise Misuse("h11 does not see the request")

    def _after_refusal(self, refusal: Refused) -> None:
        self._close = True
        self._continue_due = False
        if refusal.reason is Reason.PEER_CLOSED:
            self._gone = True
        elif self._reader.method == "HEAD" and self._h11.their_state is h11.IDLE:
            self._bodiless = True
            self._tell_h11(_skeleton(True, False, False, False))

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
        return not self._responding and not self._gone

    # Responding

    def informational_continue(self) -> bytes:
        """`100 Continue` if the client waits for it, else nothing (RFC 9110 section 10.1.1)."""
        if not self._continue_due or self._reader.body_started or self._reader.buffered:
            return b""
        self._continue_due = False
        return self._send(h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue"))

    def response_head(self, status: int, headers: Sequence[tuple[bytes, bytes]]) -> bytes:
        """A final response. Names in lower case; the caller gives Date and Content-Length, never Connection.

        Without Content-Length, which an answer to HTTP/1.0 must have, the body is sent chunked. A 204 has none (RFC 9110
        section 8.6).
        """
        if not self.can_answer:
            raise Misuse("a response has already begun, or nobody waits for one")
        try:
            check_response_fields(headers)
        except Refused as exc:
            raise Misuse(f"response {exc.detail}") from exc
        if not _OURS.isdisjoint([name for name, _ in headers]):
            raise Misuse("a field that belongs to the connection")
        if status in (_NO_CONTENT, _NOT_MODIFIED):
            self._bodiless = True
        if self._reader.reading is not Reading.DONE or self._requests >= self._limits.requests_per_connection:
            self._close = True
        framing = [field for field in headers if field[0] == b"content-length" and status != _NO_CONTENT]
        if self._needs_length and not framing and not self._bodiless:
            raise Misuse("an answer to HTTP/1.0 without its length")
        if self.must_close:
            framing.append((b"connection", b"close"))
        self._responding = True
        head = self._frame(status, framing)
        rest = b"".join([b"%b: %b\r\n" % field for field in headers if field[0] != b"content-length"])
        return head[:-2] + rest + b"\r\n"

    def _frame(self, status: int, framing: list[tuple[bytes, bytes]]) -> bytes:
        """h11 sees and writes the fields that frame the response; the others were checked here and mean nothing to it."""
        try:
            response = h11.Response(status_code=status, headers=framing, reason=_REASON_PHRASES.get(status, b"Unknown"))
        except h11.LocalProtocolError as exc:
            raise Misuse(f"response that cannot be written: {exc}") from exc
        return self._send(response)

    def response_data(self, data: bytes) -> bytes:
        """Body bytes, framed; nothing for HEAD, 204 and 304."""
        if self._bodiless or not data:
            return b""
        return self._send(h11.Data(data=data))

    def response_end(self) -> bytes:
        out = self._send(h11.EndOfMessage())
        self._answered = True
        return out

    def _send(self, event: h11.InformationalResponse | h11.Response | h11.Data | h11.EndOfMessage) -> bytes:
        try:
            return self._h11.send(event)
        except h11.LocalProtocolError as exc:
            raise Misuse(f"response out of order: {exc}") from exc

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
        try:
            self._h11.start_next_cycle()
        except h11.LocalProtocolError as exc:
            raise Misuse(f"next_cycle out of order: {exc}") from exc
        self._bodiless = self._responding = self._answered = False


_SKELETONS: dict[tuple[bool, bool, bool, bool], bytes] = {}


def _skeleton(is_head: bool, keep_alive: bool, expects: bool, has_body: bool) -> bytes:
    """The head as far as h11 needs it. The body is announced as chunked, so that its end can be told without its bytes."""
    key = (is_head, keep_alive, expects, has_body)
    made = _SKELETONS.get(key)
    if made is None:
        made = b"%b / HTTP/1.1\r\nhost: -\r\n" % (b"HEAD" if is_head else b"POST")
        made += b"" if keep_alive else b"connection: close\r\n"
        made += b"expect: 100-continue\r\n" if expects else b""
        made += b"transfer-encoding: chunked\r\n\r\n" if has_body else b"\r\n"
        _SKELETONS[key] = made
    return made
