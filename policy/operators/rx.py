"""rx and rxGlobal: regular expressions, with `.` for every byte and `^` and `$` at every line, as ModSecurity 3 sets PCRE2.

Rules (asked of libmodsecurity 3.0.15):
- `capture` stores every group that took part, also beyond TX.9; a group that took no part leaves its TX.n as it was.
- rxGlobal goes on behind each match (one byte on after an empty one). Its groups count from the number of groups stored so far, so that
  a match with unset groups can write over what the one before it stored.
- An empty pattern (a macro that expands to nothing) is `.*`.

Differences on purpose: a pattern that PCRE2 refuses does not load (ModSecurity loads it and never matches); an exhausted limit is a
match (ModSecurity: no match). docs/spec/rules.md.
"""

from __future__ import annotations

import re
from typing import Final

from policy.effort import Effort
from policy.operators.match import Counted, Match, OperatorInvalid, is_text
from policy.operators.pattern import PatternInvalid, take_apart
from policy.operators.pcre import Exhausted, Expression, Found
from policy.operators.required import required
from policy.scan.needle import Needle

_MATCH_ALL: Final = frozenset({b".*", b"^.*", b".*$", b"^.*$"})  # `.` is every byte; a greedy start takes them all
_LITERAL: Final = re.compile(rb"(?:[A-Za-z0-9_ =<>!@%&~,;:'\"-]|\\x[0-7][0-9A-Fa-f]|\\[^A-Za-z0-9\x80-\xff])+")
_ESCAPED: Final = re.compile(rb"\\(?:x([0-7][0-9A-Fa-f])|(.))", re.DOTALL)
# Matches that rxGlobal looks for in one value. Source: ours; more is an exhausted limit.
GLOBAL_MATCHES: Final = 1_000


class Rx(Counted):
    """rx. Patterns that match everything or anything, and those that are one ASCII string, need no PCRE2."""

    __slots__ = ("_bytes", "_characters", "_is_all", "_is_any", "_literal", "_required", "pattern")

    def __init__(self, pattern: bytes) -> None:
        self.pattern = pattern = pattern or b".*"
        self._is_all = pattern in _MATCH_ALL
        self._is_any = pattern == b"."
        self._literal = literal_of(pattern)
        try:
            self._bytes = Expression(pattern, characters=False)
            self._characters = Expression(pattern, characters=True)
            self._required = required(take_apart(pattern))
        except PatternInvalid as invalid:
            near = pattern[max(0, invalid.position - 10) : invalid.position + 10].decode("latin-1")
            raise OperatorInvalid(
                f"the pattern cannot be used: {invalid.message}", f"mend it at byte {invalid.position}, near {near!r}"
            ) from invalid

    def match_within(self, value: bytes, characters: bool, effort: Effort | None) -> Match | None:
        if self._is_all:
            return Match(0, len(value), (value,))
        if self._is_any:
            return _first(value, characters) if value else None
        if self._literal is not None:
            at = value.find(self._literal)
            return None if at < 0 else Match(at, at + len(self._literal), (self._literal,))
        if value.find(self._required) < 0:
            return None
        expression = self._characters if characters and is_text(value) else self._bytes
        return _as_match(value, expression.search(value, 0, effort))

    def needle(self) -> Needle:
        return Needle("rx", self._bytes.pattern, text=self._characters.pattern)


def literal_of(pattern: bytes) -> bytes | None:
    """The string that is all that the pattern matches; None where it matches anything else, or a character beyond ASCII."""
    if not _LITERAL.fullmatch(pattern):
        return None
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]) if found[1] else found[2], pattern)


class RxGlobal(Rx):
    """rxGlobal."""

    __slots__ = ()

    def match_within(self, value: bytes, characters: bool, effort: Effort | None) -> Match | None:
        if value.find(self._required) < 0:
            return None
        expression = self._characters if characters and is_text(value) else self._bytes
        groups: dict[int, bytes] = {}
        stored = 0
        first: tuple[int, int] | None = None
        at = 0
        for _ in range(GLOBAL_MATCHES):
            found = expression.search(value, at, effort)
            if found is None:
                break
            if isinstance(found, Exhausted):
                start, end = first or (0, len(value))
                return Match(start, end, _numbered(groups), exhausted=True)
            some = {stored + n: group for n, group in enumerate(_groups(value, found)) if group is not None}
            groups.update(some)
            stored += len(some)
            start, end = found.whole
            first = first or (start, end)
            at = end if end > start else _next(value, end, expression is self._characters)
            if at > len(value):
                break
        else:
            return Match(*(first or (0, len(value))), _numbered(groups), exhausted=True)
        return None if first is None else Match(*first, _numbered(groups))


def _first(value: bytes, characters: bool) -> Match:
    """Its first byte, or its first character."""
    end = 1
    if characters and value[0] >= 0xC0 and is_text(value):
        while end < len(value) and value[end] & 0xC0 == 0x80:
            end += 1
    return Match(0, end, (value[:end],))


def _numbered(groups: dict[int, bytes]) -> tuple[bytes | None, ...]:
    return tuple(groups.get(number) for number in range(max(groups, default=-1) + 1))


def _next(value: bytes, at: int, text: bool) -> int:
    at += 1
    while text and at < len(value) and value[at] & 0xC0 == 0x80:
        at += 1
    return at


def _groups(value: bytes, found: Found) -> tuple[bytes | None, ...]:
    return tuple([None if span is None else value[span[0] : span[1]] for span in found.spans])


def _as_match(value: bytes, found: Found | Exhausted | None) -> Match | None:
    if found is None:
        return None
    if isinstance(found, Exhausted):
        return Match(0, len(value), (), exhausted=True)
    start, end = found.whole
    return Match(start, end, _groups(value, found))
