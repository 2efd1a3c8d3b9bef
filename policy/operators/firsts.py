"""Which bytes a match can begin with, so that other starts need not be tried.

Every answer is a superset, for both readings. Bytes from 0x80 on are told of all together: whatever can begin with a character beyond
ASCII can begin with each of them. None: nothing is known, because the pattern can match nothing, or begins with what is not looked into.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from policy.operators.pattern import Item, Token

_ASSERTIONS: Final = frozenset((b"^", b"$", b"\\b", b"\\B", b"\\A", b"\\Z", b"\\z", b"\\G"))
_FLAGS: Final = re.compile(rb"\(\?\^?[A-Za-z]*-?[A-Za-z]*\)")
_UNRESTRICTED: Final = re.compile(rb"\(\?(?:\^|[A-Za-z]*-[A-Za-z]*r)")  # the `(?r)` of pcre.py taken back
ALL: Final = (1 << 256) - 1
_HIGH: Final = ALL ^ ((1 << 128) - 1)


def _bits(members: bytes) -> int:
    bits = 0
    for member in members:
        bits |= 1 << member
    return bits


_DIGITS: Final = _bits(b"0123456789")
_LOWER: Final = _bits(b"abcdefghijklmnopqrstuvwxyz")
_UPPER: Final = _LOWER >> 32
_WORD: Final = _DIGITS | _LOWER | _UPPER | _bits(b"_")
_SPACE: Final = _bits(b" \t\n\v\f\r")
_BLANK: Final = _bits(b" \t")
_LINES: Final = _bits(b"\n\v\f\r")
# The characters reading gives each of them members beyond ASCII.
_SETS: Final = {
    b"\\d": _DIGITS | _HIGH,
    b"\\w": _WORD | _HIGH,
    b"\\s": _SPACE | _HIGH,
    b"\\h": _BLANK | _HIGH,
    b"\\v": _LINES | _HIGH,
    b"\\D": ALL ^ _DIGITS,
    b"\\W": ALL ^ _WORD,
    b"\\S": ALL ^ _SPACE,
    b"\\H": ALL ^ _BLANK,
    b"\\V": ALL ^ _LINES,
    b"\\N": ALL,
}


def first_bytes(tokens: Sequence[Token]) -> int | None:
    """The bytes as bits of one number (bit n: byte n), or None."""
    found, nullable, _ = _alternatives(tokens, 0)
    if nullable or not found:
        return None
    if any(_UNRESTRICTED.match(token.text) for token in tokens):
        found |= _HIGH
    found = _folded(found)
    return None if found == ALL else found


def _folded(found: int) -> int:
    """Each letter of ASCII in both cases; other letters are no letters of ASCII in any case (pcre.py)."""
    return found | (found & _LOWER) >> 32 | (found & _UPPER) << 32


def _byte(value: int) -> int:
    return 1 << value if value < 0x80 else _HIGH


def _alternatives(tokens: Sequence[Token], at: int) -> tuple[int, bool, int]:
    """(bytes, whether it can match nothing, index of the closing token) of the alternatives from `at` on."""
    found = 0
    nullable = False
    here, open_ended = (
        0,
        True,
    )  # of the alternative under way: its first bytes so far, and whether all of it so far can be nothing
    while at < len(tokens) and tokens[at].kind != "close":
        token = tokens[at]
        if token.kind == "or":
            found, nullable = found | here, nullable or open_ended
            here, open_ended = 0, True
            at += 1
            continue
        mine, empty, at = _atom(tokens, at)
        if at < len(tokens) and tokens[at].kind == "repeat":
            empty = empty or tokens[at].text[:1] in b"*?" or tokens[at].text[:2] == b"{0"
            at += 1
        if open_ended:
            here, open_ended = here | mine, empty
    return found | here, nullable or open_ended, at


def _atom(tokens: Sequence[Token], at: int) -> tuple[int, bool, int]:
    """(bytes, whether it can match nothing, index behind it)."""
    token = tokens[at]
    if token.kind == "open":
        found, nullable, end = _alternatives(tokens, at + 1)
        return _group(token.text, found, nullable, end + 1)
    if token.kind == "literal":
        return _byte(token.value), False, at + 1
    if token.kind == "character":
        return _byte(token.text[0]), False, at + 1
    if token.kind == "class":
        return _class(token.items, negated=bool(token.value)), False, at + 1
    if token.kind == "type":
        return _SETS.get(token.text, ALL), False, at + 1
    return 0 if _is_assertion(token.text) else ALL, True, at + 1


def _group(opening: bytes, found: int, nullable: bool, end: int) -> tuple[int, bool, int]:
    if opening[:3] in (b"(?=", b"(?!", b"(?*") or opening[:4] in (b"(?<=", b"(?<!", b"(?<*"):
        return 0, True, end
    if opening == b"(?" or opening.startswith(b"(?("):  # a condition: its branches may be skipped
        return ALL, True, end
    return found, nullable, end


def _is_assertion(text: bytes) -> bool:
    return text in _ASSERTIONS or _FLAGS.fullmatch(text) is not None


def _class(items: Sequence[Item], *, negated: bool) -> int:
    found = 0
    exact = True
    for item in items:
        if item.text:
            exact = False
            found |= _SETS.get(item.text, ALL)
        else:
            if item.low < 0x80:
                found |= (1 << min(item.high, 0x7F) + 1) - (1 << item.low)
            if item.high >= 0x80:
                found |= _HIGH
    if not negated:
        return found
    return ALL if not exact else (ALL ^ found) | _HIGH
