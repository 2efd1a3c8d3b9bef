"""What a binary HTTP message may hold (section 8 of the spec): heads, fields, integers. Writers and readers share it.

Rule of this file: a check here says what is wrong and raises nothing of its own, as the two sides call it differently
(ValueError for a writer, Refused for a reader).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

Fields = Sequence[tuple[bytes, bytes]]

REQUEST_INDICATOR: Final = 2  # framing indicators of the indeterminate-length forms
RESPONSE_INDICATOR: Final = 3
VARINT_BYTES: Final = (1, 2, 4, 8)
VARINT_LEAST: Final = (0, 1 << 6, 1 << 14, 1 << 30)  # what needs this many bytes
STATUS_LEAST: Final = 200
STATUS_MOST: Final = 599
EMPTY_STATUSES: Final = frozenset({204, 304})
CONNECTION_FIELDS: Final = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)
DISARMED: Final = (
    b"sekisho-disarmed"  # the one trailer field there is: what was made of files is known when all of them have come
)
TRAILER_BYTES: Final = 8 * 1024  # of its value; 20 files take 7.4 KiB
NOT_IN_REQUESTS: Final = CONNECTION_FIELDS | {b"host", DISARMED}

METHOD: Final = re.compile(rb"(?!CONNECT\Z)[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}\Z")
AUTHORITY: Final = re.compile(
    rb"(?:[a-z0-9_](?:[a-z0-9._-]{0,253}[a-z0-9_.-])?|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?\Z"
)
TARGET: Final = re.compile(rb"/[!\"$-\[\]-~]*\Z")
# all names and all values of a section at once, joined by LF; the number of LF then proves that none holds one
_NAMES: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+(?:\n[!#$%&'*+.^_`|~0-9a-z-]+)*\Z")
_VALUE_OCTETS: Final = bytes((0x09, *range(0x20, 0x7F), *range(0x80, 0x100)))
_EDGES: Final = (b"\n ", b"\n\t", b" \n", b"\t\n")  # white space around a value that stands between two LFs
_BAD_VALUE: Final = "a field value has characters that it may not have"
_LENGTH: Final = re.compile(rb"(?:0|[1-9][0-9]{0,17})\Z")


class RequestHead(NamedTuple):
    """`path`: with the query, if any, as it goes on the wire. The scheme is https."""

    method: bytes
    authority: bytes
    path: bytes
    headers: tuple[tuple[bytes, bytes], ...]


class ResponseHead(NamedTuple):
    status: int
    headers: tuple[tuple[bytes, bytes], ...]


class Bounds(NamedTuple):
    """`head_bytes`: control data and fields, their lengths included."""

    head_bytes: int
    fields: int
    content_bytes: int


def encode_varint(number: int) -> bytes:
    """RFC 9000 section 16, as short as can be."""
    if 0 <= number < 1 << 6:
        return number.to_bytes(1)
    if 0 <= number < 1 << 14:
        return (number | 1 << 14).to_bytes(2)
    if 0 <= number < 1 << 30:
        return (number | 2 << 30).to_bytes(4)
    if 0 <= number < 1 << 62:
        return (number | 3 << 62).to_bytes(8)
    raise ValueError("a variable-length integer has at most 62 bits")


# the lengths that nearly every field has: one look instead of a call
_SHORT: Final = tuple(encode_varint(number) for number in range(1024))


def encode_string(raw: bytes) -> bytes:
    size = len(raw)
    return (_SHORT[size] if size < len(_SHORT) else encode_varint(size)) + raw


def fields_fault(names: list[bytes], values: list[bytes], forbidden: frozenset[bytes]) -> str:
    """What is wrong with a field section by section 8.6; empty when nothing is."""
    if not names:
        return ""
    joined = b"\n".join(names)
    if not _NAMES.match(joined) or joined.count(b"\n") != len(names) - 1:
        return "a field name is not a lower-case token"
    if not forbidden.isdisjoint(names):
        return "a field belongs to a connection, not to a message"
    joined = b"\n%b\n" % b"\n".join(values)
    if len(joined.translate(None, _VALUE_OCTETS)) != len(values) + 1:
        return _BAD_VALUE
    for edge in _EDGES:
        if edge in joined:
            return _BAD_VALUE
    return ""


def declared_length(names: list[bytes], values: list[bytes]) -> int | None:
    """The value of content-length; None if there is none. Raises ValueError by section 8.7."""
    if b"content-length" not in names:
        return None
    if names.count(b"content-length") != 1:
        raise ValueError("content-length is there twice")
    value = values[names.index(b"content-length")]
    if not _LENGTH.match(value):
        raise ValueError("content-length is not a decimal number")
    return int(value)
