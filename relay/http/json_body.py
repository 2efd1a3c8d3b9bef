"""application/json: docs/spec/http.md section 6.3; RFC 8259 as narrowed by RFC 7493 (I-JSON).

Rules:
1. Depth and number of values are known and bounded before the recursive parser of the standard library sees the text.
2. What two parsers could read in two ways is refused: repeated names, numbers that a double cannot hold exactly,
   lone surrogates, a byte order mark.
"""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal, InvalidOperation

from relay.base.errors import Misuse, Refused
from relay.base.limits import Limits
from relay.base.reasons import Reason
from relay.http.body import BodyEvent, Document, check_name, decode_text

_NUMBER_CHARACTERS = 32  # a double needs 17 digits, a sign, a point and an exponent
_EXACT_INTEGER = 2**53 - 1  # RFC 7493 section 2.2
# As the parser finds its end; its content is judged there. One without an end runs to the end of the text: were it no match,
# every quote in it would be tried in turn, which is quadratic.
_string = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*(?:"|\\?\Z)', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_innermost = re.compile(rb"\[\]|\{\}")  # in one pass of sub: exactly one level
_surrogate_escape = re.compile(rb"\\u[Dd][89A-Fa-f]")


class JsonParser:
    """One Document at `finish`."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._text = bytearray()

    def feed(self, data: bytes) -> list[BodyEvent]:
        if len(self._text) + len(data) > self._limits.json_bytes:
            raise Refused(Reason.BODY_TOO_LARGE, "JSON text")
        self._text += data
        return []

    def finish(self) -> list[BodyEvent]:
        raw = bytes(self._text)
        self._text.clear()
        return [Document(parse_document(raw, self._limits))]


def parse_document(raw: bytes, limits: Limits) -> object:
    text = decode_text(raw)
    _check_shape(raw, limits)
    try:
        value = _decoder.decode(text)
    except json.JSONDecodeError as exc:
        raise Refused(Reason.JSON_INVALID) from exc
    except RecursionError as exc:  # a json_depth near its maximum, called from deep inside
        raise Refused(Reason.NESTING_TOO_DEEP) from exc
    _check_strings(value, limits, surrogates=_surrogate_escape.search(raw) is not None)
    return value


def _check_shape(raw: bytes, limits: Limits) -> None:
    """Bound depth and number of values without recursion, in a few passes at the speed of C.

    Up to its first syntax error a text has the same strings here as for the parser, so it cannot hide brackets from us.
    """
    bare = _string.sub(b'""', raw)
    brackets = bare.translate(None, _NOT_BRACKETS)
    if bare.count(b",") + bare.count(b"[") + bare.count(b"{") + 1 > limits.fields:
        raise Refused(Reason.FIELDS_EXCEEDED, "values in a JSON text")
    for _ in range(limits.json_depth):
        if not brackets:
            return
        brackets = _innermost.sub(b"", brackets)
    if _innermost.search(brackets):
        raise Refused(Reason.NESTING_TOO_DEEP)
    if brackets:
        raise Refused(Reason.JSON_INVALID, "brackets do not match")


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Refused(Reason.JSON_INVALID, "member name given twice")
    return members


def _integer(text: str) -> int | float:
    if len(text) > _NUMBER_CHARACTERS or abs(int(text)) > _EXACT_INTEGER:
        raise Refused(Reason.JSON_INVALID, "integer that a double does not hold")
    return int(text) if text != "-0" else -0.0


def _fraction(text: str) -> float:
    number = float(text) if len(text) <= _NUMBER_CHARACTERS else math.nan
    if not math.isfinite(number) or not _is_exactly(number, text):
        raise Refused(Reason.JSON_INVALID, "number that a double does not hold")
    return number


def _is_exactly(number: float, text: str) -> bool:
    try:
        return Decimal(repr(number)) == Decimal(text)
    except InvalidOperation:  # an exponent of more than 18 digits
        return False


def _constant(_: str) -> object:
    raise Refused(Reason.JSON_INVALID, "NaN or Infinity")


_decoder = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_integer, parse_float=_fraction, parse_constant=_constant
)


def _check_strings(value: object, limits: Limits, *, surrogates: bool) -> None:
    waiting = [value]
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, dict):
            for name, member in entry.items():
                check_name(_utf8(name, surrogates), limits.name_bytes)
                waiting.append(member)
        elif isinstance(entry, list):
            waiting.extend(entry)
        elif isinstance(entry, str) and len(_utf8(entry, surrogates)) > limits.field_bytes:
            raise Refused(Reason.FIELD_TOO_LARGE)


def _utf8(text: str, surrogates: bool) -> bytes:
    if not surrogates:
        return text.encode()
    try:
        return text.encode()
    except UnicodeEncodeError as exc:
        raise Refused(Reason.CHARSET_INVALID, "lone surrogate") from exc


def encode_document(value: object) -> bytes:
    """The one serialisation: what `parse_document` reads back as the same value."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as exc:
        raise Refused(Reason.CHARSET_INVALID, "lone surrogate") from exc
    except (TypeError, ValueError) as exc:
        raise Misuse("a value that is no JSON text") from exc
