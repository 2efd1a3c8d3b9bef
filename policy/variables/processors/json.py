"""JSON: each scalar of a document is an argument, named after the way to it (manual: ARGS with the JSON processor).

`{"a": [{"b": 1}]}` has `json.a.array_0.b`; an empty key is called `empty-key`, null is the empty value, a number is the text
that was sent. What comes before a fault are arguments all the same, as the parser behind ModSecurity 3 (YAJL) hands them
over while it reads. Its liberties are kept: vertical tab and form feed are white space, UTF-8 is checked for its form only, the
first half of a surrogate pair takes whatever escape follows for the second. The messages are our own.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from dataclasses import dataclass, field
from typing import Final

from policy.variables.item import Pair
from policy.variables.limits import (
    ARGUMENTS_MAX,
    JSON_CONTAINERS_MAX,
    JSON_DEPTH_DEFAULT,
    JSON_DEPTH_MAX,
    JSON_NAME_BYTES,
    JSON_NAME_BYTES_PER_BYTE,
    JSON_PATH_BYTES_MAX,
)

_SPACE: Final = rb"[ \t\n\v\f\r]*"
_STRING: Final = rb'"([^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[^"\\\x00-\x1f]*)*)"'
_KEY: Final = re.compile(_SPACE + _STRING + _SPACE + rb"(:?)")
_VALUE: Final = re.compile(
    _SPACE
    + rb"(?:"
    + _STRING
    + rb"|(-?(?:0|[1-9][0-9]*+)(?!\.(?![0-9]))(?:\.[0-9]++|(?!\.))(?![eE](?![+-]?[0-9]))(?:[eE][+-]?[0-9]++)?)"
    + rb"|(true|false|null)|([{\[]))"
)
_AFTER: Final = re.compile(_SPACE + rb"([,}\]]?)")
_CLOSE: Final = {True: re.compile(_SPACE + rb"\]"), False: re.compile(_SPACE + rb"\}")}
_BLANK: Final = re.compile(_SPACE)
# the form of UTF-8 without its ranges: over-long forms and surrogates pass, as they do there
_UTF8_FORM: Final = re.compile(
    rb"[\x00-\x7f]*+"
    rb"(?:(?:[\xc0-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf7][\x80-\xbf]{3})[\x00-\x7f]*+)*"
)
_ESCAPES: Final = re.compile(rb'\\(["\\/bfnrt])|(?:\\u[0-9A-Fa-f]{4})+')
_ESCAPE: Final = re.compile(
    rb'\\(?:(["\\/bfnrt])|u([Dd][89ABab][0-9A-Fa-f]{2})(?:\\u([0-9A-Fa-f]{4}))?|u([0-9A-Fa-f]{4}))'
)
# YAJL drops the byte after the first half of a surrogate pair that has no second
_STRICT_ESCAPE: Final = re.compile(
    rb'\\(?:(["\\/bfnrt])|u([Dd][89ABab][0-9A-Fa-f]{2})(?:\\u([0-9A-Fa-f]{4})|[\x00-\xff])?|u([0-9A-Fa-f]{4}))'
)
_SHORT: Final = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}
_WORDS: Final = {b"true": b"true", b"false": b"false", b"null": b""}


@dataclass(slots=True)
class Json:
    """`pairs` up to the first fault; `error` is empty if there was none."""

    pairs: list[Pair] = field(default_factory=list)
    error: bytes = b""
    exceeded: str = ""


class _Stop(Exception):  # the end of the reading, with the message; never leaves this module
    def __init__(self, why: bytes, exceeded: str = "") -> None:
        self.why = why
        self.exceeded = exceeded


@dataclass(slots=True)
class _Container:
    """`prefix`: what the names of its members begin with; `index`: of the next element of an array."""

    is_array: bool
    prefix: bytes
    index: int = 0


def read_json(
    body: bytes, depth_limit: int = JSON_DEPTH_DEFAULT, room: int | None = None, *, strict: bool = False
) -> Json:
    """`room`: how many arguments SecArgumentsLimit leaves; the document is at fault if it has more. Any bytes have a reading."""
    found = Json()
    if body:
        try:
            _Reader(found, body, depth_limit, room, _STRICT_ESCAPE if strict else _ESCAPE).read()
        except _Stop as stop:
            found.error = stop.why
            found.exceeded = stop.exceeded
    return found


class _Reader:
    """`_at` is behind the last token. No recursion: the containers that are open are a list."""

    __slots__ = (
        "_at",
        "_body",
        "_containers",
        "_depth_limit",
        "_escape",
        "_found",
        "_name_bytes",
        "_open",
        "_path_bytes",
        "_room",
    )

    def __init__(self, found: Json, body: bytes, depth_limit: int, room: int | None, escape: re.Pattern[bytes]) -> None:
        self._found = found
        self._body = body
        self._depth_limit = depth_limit
        self._room = room
        self._escape = escape
        self._at = 0
        self._name_bytes = JSON_NAME_BYTES + JSON_NAME_BYTES_PER_BYTE * len(body)  # that are left
        self._path_bytes = JSON_PATH_BYTES_MAX
        self._containers = 0
        self._open: list[_Container] = []

    def read(self) -> None:
        self._value(b"json")
        while self._open:
            container = self._open[-1]
            if container.is_array:
                name = b"%b%d" % (container.prefix, container.index)
                container.index += 1
            else:
                name = container.prefix + (self._key() or b"empty-key")
            self._value(name)
        blank = _BLANK.match(self._body, self._at)
        if blank is not None and blank.end() < len(self._body):
            raise _Stop(b"something follows the document")

    def _key(self) -> bytes:
        match = _KEY.match(self._body, self._at)
        if match is None:
            raise _Stop(b"a key must be a string")
        key = _text(match[1], self._escape)
        if not match[2]:
            raise _Stop(b"a colon must follow a key")
        self._at = match.end()
        return key

    def _value(self, name: bytes) -> None:
        """Read one value, or the beginning of a container that is not empty."""
        match = _VALUE.match(self._body, self._at)
        if match is None:
            raise _Stop(b"a value is missing or not valid")
        self._at = match.end()
        kind = match.lastindex
        if kind == 4:
            self._enter(name, is_array=match[4] == b"[")
            return
        if kind == 1:
            self._argument(name, _text(match[1], self._escape))
        elif kind == 2:
            self._argument(name, match[2])
        else:
            self._argument(name, _WORDS[match[3]])
        self._after_value()

    def _enter(self, name: bytes, *, is_array: bool) -> None:
        self._containers += 1
        if self._containers > JSON_CONTAINERS_MAX:
            raise _Stop(b"more containers than JSON_CONTAINERS_MAX", "JSON_CONTAINERS_MAX")
        self._path_bytes -= len(name)
        if self._path_bytes < 0:
            raise _Stop(b"longer names of containers than JSON_PATH_BYTES_MAX", "JSON_PATH_BYTES_MAX")
        depth = len(self._open) + 1
        if depth > self._depth_limit:
            raise _Stop(b"Parsing depth limit exceeded")
        if depth > JSON_DEPTH_MAX:
            raise _Stop(b"Parsing depth limit exceeded", "JSON_DEPTH_MAX")
        empty = _CLOSE[is_array].match(self._body, self._at)
        if empty is not None:
            self._at = empty.end()
            self._after_value()
            return
        prefix = name + (b".array_" if is_array else b".")
        self._open.append(_Container(is_array, prefix))

    def _after_value(self) -> None:
        """A comma, or the end of as many containers as end here."""
        while self._open:
            match = _AFTER.match(self._body, self._at)
            mark = match[1] if match else b""
            if mark == b",":
                self._at = match.end() if match else self._at
                return
            if mark != (b"]" if self._open[-1].is_array else b"}"):
                raise _Stop(b"a comma or the end of the container must follow a value")
            self._at = match.end() if match else self._at
            self._open.pop()

    def _argument(self, name: bytes, value: bytes) -> None:
        pairs = self._found.pairs
        if self._room is not None and len(pairs) >= self._room:
            raise _Stop(b"more arguments than SecArgumentsLimit")
        if len(pairs) >= ARGUMENTS_MAX:
            raise _Stop(b"more arguments than ARGUMENTS_MAX", "ARGUMENTS_MAX")
        self._name_bytes -= len(name)
        if self._name_bytes < 0:
            raise _Stop(b"longer names than JSON_NAME_BYTES", "JSON_NAME_BYTES")
        pairs.append((name, value))


def _text(raw: bytes, escape: re.Pattern[bytes]) -> bytes:
    """A string without its escapes."""
    if not raw.isascii() and not _UTF8_FORM.fullmatch(raw):
        raise _Stop(b"a string is not UTF-8")
    if b"\\" not in raw:
        return raw
    try:
        return _ESCAPES.sub(_decoded, raw)
    except UnicodeDecodeError:  # a surrogate that has no partner
        return escape.sub(_unescaped, raw)


def _decoded(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return _SHORT.get(match[1], match[1])
    return unhexlify(match[0].replace(b"\\u", b"")).decode("utf-16-be").encode()


def _unescaped(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return _SHORT.get(match[1], match[1])
    if match[4]:
        return chr(int(match[4], 16)).encode(errors="surrogatepass")
    if match[3] is None:
        return b"?"
    return chr(0x10000 + ((int(match[2], 16) & 0x3FF) << 10) + (int(match[3], 16) & 0x3FF)).encode()
