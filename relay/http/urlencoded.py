"""application/x-www-form-urlencoded: bodies and queries. docs/spec/http.md section 6.1; WHATWG URL section 5.

Stricter than WHATWG: bytes are printable ASCII, every "%" begins a triplet, what it encodes is text of the charset, no pair and no name
is empty. "&" alone separates pairs (";" is data), the first "=" separates name and value, "+" is a space, and a name
without "=" has the value "".

How it works. A form that a browser made is decoded as a whole by a few calls into C (`_Pairs._at_once`). Whatever is unusual
in it is left to `_Pairs.decode`, pair by pair, which alone knows the reasons of refusal; so both must accept the same, and
tests/property/test_http_bodies.py compares them.
"""

from __future__ import annotations

import binascii
import re
from functools import lru_cache

from relay.base.errors import Misuse, Refused
from relay.base.limits import Limits
from relay.base.reasons import Reason
from relay.http import grammar
from relay.http.body import BodyEvent, Field, check_name, decode_text
from relay.http.charset import CHARSET_FIELD, UTF_8, Charset, charset_field, to_utf8

_ALLOWED = bytes(range(0x21, 0x7F))
_ALLOWED_BUT_PERCENT = _ALLOWED.replace(b"%", b"")
_TRIPLET_BYTES = 3
_triplets = re.compile(rb"((?:" + grammar.TRIPLET + rb")+)")  # for split: every second piece is a run of triplets
# Quoted-printable has the same triplets with another sign. The two separators become control bytes meanwhile, which no form
# has unescaped, so that they stay apart from what the triplets say.
_PAIR, _VALUE = "\x1e", "\x1f"
_AS_QUOTED = bytes.maketrans(b"%&=+", b"=\x1e\x1f ")
_UTF8_MOST = 4  # bytes of a character
_NAMES_HELD = 4096  # written before: names are declared, so there are few
_kept = re.compile(rb"[^*\-._0-9A-Za-z]++")  # what the WHATWG serialiser does not keep; for sub


class _Pairs:
    """Decodes pairs one after another and counts them."""

    def __init__(self, limits: Limits, invalid: Reason, charset: Charset = UTF_8) -> None:
        self._limits = limits
        self._charset = charset
        self._invalid = invalid
        self._count = 0
        self._name_chars = limits.name_bytes // _UTF8_MOST  # so many are surely within the limit
        self._value_chars = limits.field_bytes // _UTF8_MOST
        self.longest = _TRIPLET_BYTES * (limits.name_bytes + limits.field_bytes) + 1

    def check_length(self, size: int) -> None:
        if size > self.longest:
            raise Refused(Reason.FIELD_TOO_LARGE)

    def decode_all(self, raw: bytes) -> list[Field]:
        """Complete pairs, with "&" between them."""
        return self._at_once(raw) or [self.decode(pair) for pair in raw.split(b"&")]

    def _at_once(self, raw: bytes) -> list[Field] | None:
        """None where any of it is refused, or unusual."""
        percents = raw.translate(None, _ALLOWED_BUT_PERCENT)  # and whatever no form has
        if self._charset is not UTF_8 or len(raw) > self.longest or percents.count(b"%") != len(percents):
            return None
        plain = binascii.a2b_qp(raw.translate(_AS_QUOTED))
        if len(raw) - len(plain) != 2 * len(percents):  # every "%" must have become one byte with its two digits
            return None
        try:
            text = plain.decode()
        except UnicodeDecodeError:
            return None
        if CHARSET_FIELD in text:
            return None
        pairs = text.split(_PAIR)
        if len(pairs) != raw.count(b"&") + 1 or text.count(_VALUE) != len(pairs) or raw.count(b"=") != len(pairs):
            return None
        if self._count + len(pairs) > self._limits.fields:
            return None
        decoded: list[Field] = []
        for pair in pairs:
            name, _, value = pair.partition(_VALUE)
            if not name or _VALUE in value or len(name) > self._name_chars or len(value) > self._value_chars:
                return None
            decoded.append(Field(name, value))
        self._count += len(pairs)
        return decoded

    def decode(self, raw: bytes) -> Field:
        self.check_length(len(raw))
        self._count += 1
        if self._count > self._limits.fields:
            raise Refused(Reason.FIELDS_EXCEEDED)
        if raw.translate(None, _ALLOWED):
            raise Refused(self._invalid, "byte that no form has")
        name, _, value = raw.partition(b"=")
        name = to_utf8(self._unescape(name), self._charset)
        value = to_utf8(self._unescape(value), self._charset)
        if not name:
            raise Refused(self._invalid, "empty name or empty pair")
        check_name(name, self._limits.name_bytes)
        if len(value) > self._limits.field_bytes:
            raise Refused(Reason.FIELD_TOO_LARGE)
        field = Field(decode_text(name), decode_text(value))
        return charset_field(field, self._charset) if field.name == CHARSET_FIELD else field

    def _unescape(self, raw: bytes) -> bytes:
        if b"+" in raw:
            raw = raw.replace(b"+", b" ")
        if b"%" not in raw:
            return raw
        pieces = _triplets.split(raw)
        for index in range(1, len(pieces), 2):
            pieces[index] = binascii.unhexlify(pieces[index].replace(b"%", b""))
        if b"%" in b"".join(pieces[::2]):
            raise Refused(self._invalid, "broken percent triplet")
        return b"".join(pieces)


class UrlencodedParser:
    """An empty body has no fields."""

    def __init__(self, limits: Limits, charset: Charset = UTF_8) -> None:
        self._pairs = _Pairs(limits, Reason.URLENCODED_INVALID, charset)
        self._open = bytearray()  # the pair that is still arriving
        self._any = False

    def feed(self, data: bytes) -> list[BodyEvent]:
        if not data:
            return []
        self._any = True
        cut = data.rfind(b"&")
        if cut < 0:
            self._open += data
            self._pairs.check_length(len(self._open))
            return []
        raw = bytes(self._open) + data[:cut]
        self._open = bytearray(data[cut + 1 :])
        events: list[BodyEvent] = [*self._pairs.decode_all(raw)]
        self._pairs.check_length(len(self._open))
        return events

    def finish(self) -> list[BodyEvent]:
        if not self._any:
            return []
        return [*self._pairs.decode_all(bytes(self._open))]


def parse_query(query: str, limits: Limits) -> list[Field]:
    """The pairs of a query; "" has none. Refuses its form with QUERY_INVALID."""
    if not query:
        return []
    pairs = _Pairs(limits, Reason.QUERY_INVALID)
    try:
        raw = query.encode("ascii")
    except UnicodeEncodeError as exc:
        raise Refused(Reason.QUERY_INVALID, "not ASCII") from exc
    return pairs.decode_all(raw)


def _encode(text: str) -> bytes:
    try:
        raw = text.encode()
    except UnicodeEncodeError as exc:
        raise Refused(Reason.CHARSET_INVALID, "lone surrogate") from exc
    return raw if raw.isalnum() else _kept.sub(_encode_run, raw)


def _encode_run(run: re.Match[bytes]) -> bytes:
    return b"%" + binascii.hexlify(run[0], b"%").upper()


_encode_name = lru_cache(maxsize=_NAMES_HELD)(_encode)


class UrlencodedWriter:
    """The one serialisation, for a body that is written anew while it streams: what the parser reads back as the same fields.

    A space becomes %20, which is one everywhere.
    """

    def __init__(self) -> None:
        self._separator = b""

    def field(self, name: str, value: str) -> bytes:
        if not name:
            raise Misuse("a field without a name")
        out = self._separator + _encode_name(name) + b"=" + _encode(value)
        self._separator = b"&"
        return out

    def end(self) -> bytes:
        return b""
