"""Percent-encoding: urlDecode, urlDecodeUni, urlEncode.

What is no valid escape stays as it is. urlDecodeUni also knows %uXXXX (of IIS and of JavaScript's escape()); the characters
reading joins two UTF-16 halves, which ModSecurity does not.
"""

from __future__ import annotations

import re
from binascii import a2b_qp, unhexlify
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from policy.transformations.code_points import (
    UnicodeMap,
    is_utf8,
    join_halves,
    low_byte,
    narrow_low_byte,
    narrow_utf8,
)
from policy.transformations.substitution import Table, substitute
from policy.transformations.utf8 import utf8_to_unicode_characters

_NUL: Final = 0
_PLUS: Final = 0x2B
_PERCENT_SIGN: Final = 0x25
# behind a "%", which stands before each of them so that the search leaps from one to the next
_RUN: Final = rb"[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2}){0,63}"  # longer runs are several
_ONE: Final = rb"[uU][0-9A-Fa-f]{4}"
_ONE_BYTES: Final = 6  # length of one %uXXXX
_TWO: Final = rb"[uU][dD][89ABab][0-9A-Fa-f]{2}%[uU][dD][C-Fc-f][0-9A-Fa-f]{2}"
_PERCENT: Final = re.compile(rb"(%" + _RUN + rb")")
_UNICODE: Final = re.compile(rb"(%(?:" + _RUN + rb"|" + _ONE + rb"))")
_PAIR_OR_ONE: Final = rb"%(?:" + _RUN + rb"|" + _TWO + rb"|" + _ONE + rb")"
_PAIRS: Final = re.compile(rb"(" + _PAIR_OR_ONE + rb")")
_ANY_ONE: Final = re.compile(rb"%" + _ONE)
_WORTH_BYTES: Final = 64  # below it, single escapes are found sooner
_STAND_IN: Final = b"\x1f"  # for "=" meanwhile
_EQUALS: Final = 0x3D
# no text has more than a few of these
_STAND_INS: Final = [(bytes([byte]), b"%%%02x" % byte) for byte in b"\x1f\x1e\x1d\x1c\x07\x06\x05\x04"]
_AS_QUOTED: Final = bytes.maketrans(b"%=", b"=" + _STAND_IN)
_RESERVED: Final = re.compile(rb"([^*0-9A-Za-z]++)")
_BYTES: Final = Table(lambda run: unhexlify(run.replace(b"%", b"")))
# Full stops of domain names (RFC 3490 3.1), which ModSecurity adds to every map. In the characters reading they end a sentence.
_FULL_STOPS: Final[UnicodeMap] = {0x3002: 0x2E, 0xFF0E: 0x2E, 0xFF61: 0x2E}
_ENCODED: Final = Table(lambda run: (b"%" + run.hex("%").encode()).replace(b"%20", b"+"))


def url_decode(value: bytes) -> bytes:
    if _PLUS in value:
        value = value.replace(b"+", b" ")
    return percent_decode(value)


def percent_decode(value: bytes) -> bytes:
    """As `url_decode`, but "+" stays as it is."""
    if _PERCENT_SIGN not in value:
        return value
    at_once = _decode_at_once(value)
    return substitute(_PERCENT, _BYTES, value) if at_once is None else at_once


def _decode_at_once(value: bytes) -> bytes | None:
    """The same in a few calls into C; None for what is short or has too many control characters."""
    if len(value) < _WORTH_BYTES:
        return None
    decoded = _decode_valid(value)
    return _decode_any(value) if decoded is None else decoded


def _decode_valid(value: bytes) -> bytes | None:
    """Where every escape is valid, as in what a browser sends; None where that is not certain.

    Quoted-printable has the same escapes with another sign; a line end behind it has a meaning of its own.
    """
    if value.find(_STAND_IN) >= 0:
        return None
    # a single byte is found sooner than two of which one is everywhere
    if (value.find(b"\n") >= 0 and value.find(b"%\n") >= 0) or (value.find(b"\r") >= 0 and value.find(b"%\r") >= 0):
        return None
    decoded = a2b_qp(value.translate(_AS_QUOTED))
    if len(value) - len(decoded) != 2 * value.count(b"%"):  # each "%" must have become one byte with its two digits
        return None
    if _EQUALS in value:
        if decoded.count(_STAND_IN) != value.count(b"="):  # some of them were escaped
            return None
        decoded = decoded.replace(_STAND_IN, b"=")
    return decoded


def _decode_any(value: bytes) -> bytes | None:
    """Whatever is valid and what not; None where the stand-ins are taken.

    Quoted-printable leaves a sign without digits where it is, except before another one, before a line end and at the end: there
    `blank` follows it meanwhile. `equals` stands for "=", sent or escaped.
    """
    if _PERCENT.search(value) is None:
        return value
    lower = value.lower()
    equals = blank = b""
    for byte, escaped in _STAND_INS:
        if byte not in value and escaped not in lower:
            if equals:
                blank = byte
                break
            equals = byte
    if not blank:
        return None
    if b"%3d" in lower:
        value = value.replace(b"%3D", equals).replace(b"%3d", equals)
    for doubled in (b"%%", b"%%", b"%\n", b"%\r"):  # %%% has two pairs, of which one replacement finds one
        if doubled in value:
            value = value.replace(doubled, b"%" + blank + doubled[1:])
    decoded = a2b_qp(value.translate(bytes.maketrans(b"%=", b"=" + equals)) + blank)
    return decoded.translate(bytes.maketrans(b"=" + equals, b"%="), blank)


def url_encode(value: bytes) -> bytes:
    return value if value.isalnum() else substitute(_RESERVED, _ENCODED, value)


class UrlDecodeUni:
    """Decodes with one Unicode map (or none), in both readings.

    A map tells a byte for a code point. The characters reading takes it only where that byte is ASCII: others are of a code page
    that the value is not in.
    """

    __slots__ = ("_both", "_both_table", "_characters", "_strict", "_wide", "active_after_utf8_to_unicode")

    def __init__(self, unicode_map: UnicodeMap | None = None) -> None:
        given = unicode_map or {}
        read_as = {**_FULL_STOPS, **given} if given else given
        ascii_only = {code_point: byte for code_point, byte in given.items() if byte < 0x80}
        self._strict = Table(_percent(_mapped(read_as, narrow_low_byte)))
        self._characters = Table(_percent(_mapped(ascii_only, narrow_utf8)))
        narrow = {code_point: narrow_low_byte(code_point)[0] for code_point in range(0xFF01, 0xFF5F)} | ascii_only
        narrow = {code_point: byte for code_point, byte in narrow.items() if _is_character(code_point)}
        self._wide = re.compile(rb"(" + _any_of(narrow) + rb")")  # begins with a byte, which makes it fast
        self._both = re.compile(rb"(" + _PAIR_OR_ONE + rb"|" + _any_of(narrow) + rb")")
        self._both_table = Table(_escape_or_wide(self._characters, narrow))
        # Of valid UTF-8 alone: what is broken changes too.
        self.active_after_utf8_to_unicode = b"+%\0" + bytes({chr(code_point).encode()[0] for code_point in narrow})

    def strict(self, value: bytes) -> bytes:
        if _PLUS in value:
            value = value.replace(b"+", b" ")
        if _PERCENT_SIGN not in value:
            return value
        at_once = _decode_without_unicode(value)
        return substitute(_UNICODE, self._strict, value) if at_once is None else at_once

    def characters(self, value: bytes) -> bytes:
        if _PLUS in value:
            value = value.replace(b"+", b" ")
        if _PERCENT_SIGN not in value:
            return value
        at_once = _decode_without_unicode(value)
        if at_once is not None:
            return at_once
        if is_utf8(value):
            return substitute(_PAIRS, self._characters, value)
        return substitute(_UNICODE, self._strict, value)

    def after_utf8_to_unicode(self, value: bytes) -> bytes:
        """The characters reading of utf8toUnicode and this one in one step, which leaves most characters where they are."""
        if value.isascii():
            if _NUL not in value:
                return self.characters(value)
        elif not is_utf8(value):
            return self.characters(utf8_to_unicode_characters(value))
        if _NUL in value:
            value = value[:-1].replace(b"\0", b"") + value[-1:]
        if _PLUS in value:
            value = value.replace(b"+", b" ")
        if _PERCENT_SIGN not in value:
            return substitute(self._wide, self._both_table, value)
        return substitute(self._both, self._both_table, value) if self._wide.search(value) else self.characters(value)


def _decode_without_unicode(value: bytes) -> bytes | None:
    """As `_decode_at_once`, where no %uXXXX is valid; else None. Where every escape is valid, none of them is one."""
    if len(value) < _WORTH_BYTES:
        return None
    decoded = _decode_valid(value)
    if decoded is None and not _has_unicode(value):
        return _decode_any(value)
    return decoded


def _has_unicode(value: bytes) -> bool:
    """Whether some %uXXXX is valid."""
    return (value.find(b"%u") >= 0 or value.find(b"%U") >= 0) and _ANY_ONE.search(value) is not None


def _is_character(code_point: int) -> bool:
    return code_point >= 0x80 and not 0xD800 <= code_point <= 0xDFFF


def _any_of(code_points: Iterable[int]) -> bytes:
    """A pattern for one of these characters in UTF-8."""
    last_bytes: dict[bytes, list[int]] = {}
    for code_point in sorted(code_points):
        encoded = chr(code_point).encode()
        last_bytes.setdefault(encoded[:-1], []).append(encoded[-1])
    return b"|".join(first + b"[" + bytes(last) + b"]" for first, last in last_bytes.items())


def _escape_or_wide(escapes: Table, narrow: Mapping[int, int]) -> Callable[[bytes], bytes]:
    def compute(found: bytes) -> bytes:
        return escapes[found] if found[0] == _PERCENT_SIGN else found.decode().translate(narrow).encode()

    return compute


def _mapped(unicode_map: UnicodeMap, write: Callable[[int], bytes]) -> Callable[[int], bytes]:
    def mapped(code_point: int) -> bytes:
        byte = unicode_map.get(code_point)
        return write(code_point) if byte is None else low_byte(byte)

    return mapped if unicode_map else write


def _percent(write: Callable[[int], bytes]) -> Callable[[bytes], bytes]:
    def compute(escape: bytes) -> bytes:
        if escape[1:2] not in b"uU":
            return _BYTES[escape]
        if len(escape) == _ONE_BYTES:
            return write(int(escape[2:], 16))
        return write(join_halves(int(escape[2:_ONE_BYTES], 16), int(escape[_ONE_BYTES + 2 :], 16)))

    return compute
