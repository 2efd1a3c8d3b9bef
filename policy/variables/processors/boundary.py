"""The boundary in the Content-Type of a multipart body, with every check that ModSecurity 3 makes on the way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from policy.variables.limits import CONTENT_TYPE_BYTES

_MEDIA_TYPE: Final = b"multipart/form-data"
_WORD: Final = b"boundary"
_BEFORE: Final = re.compile(rb"[ \t\n\v\f\r]*(;?)[ \t\n\v\f\r]*")
_VALID: Final = re.compile(
    rb"(?:[0-9A-Za-z'()+_,\-./:=? ]*[0-9A-Za-z'()+_,\-./:=?])?"
)  # RFC 2046 5.1.1: no space at the end
_SPACE: Final = b" \t\n\v\f\r"


@dataclass(slots=True)
class Boundary:
    """`value` is empty if there is none to be used; `error` says why, if ModSecurity says it."""

    value: bytes = b""
    error: bytes = b""
    missing_semicolon: bool = False
    whitespace: bool = False
    quoted: bool = False

    def fail(self, why: bytes) -> Boundary:
        self.error = b"Multipart: " + why
        return self


def read_boundary(content_type: bytes) -> Boundary:
    """Any bytes have a reading."""
    found = Boundary()
    if not content_type:
        return found.fail(b"Content-Type header not available.")
    if len(content_type) > CONTENT_TYPE_BYTES:
        return found.fail(b"Invalid boundary in C-T (length).")
    header = content_type.partition(b"\0")[0]
    if header[: len(_MEDIA_TYPE)].lower() != _MEDIA_TYPE:
        return found.fail(b"Invalid MIME type.")
    if _count(header) > 1:
        return found.fail(b"Multiple boundary parameters in C-T.")
    at = header.find(_WORD)
    if at < 0:
        return found.fail(
            b"Invalid boundary in C-T (case sensitivity)." if _count(header) else b"Boundary not found in C-T."
        )
    before = _BEFORE.fullmatch(header, len(_MEDIA_TYPE), at)
    if before is None:
        return found.fail(b"Invalid boundary in C-T (malformed).")
    found.missing_semicolon = not before[1]
    return _read_value(found, header[at + len(_WORD) :])


def _read_value(found: Boundary, rest: bytes) -> Boundary:
    """`rest` follows the word."""
    gap, equals, value = rest.partition(b"=")
    if not equals:
        return found.fail(b"Invalid boundary in C-T (malformed).")
    stripped = gap.lstrip(_SPACE)
    found.whitespace = stripped is not gap and len(stripped) < len(gap)
    if stripped:
        return found.fail(b"Invalid boundary in C-T (parameter name).")
    found.whitespace = found.whitespace or value[:1].isspace()
    if len(value) >= 2 and value.startswith(b'"') and value.endswith(b'"'):
        value = value[1:-1]
        found.quoted = bool(value)
    elif value.startswith(b'"') or (len(value) >= 2 and value.endswith(b'"')):
        return found.fail(b"Invalid boundary in C-T (quote).")
    if not value:
        return found
    if _count(value):
        return found.fail(b"Invalid boundary in C-T (content).")
    if not _VALID.fullmatch(value):
        value = value.partition(b";")[0]
        if not _VALID.fullmatch(value):
            return found.fail(b"Invalid boundary in C-T (characters).")
        if not value:
            return found.fail(b"Invalid boundary in C-T (empty).")
    found.value = value
    return found


def _count(text: bytes) -> int:
    """How often the word is there, in any case, with an equals sign somewhere after it."""
    before_last_equals = text.lower().rpartition(b"=")[0]
    return before_last_equals.count(_WORD)
