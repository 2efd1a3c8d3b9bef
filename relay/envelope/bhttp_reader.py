"""Readers of binary HTTP messages (section 8 of the spec): bytes in, head and content out. Sans-IO and incremental.

Rules of this file:
1. What `feed` has given is a part of the message; only when `finish` returns was it the whole.
2. No byte is looked at twice but the few of an element that is not whole yet, so feeding byte by byte costs no more.
3. After a fault a reader gives nothing any more: `feed` raises Misuse, `finish` Refused.
"""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from typing import ClassVar

from relay.base.errors import Misuse, Refused
from relay.base.reasons import Reason
from relay.envelope.bhttp_grammar import (
    AUTHORITY,
    CONNECTION_FIELDS,
    DISARMED,
    EMPTY_STATUSES,
    METHOD,
    NOT_IN_REQUESTS,
    REQUEST_INDICATOR,
    RESPONSE_INDICATOR,
    STATUS_LEAST,
    STATUS_MOST,
    TARGET,
    TRAILER_BYTES,
    VARINT_BYTES,
    VARINT_LEAST,
    Bounds,
    RequestHead,
    ResponseHead,
    declared_length,
    encode_string,
    fields_fault,
)
from relay.envelope.stream import Buffer


class _Step(enum.Enum):
    """Where a reader is."""

    CONTROL = enum.auto()
    NAME = enum.auto()
    VALUE = enum.auto()
    CHUNK = enum.auto()  # the length of a content chunk is next
    CONTENT = enum.auto()  # inside a content chunk
    TRAILERS = enum.auto()
    END = enum.auto()
    FAULT = enum.auto()


class _Decoder(ABC):
    """What both readers share. `_invalid`, `_head_too_large`, `_content_too_large`: how faults are called on this side."""

    __slots__ = (
        "_at",
        "_bounds",
        "_buffer",
        "_content_bytes",
        "_control",
        "_declared",
        "_left",
        "_names",
        "_no_content",
        "_step",
        "_values",
    )
    _INVALID: ClassVar[Reason]
    _HEAD_TOO_LARGE: ClassVar[Reason]
    _CONTENT_TOO_LARGE: ClassVar[Reason]
    _FORBIDDEN: ClassVar[frozenset[bytes]]

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._buffer = bytearray()
        self._at = 0  # of the next element in the buffer
        self._control: list[bytes] = []
        self._names: list[bytes] = []
        self._values: list[bytes] = []
        self._declared: int | None = None
        self._no_content = False
        self._content_bytes = 0
        self._left = 0  # of the content chunk being read
        self._step = _Step.CONTROL

    def feed(self, data: Buffer) -> list[bytes]:
        """Take the next bytes; the content in them. `head` is set as soon as it is whole. Raises Refused."""
        step = self._step
        if step is _Step.FAULT:
            raise Misuse("a message is read on after a fault")
        self._step = _Step.FAULT  # until these bytes prove right
        self._buffer += data
        if step in (_Step.CONTROL, _Step.NAME, _Step.VALUE):
            step = self._read_head(step)
            if step in (_Step.CONTROL, _Step.NAME, _Step.VALUE):
                if len(self._buffer) > self._bounds.head_bytes:
                    raise Refused(self._HEAD_TOO_LARGE, "control data and fields are over their bound")
                self._step = step
                return []
        content: list[bytes] = []
        step = self._read_content(step, content)
        del self._buffer[: self._at]
        self._at = 0
        self._step = step
        return content

    def finish(self) -> None:
        """Returns when the message is whole and nothing follows it. Raises Refused."""
        step, self._step = self._step, _Step.FAULT
        if step is not _Step.END:
            raise Refused(self._INVALID, "the message is cut short")

    # elements

    def _varint(self) -> int | None:
        """The integer at `_at`, moving past it; None when it is not whole yet."""
        buffer, at = self._buffer, self._at
        if at >= len(buffer):
            return None
        first = buffer[at]
        if first < 0x40:
            self._at = at + 1
            return first
        size = first >> 6
        end = at + VARINT_BYTES[size]
        if end > len(buffer):
            return None
        number = int.from_bytes(buffer[at:end]) & (1 << (end - at) * 8 - 2) - 1
        if number < VARINT_LEAST[size]:
            raise Refused(self._INVALID, "an integer is longer than it need be")
        self._at = end
        return number

    def _read_string(self) -> bytes | None:
        """The length-prefixed string at `_at`, moving past it; None when it is not whole yet."""
        buffer, before = self._buffer, self._at
        if before < len(buffer) and buffer[before] < 0x40:  # the length of nearly every string is one byte
            at = before + 1
            end = at + buffer[before]
        else:
            size = self._varint()
            if size is None:
                return None
            at = self._at
            end = at + size
        if end > self._bounds.head_bytes:
            raise Refused(self._HEAD_TOO_LARGE, "control data and fields are over their bound")
        if end > len(buffer):
            self._at = before
            return None
        self._at = end
        return bytes(buffer[at:end])

    # head

    @abstractmethod
    def _read_control(self) -> bool:
        """Read what of the control data is there; whether it is whole."""

    @abstractmethod
    def _make_head(self) -> None:
        """Set `head` from the control data and the fields."""

    def _read_head(self, step: _Step) -> _Step:
        if step is _Step.CONTROL:
            if not self._read_control():
                return _Step.CONTROL
            step = _Step.NAME
        step = self._read_fields(step)
        if step is not _Step.CHUNK:
            return step
        if self._at > self._bounds.head_bytes:
            raise Refused(self._HEAD_TOO_LARGE, "control data and fields are over their bound")
        if fault := fields_fault(self._names, self._values, self._FORBIDDEN):
            raise Refused(self._INVALID, fault)
        try:
            self._declared = declared_length(self._names, self._values)
        except ValueError as error:
            raise Refused(self._INVALID, str(error)) from error
        self._make_head()
        if self._no_content:
            self._declared = None
        elif self._declared is not None and self._declared > self._bounds.content_bytes:
            raise Refused(self._CONTENT_TOO_LARGE, "content-length is over the bound")
        return _Step.CHUNK

    def _read_fields(self, step: _Step) -> _Step:
        names, values, most = self._names, self._values, self._bounds.fields
        while True:
            if step is _Step.NAME:
                name = self._read_string()
                if name is None:
                    return _Step.NAME
                if not name:
                    return _Step.CHUNK
                if len(names) == most:
                    raise Refused(self._HEAD_TOO_LARGE, "more fields than the bound")
                names.append(name)
            value = self._read_string()
            if value is None:
                return _Step.VALUE
            values.append(value)
            step = _Step.NAME

    # content

    def _read_content(self, step: _Step, content: list[bytes]) -> _Step:
        buffer = self._buffer
        while True:
            if step is _Step.CONTENT:
                piece = bytes(buffer[self._at : self._at + self._left])
                if piece:
                    content.append(piece)
                    self._at += len(piece)
                    self._left -= len(piece)
                if self._left:
                    return step
                step = _Step.CHUNK
            elif step is _Step.CHUNK:
                size = self._varint()
                if size is None:
                    return step
                step = self._begin_chunk(size) if size else self._end_content()
            elif step is _Step.TRAILERS:
                size = self._varint()
                if size is None:
                    return step
                if not size:
                    step = _Step.END
                elif not self._read_trailer(size):
                    return step
            else:
                if self._at < len(buffer):
                    raise Refused(self._INVALID, "bytes after the end of the message")
                return step

    def _read_trailer(self, size: int) -> bool:
        """A field, whose name has so many bytes; False, and `_at` where it was before, when it is not whole yet."""
        raise Refused(self._INVALID, f"a trailer, whose name has {size} bytes, is not carried")

    def _begin_chunk(self, size: int) -> _Step:
        self._content_bytes += size
        if self._no_content:
            raise Refused(self._INVALID, "content in a message that has none")
        if self._declared is not None and self._content_bytes > self._declared:
            raise Refused(self._INVALID, "more content than content-length says")
        if self._content_bytes > self._bounds.content_bytes:
            raise Refused(self._CONTENT_TOO_LARGE, "the content is over its bound")
        self._left = size
        return _Step.CONTENT

    def _end_content(self) -> _Step:
        if self._declared is not None and self._content_bytes != self._declared:
            raise Refused(self._INVALID, "less content than content-length says")
        return _Step.TRAILERS


class RequestDecoder(_Decoder):
    """Reads one request: `feed` gives content, `head` is there once it is whole, `finish` says that all was there.

    `disarmed`: the value of the trailer field, or nothing.
    """

    __slots__ = ("disarmed", "head")
    _INVALID = Reason.ENVELOPE_INVALID
    _HEAD_TOO_LARGE = Reason.HEADERS_TOO_LARGE
    _CONTENT_TOO_LARGE = Reason.BODY_TOO_LARGE
    _FORBIDDEN = NOT_IN_REQUESTS

    def __init__(self, bounds: Bounds) -> None:
        super().__init__(bounds)
        self.head: RequestHead | None = None
        self.disarmed = b""

    def _read_control(self) -> bool:
        if self._at == 0:
            indicator = self._varint()
            if indicator is None:
                return False
            if indicator != REQUEST_INDICATOR:
                raise Refused(self._INVALID, "not an indeterminate-length request")
        control = self._control
        while len(control) < 4:
            part = self._read_string()
            if part is None:
                return False
            control.append(part)
        method, scheme, authority, path = control
        if not METHOD.match(method):
            raise Refused(self._INVALID, "the method is not a token, or it is CONNECT")
        if scheme != b"https":
            raise Refused(self._INVALID, "the scheme is not https")
        if not AUTHORITY.match(authority):
            raise Refused(self._INVALID, "the authority is not a lower-case host with an optional port")
        if not TARGET.match(path):
            raise Refused(self._INVALID, "the path is not an encoded path")
        return True

    def _make_head(self) -> None:
        method, _, authority, path = self._control
        self.head = RequestHead(method, authority, path, tuple(zip(self._names, self._values, strict=True)))

    def _read_trailer(self, size: int) -> bool:
        buffer, name = self._buffer, encode_string(DISARMED)
        begin = self._at - 1
        end = begin + len(name)
        if size != len(DISARMED) or self.disarmed or not name.startswith(buffer[begin:end]):
            raise Refused(self._INVALID, "a trailer that is not carried, or carried twice")
        self._at = end
        length = self._varint() if end <= len(buffer) else None
        if length is not None and not 0 < length <= TRAILER_BYTES:
            raise Refused(self._INVALID, "a trailer of no value, or over the bound")
        if length is None or self._at + length > len(buffer):
            self._at = begin
            return False
        value = bytes(buffer[self._at : self._at + length])
        if fault := fields_fault([DISARMED], [value], CONNECTION_FIELDS):
            raise Refused(self._INVALID, fault)
        self._at += length
        self.disarmed = value
        return True


class ResponseDecoder(_Decoder):
    """Reads one final response, as RequestDecoder reads a request. `to_head`: the request was HEAD."""

    __slots__ = ("_status", "_to_head", "head")
    _INVALID = Reason.RESPONSE_INVALID
    _HEAD_TOO_LARGE = Reason.RESPONSE_TOO_LARGE
    _CONTENT_TOO_LARGE = Reason.RESPONSE_TOO_LARGE
    _FORBIDDEN = CONNECTION_FIELDS

    def __init__(self, bounds: Bounds, *, to_head: bool = False) -> None:
        super().__init__(bounds)
        self.head: ResponseHead | None = None
        self._to_head = to_head
        self._status = 0

    def _read_control(self) -> bool:
        if self._at == 0:
            indicator = self._varint()
            if indicator is None:
                return False
            if indicator != RESPONSE_INDICATOR:
                raise Refused(self._INVALID, "not an indeterminate-length response")
        status = self._varint()
        if status is None:
            return False
        if not STATUS_LEAST <= status <= STATUS_MOST:
            raise Refused(self._INVALID, "not the status of a final response")
        self._status = status
        return True

    def _make_head(self) -> None:
        self.head = ResponseHead(self._status, tuple(zip(self._names, self._values, strict=True)))
        self._no_content = self._to_head or self._status in EMPTY_STATUSES
