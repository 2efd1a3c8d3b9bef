"""validateByteRange, validateUrlEncoding, validateUtf8Encoding: they match what is *not* valid.

Rules (asked of libmodsecurity 3.0.15):
- validateByteRange: numbers and ranges from 0 to 255 between commas, each read up to what is no digit. A value with a byte outside
  of all of them matches.
- validateUrlEncoding: a "%" that two hexadecimal digits do not follow.
- validateUtf8Encoding: bytes that are no UTF-8, surrogates and overlong forms included. ModSecurity does not mind characters above
  U+10FFFF (F4 90 and on); the bytewise reading does as it does, the characters reading follows RFC 3629.

In the characters reading validateByteRange gives way in text with characters beyond ASCII: which characters a field may hold is the
declaration of the field (its repertoire), and ranges of bytes say nothing sensible of Japanese that has a blank or a hyphen in it.
What no text has still matches where its bytes do: controls but for TAB, LF and CR, DEL, C1 controls, non-characters. Plain ASCII is
asked all of its bytes. Where a rule negates it, to tell what is harmless by its bytes, it does not give way: a path of Japanese and
`<script>` is not made of letters and hyphens.
"""

from __future__ import annotations

import re
from typing import Final

from policy.operators.match import Match, OperatorInvalid, is_text

_PERCENT: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
# Each hexadecimal digit as "h", a percent sign as itself, anything else as a blank.
_KINDS: Final = bytes(
    byte if byte == 0x25 else 0x68 if byte in b"0123456789abcdefABCDEF" else 0x20 for byte in range(256)
)
_NUMBER: Final = re.compile(rb"[ \t\n\v\f\r]*\+?(\d{1,3})(?!\d)")
_ABOVE_UNICODE: Final = re.compile(rb"\xf4[\x90-\xbf][\x80-\xbf]{2}")
_CONTROLS: Final = (frozenset(range(0x20)) - frozenset(b"\t\n\r")) | {0x7F}
# C1 controls, U+FDD0 to U+FDEF, and the last two of every plane.
_NO_CHARACTERS: Final = re.compile(
    rb"[\xc2\xef-\xf4](?:(?<=\xc2)[\x80-\x9f]|(?<=\xef)(?:\xb7[\x90-\xaf]|\xbf[\xbe\xbf])"
    rb"|(?<=[\xf0-\xf4])[\x8f\x9f\xaf\xbf]\xbf[\xbe\xbf])"  # begins with a class of bytes, which makes it fast
)


class ValidateByteRange:
    __slots__ = ("_allowed", "_controls", "_gives_way", "_outside")

    def __init__(self, argument: bytes, *, gives_way: bool = True) -> None:
        allowed: set[int] = set()
        for part in argument.split(b","):
            first, hyphen, last = part.partition(b"-")
            low = _byte(first, part)
            high = _byte(last, part) if hyphen else low
            if low > high:
                raise _bad(part)
            allowed.update(range(low, high + 1))
        outside = bytes(byte for byte in range(256) if byte not in allowed)
        self._allowed = bytes(sorted(allowed))
        self._gives_way = gives_way
        self._outside = _any_of(outside)
        self._controls = _any_of(bytes(byte for byte in outside if byte in _CONTROLS))

    def match(self, value: bytes, characters: bool) -> Match | None:
        if not value.translate(None, self._allowed):
            return None
        if characters and self._gives_way and is_text(value):
            return self._of_text(value)
        found = self._outside.search(value)
        return None if found is None else Match(*found.span())

    def _of_text(self, value: bytes) -> Match | None:
        if found := self._controls.search(value):
            return Match(*found.span())
        for none in _NO_CHARACTERS.finditer(value):
            if self._outside.search(none[0]):
                return Match(*none.span())
        return None


class ValidateUrlEncoding:
    __slots__ = ()

    def match(self, value: bytes, characters: bool) -> Match | None:
        del characters
        if value.translate(_KINDS).count(b"%hh") == value.count(b"%"):  # a form in Japanese is nothing but escapes
            return None
        found = _PERCENT.search(value)
        return None if found is None else Match(found.start(), len(value))


class ValidateUtf8Encoding:
    __slots__ = ()

    def match(self, value: bytes, characters: bool) -> Match | None:
        try:
            value.decode()
        except UnicodeDecodeError as error:
            return Match(error.start, len(value)) if characters else self._without_above(value)
        return None

    def _without_above(self, value: bytes) -> Match | None:
        # 0xF4 only ever begins a character, so nothing else changes; the places stay.
        try:
            _ABOVE_UNICODE.sub(b"    ", value).decode()
        except UnicodeDecodeError as error:
            return Match(error.start, len(value))
        return None


def _any_of(members: bytes) -> re.Pattern[bytes]:
    if not members:
        return re.compile(rb"(?!)")
    return re.compile(b"[" + b"".join(b"\\x%02x" % member for member in members) + b"]")


def _byte(written: bytes, part: bytes) -> int:
    found = _NUMBER.match(written)
    if found is None or int(found[1]) > 0xFF:
        raise _bad(part)
    return int(found[1])


def _bad(part: bytes) -> OperatorInvalid:
    return OperatorInvalid(
        f"{part[:40].decode('latin-1')!r} is no byte and no range of bytes",
        "write numbers from 0 to 255, such as 32-126,10",
    )
