"""Binary HTTP (RFC 9292), indeterminate-length form, narrowed as section 8 of the spec says: the writers, and the names of
the readers (`bhttp_reader`). Sans-IO and incremental.

Rules of this file:
1. One encoding of each message but for the sizes of content chunks. What RFC 9292 lets a reader accept beyond that
   (known-length form, padding, truncation, informational responses, longer integers, all trailers but one) is refused.
2. Writers raise ValueError for what cannot be written; readers raise Refused. Both hold fields to the same rules, so what
   one end writes the other end reads.
"""

from __future__ import annotations

from typing import Final

from relay.base.errors import Misuse
from relay.envelope.bhttp_grammar import (
    AUTHORITY,
    CONNECTION_FIELDS,
    DISARMED,
    EMPTY_STATUSES,
    METHOD,
    NOT_IN_REQUESTS,
    STATUS_LEAST,
    STATUS_MOST,
    TARGET,
    TRAILER_BYTES,
    Bounds,
    Fields,
    RequestHead,
    ResponseHead,
    declared_length,
    encode_string,
    encode_varint,
    fields_fault,
)
from relay.envelope.bhttp_reader import RequestDecoder, ResponseDecoder
from relay.envelope.stream import Buffer

_END: Final = b"\x00\x00"  # of the content, and of no trailers
_SCHEME: Final = b"\x05https"


def _encode_fields(headers: Fields, forbidden: frozenset[bytes]) -> tuple[bytes, int | None]:
    names = [name for name, _ in headers]
    values = [value for _, value in headers]
    if fault := fields_fault(names, values, forbidden):
        raise ValueError(fault)
    declared = declared_length(names, values)
    out = []
    for name, value in headers:
        out.append(encode_string(name))
        out.append(encode_string(value))
    out.append(b"\x00")
    return b"".join(out), declared


class _Encoder:
    """`start`, then `content` any number of times, then `end`; a call out of order raises Misuse."""

    __slots__ = ("_head", "_left", "_no_content", "_state")

    def __init__(self, head: bytes, declared: int | None, *, no_content: bool) -> None:
        self._head = head
        self._left = None if no_content else declared
        self._no_content = no_content
        self._state = "new"

    def start(self) -> bytes:
        """Framing indicator, control data and fields."""
        if self._state != "new":
            raise Misuse("a message is started twice")
        self._state = "content"
        return self._head

    def content(self, data: Buffer) -> bytes:
        """One chunk of content; nothing for no data, as an empty chunk would end it."""
        return self.content_head(data) + data

    def content_head(self, data: Buffer) -> bytes:
        """What goes before `data`, of a chunk that is written without being copied; nothing for no data."""
        if self._state != "content":
            raise Misuse("content before the start or after the end")
        if not data:
            return b""
        if self._no_content:
            raise Misuse("content in a message that has none")
        if self._left is not None:
            self._left -= len(data)
            if self._left < 0:
                raise Misuse("more content than content-length says")
        return encode_varint(len(data))

    def end(self) -> bytes:
        """The end of the content, no trailers."""
        self._end()
        return _END

    def _end(self) -> None:
        if self._state != "content":
            raise Misuse("the end of a message that is not open")
        if self._left:
            raise Misuse("less content than content-length says")
        self._state = "ended"


class RequestEncoder(_Encoder):
    """Writes one request. `path`: with the query. Raises ValueError for what section 8 does not allow."""

    __slots__ = ()

    def __init__(self, method: bytes, authority: bytes, path: bytes, headers: Fields) -> None:
        if not METHOD.match(method):
            raise ValueError("the method is not a token, or it is CONNECT")
        if not AUTHORITY.match(authority):
            raise ValueError("the authority is not a lower-case host with an optional port")
        if not TARGET.match(path):
            raise ValueError("the path does not begin with / or has characters that must be encoded")
        fields, declared = _encode_fields(headers, NOT_IN_REQUESTS)
        head = b"\x02" + encode_string(method) + _SCHEME + encode_string(authority) + encode_string(path) + fields
        super().__init__(head, declared, no_content=False)

    def end_with(self, disarmed: bytes) -> bytes:
        """As `end`, with the trailer field, if it has a value. Raises ValueError for one that no reader takes."""
        if not disarmed:
            return self.end()
        if len(disarmed) > TRAILER_BYTES or fields_fault([DISARMED], [disarmed], CONNECTION_FIELDS):
            raise ValueError("the trailer field has characters that it may not have, or too many")
        self._end()
        return b"\x00" + encode_string(DISARMED) + encode_string(disarmed) + b"\x00"


class ResponseEncoder(_Encoder):
    """Writes one final response. `to_head`: the request was HEAD. Raises ValueError for what section 8 does not allow."""

    __slots__ = ()

    def __init__(self, status: int, headers: Fields, *, to_head: bool = False) -> None:
        if not STATUS_LEAST <= status <= STATUS_MOST:
            raise ValueError("not the status of a final response")
        fields, declared = _encode_fields(headers, CONNECTION_FIELDS)
        head = b"\x03" + encode_varint(status) + fields
        super().__init__(head, declared, no_content=to_head or status in EMPTY_STATUSES)


__all__ = [
    "Bounds",
    "Fields",
    "RequestDecoder",
    "RequestEncoder",
    "RequestHead",
    "ResponseDecoder",
    "ResponseEncoder",
    "ResponseHead",
]
