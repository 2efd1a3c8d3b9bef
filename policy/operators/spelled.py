r"""Characters beyond ASCII that a pattern spells in the bytes of their UTF-8, found among its tokens.

Bytes from 0x80 on that stand side by side and are valid UTF-8 are that character. So are a lead byte and what can only be the rest of its
character: sets of continuation bytes (`\xe3[\x81-\x83][\x80-\xbf]`), counts of them (`[\xe3-\xe9][\x80-\xbf]{2}`), and a group whose
every alternative is such a rest (`\xe2(?:\x91[\xa0-\xbf]|\x92[\x80-\xbf])`): these are a set of characters. Any other byte from 0x80 on
is the code point of its number. Not seen: lead bytes that stand in another group than their continuation, and captures of a rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Final, TypeAlias

from policy.operators.match import character_at
from policy.operators.pattern import Token
from policy.scan.intervals import Ranges, union

_Bytes: TypeAlias = tuple[int, ...]
_Rest: TypeAlias = tuple[_Bytes, ...]  # of one way to go on: what each byte may be
_CONTINUATION: Final = (0x80, 0xBF)
# Lead bytes by how many bytes follow, and the least code point of each size: smaller ones are overlong.
_LEADS: Final = ((1, 0xC2, 0xDF, 0x80), (2, 0xE0, 0xEF, 0x800), (3, 0xF0, 0xF4, 0x10000))
_COUNT: Final = re.compile(rb"(?:(\+)|\{(\d)(,(\d*))?\})[+?]?")
_TOP: Final = 0x10FFFF


def joined(tokens: Sequence[Token]) -> list[Token]:
    """Tokens in which characters are of the kind "character", and sets of them that were spelled in bytes of the kind "type"."""
    found: list[Token] = []
    index = 0
    while index < len(tokens):
        token, index = _next(tokens, index)
        found.append(token)
    return found


def _next(tokens: Sequence[Token], at: int) -> tuple[Token, int]:
    token = tokens[at]
    if token.kind == "literal" and token.value >= 0x80:
        run = bytes(_literals(tokens[at : at + 4]))
        character = character_at(run, 0)
        if character:
            return Token("character", character), at + len(character)
    spelled = _spelled(tokens, at)
    if spelled is not None:
        return spelled
    if token.kind == "literal" and token.value >= 0x80:
        return Token("character", chr(token.value).encode()), at + 1
    return token, at + 1


def _literals(tokens: Sequence[Token]) -> Iterator[int]:
    for token in tokens:
        if token.kind != "literal":
            return
        yield token.value


def _spelled(tokens: Sequence[Token], at: int) -> tuple[Token, int] | None:
    """The set of characters that begins here, and where it ends."""
    for size, low, high, least in _LEADS:
        leads = _within(tokens[at], low, high)
        if not leads:
            continue
        rest = _rest(tokens, at + 1, size)
        if rest is None:
            return None
        rests, end = rest
        ranges = _code_points(leads, rests, size, least)
        if not ranges:
            return None
        members = b"".join(chr(first).encode() + b"-" + chr(last).encode() for first, last in ranges)
        return Token("type", b"[%b]" % members), end
    return None


def _within(token: Token, low: int, high: int) -> _Bytes:
    """The bytes of a literal or a class, if all are in these bounds."""
    if token.kind == "literal":
        return (token.value,) if low <= token.value <= high else ()
    if token.kind != "class" or token.value or not token.items:
        return ()
    if any(item.text or item.low < low or item.high > high for item in token.items):
        return ()
    return tuple(byte for item in token.items for byte in range(item.low, item.high + 1))


def _rest(tokens: Sequence[Token], at: int, size: int) -> tuple[list[_Rest], int] | None:
    """The ways in which `size` continuation bytes can stand here, and where they end."""
    if size == 0:
        return [()], at
    if at >= len(tokens):
        return None
    if tokens[at].kind == "open":
        return _group(tokens, at, size)
    members = _within(tokens[at], *_CONTINUATION)
    if not members:
        return None
    times, end = 1, at + 1
    if tokens[at].kind == "class" and end < len(tokens) and tokens[end].kind == "repeat":
        times, end = _times(tokens[end].text, size), end + 1
    following = _rest(tokens, end, size - times) if times else None
    if following is None:
        return None
    return [((members,) * times + rest) for rest in following[0]], following[1]


def _times(count: bytes, size: int) -> int:
    """How many of the next `size` bytes a count takes: none of what follows a character is a continuation byte. 0: it does not fit."""
    found = _COUNT.fullmatch(count)
    if found is None:
        return 0
    if found[1]:
        return size
    least = int(found[2])
    most = least if found[3] is None else int(found[4] or size)
    return min(most, size) if least <= size else 0


def _group(tokens: Sequence[Token], at: int, size: int) -> tuple[list[_Rest], int] | None:
    if tokens[at].text != b"(?:":
        return None
    ways: list[_Rest] = []
    while tokens[at].kind != "close":
        way = _rest(tokens, at + 1, size)
        if way is None or way[1] >= len(tokens) or tokens[way[1]].kind not in ("or", "close"):
            return None
        ways += way[0]
        at = way[1]
    repeated = at + 1 < len(tokens) and tokens[at + 1].kind == "repeat"
    return None if repeated else (ways, at + 1)


def _code_points(leads: _Bytes, rests: Sequence[_Rest], size: int, least: int) -> Ranges:
    found: list[tuple[int, int]] = []
    for rest in rests:
        last = union((byte & 0x3F, byte & 0x3F) for byte in rest[-1])
        for lead, *middle in product(leads, *rest[:-1]):
            base = lead & (0x3F >> size)
            for byte in middle:
                base = base << 6 | byte & 0x3F
            found += [(max(base << 6 | low, least), min(base << 6 | high, _TOP)) for low, high in last]
    return union((low, high) for low, high in found if low <= high and not 0xD800 <= low <= 0xDFFF)
