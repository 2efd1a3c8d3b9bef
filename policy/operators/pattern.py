r"""Regular expressions of rules, taken apart into tokens, so that rewrite.py can put them together for another reading.

PCRE2's own parser decides what is valid; this one only has to find where atoms, classes and repetitions begin and end, as PCRE2 10.44
does (the version in libmodsecurity 3.0.15), and to give literals their values, whatever way they are written.

Difference on purpose: a hyphen beside a set (`[\w-"]`) is a hyphen, as in Perl and PCRE1 and as the Core Rule Set 4.0 means it. PCRE2
refuses such a class, so that in ModSecurity 3 the rule never matches.

Refused, because a pattern must be able to start anywhere in one run and stay within its limits (pcre.py): `(*VERB)` and `(*OPTION)`,
calls of the whole pattern, callouts. Refused for want of a use: (?xx), code points above 0xFF in a value that is bytes.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

# Longest pattern, in bytes. Source: CRS's longest is under 8 KiB; PCRE2's compiled form with 2-byte links ends at 64 KiB.
PATTERN_BYTES: Final = 32 * 1024
# Groups within groups. Source: PCRE2 ends at 250, and what follows the groups here is recursive.
NESTING: Final = 150


class PatternInvalid(Exception):
    """A pattern that cannot be used: what is wrong, at which byte."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


class Item(NamedTuple):
    """Part of a class: a byte, a range of bytes, or (`text`) a set that PCRE2 knows by name."""

    low: int
    high: int
    text: bytes = b""


class Token(NamedTuple):
    """`kind`: literal (value), class (value: 1 if negated; items), type (one character of a set), any (other atoms and assertions),
    open, close, or, repeat (value: 1 if unbounded), space (nothing).
    """

    kind: str
    text: bytes
    value: int = 0
    items: tuple[Item, ...] = ()


_CONTROL: Final = {ord("a"): 7, ord("e"): 27, ord("f"): 12, ord("n"): 10, ord("r"): 13, ord("t"): 9}
_TYPES: Final = frozenset(b"dDhHsSvVwWN")
_OTHER: Final = frozenset(b"bBAZzGKRX")
_REPEAT: Final = re.compile(rb"(?:[*+?]|\{ *(?:(\d+) *(?:(,) *(?:(\d+) *)?)?|, *(\d+) *)\})([?+]?)")
_NAMED: Final = re.compile(rb"[gk](?:\{[^}]*\}|<[^>]*>|'[^']*'|[+-]?\d+)")
_PROPERTY: Final = re.compile(rb"[pP](?:\{[^}]*\}|.)", re.DOTALL)
_HEX: Final = re.compile(rb"x(?:\{ *([0-9A-Fa-f]+) *\}|([0-9A-Fa-f]{0,2}))")
_OCTAL: Final = re.compile(rb"o\{ *([0-7]+) *\}")
_FLAGS: Final = re.compile(rb"\(\?(\^?[A-Za-z]*(?:-[A-Za-z]*)?)([:)])")
_OPEN: Final = re.compile(rb"\((?:\?(?:[:|>=!*]|<[=!*]|<\w+>|P<\w+>|'\w+')|\?(?=\(\?)|\?\((?!\?|\*)[^)]*\)|(?!\?|\*))")
_CALL: Final = re.compile(rb"\(\?(?:[+-]?\d+|&\w+|P>\w+|P=\w+)\)")
_POSIX: Final = re.compile(rb"\[:\^?[a-z]+:\]")
_LETTERS: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


def take_apart(pattern: bytes) -> list[Token]:
    """The tokens of a pattern; PatternInvalid for what this parser refuses or cannot follow."""
    if len(pattern) > PATTERN_BYTES:
        raise PatternInvalid(f"the pattern has more than {PATTERN_BYTES} bytes", PATTERN_BYTES)
    return _Parser(pattern).tokens()


def looks_back(pattern: bytes) -> bool:
    """Whether what stands before a match can matter to it; PatternInvalid."""
    return any(
        token.text in (b"^", b"\\b", b"\\B", b"\\A", b"\\G") or token.text[:3] == b"(?<"
        for token in take_apart(pattern)
    )


class _Parser:
    def __init__(self, pattern: bytes) -> None:
        self._pattern = pattern
        self._at = 0
        self._groups = 0
        self._extended = [False]
        self._tokens: list[Token] = []

    def tokens(self) -> list[Token]:
        while self._at < len(self._pattern):
            self._step(self._pattern[self._at])
        return self._tokens

    def _add(self, kind: str, size: int, value: int = 0, text: bytes | None = None) -> None:
        raw = self._pattern[self._at : self._at + size]
        self._at += size
        self._tokens.append(Token(kind, raw if text is None else text, value))

    def _step(self, byte: int) -> None:
        if byte == 0x5C:
            self._escape()
        elif byte == 0x5B:
            self._tokens.append(self._class())
        elif byte == 0x28:
            self._open()
        elif byte == 0x29:
            if len(self._extended) > 1:
                self._extended.pop()
            self._add("close", 1)
        elif byte == 0x7C:
            self._add("or", 1)
        elif byte == 0x2E:
            self._add("type", 1)
        elif byte in b"^$":
            self._add("any", 1)
        elif self._extended[-1] and byte in b" \t\n\v\f\r#":
            end = self._pattern.find(b"\n", self._at) if byte == 0x23 else self._at
            self._at = len(self._pattern) if end < 0 else end + 1
        elif byte in b"*+?{" and (found := _REPEAT.match(self._pattern, self._at)):
            self._repeat(found)
        else:
            self._add("literal", 1, byte)

    def _repeat(self, found: re.Match[bytes]) -> None:
        least, comma, most, only, suffix = found.groups(b"")
        first = found[0][:1]
        unbounded = first in b"*+" or (first == b"{" and bool(comma) and not most and not only)
        text = first
        if first == b"{":
            text = b"{%b,%b}" % (least or b"0", most or only) if comma or only else b"{%b}" % least
        self._add("repeat", len(found[0]), int(unbounded), text + suffix)

    def _open(self) -> None:
        if len(self._extended) > NESTING:
            raise PatternInvalid(f"more than {NESTING} groups within groups", self._at)
        rest = self._pattern[self._at : self._at + 3]
        if rest == b"(?#":
            end = self._pattern.find(b")", self._at)
            if end < 0:
                raise PatternInvalid("a comment has no end", self._at)
            self._at = end + 1
            return
        if rest[:2] == b"(*":
            raise PatternInvalid(
                "(*...) verbs and options are refused: the pattern must start anywhere and stay in its limits", self._at
            )
        if rest == b"(?C":
            raise PatternInvalid("callouts are refused", self._at)
        if found := _CALL.match(self._pattern, self._at):
            if found[0].strip(b"(?+-)") == b"0":
                raise PatternInvalid("a call of the whole pattern is refused; give it a group and call that", self._at)
            self._add("any", len(found[0]))
        elif found := _FLAGS.match(self._pattern, self._at):
            self._flags(found)
        elif found := _OPEN.match(self._pattern, self._at):
            self._groups += found[0] == b"(" or (found[0][-1:] in b">'" and found[0] != b"(?>")
            self._extended.append(self._extended[-1])
            self._add("open", len(found[0]))
        else:
            raise PatternInvalid("this kind of group is not known", self._at)

    def _flags(self, found: re.Match[bytes]) -> None:
        on, _, off = found[1].partition(b"-")
        if b"R" in found[1]:
            raise PatternInvalid("a call of the whole pattern is refused; give it a group and call that", self._at)
        if b"xx" in on:
            raise PatternInvalid("(?xx) is refused", self._at)
        extended = (self._extended[-1] and b"^" not in on and b"x" not in off) or b"x" in on
        if found[2] == b":":
            self._extended.append(extended)
            self._add("open", len(found[0]))
        else:
            self._extended[-1] = extended
            self._add("any", len(found[0]))

    def _escape(self) -> None:
        pattern, at = self._pattern, self._at
        if at + 1 >= len(pattern):
            raise PatternInvalid("a backslash at the end", at)
        byte = pattern[at + 1]
        if byte == ord("Q"):
            end = pattern.find(b"\\E", at + 2)
            quoted = pattern[at + 2 : end if end >= 0 else len(pattern)]
            self._tokens.extend(Token("literal", bytes([literal]), literal) for literal in quoted)
            self._at = end + 2 if end >= 0 else len(pattern)
        elif byte == ord("E"):
            self._at += 2
        elif byte == ord("C"):
            self._add("type", 2, text=b"(?s:.)")
        elif byte in _TYPES and pattern[at + 1 : at + 3] != b"N{":
            self._add("type", 2)
        elif byte in _OTHER:
            self._add("any", 2)
        elif found := _PROPERTY.match(pattern, at + 1):
            self._add("type", 1 + len(found[0]))
        elif found := _NAMED.match(pattern, at + 1):
            self._named(found[0])
        elif (reference := self._reference()) is not None:
            self._add("any", len(reference), text=rb"\g{%b}" % reference[1:])
        else:
            value, size = self._literal(at)
            self._add("literal", size, value)

    def _named(self, text: bytes) -> None:
        if text[1:].strip(b"{}<>'") in (b"0", b"R"):
            raise PatternInvalid("a call of the whole pattern is refused; give it a group and call that", self._at)
        self._add("any", 1 + len(text))

    def _reference(self) -> bytes | None:
        """`\\1` to `\\9`, and more digits where that many groups stand before: a reference; other digits are octal."""
        found = re.compile(rb"\\[1-9]\d*").match(self._pattern, self._at)
        if found is None:
            return None
        number = int(found[0][1:4])
        return found[0] if number < 10 or found[0][1:2] in b"89" or number <= self._groups else None

    def _literal(self, at: int) -> tuple[int, int]:
        """(byte, length of the escape) of an escaped literal, in a class or outside."""
        pattern = self._pattern
        byte = pattern[at + 1]
        if found := _HEX.match(pattern, at + 1):
            value = int(found[1] or found[2] or b"0", 16)
        elif found := _OCTAL.match(pattern, at + 1):
            value = int(found[1], 8)
        elif found := re.compile(rb"[0-7]{1,3}").match(pattern, at + 1):
            value = int(found[0], 8)
        elif byte == ord("c"):
            if at + 2 >= len(pattern) or not 0x20 <= pattern[at + 2] < 0x7F:
                raise PatternInvalid("\\c needs a printable character", at)
            return ord(pattern[at + 2 : at + 3].upper()) ^ 0x40, 3
        elif byte in _CONTROL:
            return _CONTROL[byte], 2
        elif bytes([byte]).isalnum():
            raise PatternInvalid(f"the escape \\{chr(byte)} is not known", at)
        else:
            return byte, 2
        if value > 0xFF:
            raise PatternInvalid(
                "a code point above 0xFF cannot be in a value read as bytes; write its UTF-8 bytes", at
            )
        return value, 1 + len(found[0])

    def _class(self) -> Token:
        start = self._at
        pattern = self._pattern
        negated = pattern[start + 1 : start + 2] == b"^"
        self._at += 1 + negated
        parts: list[Item | None] = []  # None: a hyphen that may make a range
        first = True
        while True:
            if self._at >= len(pattern):
                raise PatternInvalid("a class has no end", start)
            byte = pattern[self._at]
            if byte == 0x5D and not first:
                break
            if byte == 0x2D:
                parts.append(None)
                self._at += 1
            else:
                parts.extend(self._class_part(byte))
            first = False
        self._at += 1
        return Token("class", pattern[start : self._at], int(negated), tuple(_ranges(parts, start)))

    def _class_part(self, byte: int) -> list[Item]:
        pattern, at = self._pattern, self._at
        if byte == 0x5B and (found := _POSIX.match(pattern, at)):
            self._at = found.end()
            return [Item(0, 0, found[0])]
        if byte != 0x5C:
            self._at += 1
            return [Item(byte, byte)]
        if at + 1 >= len(pattern):
            raise PatternInvalid("a class has no end", at)
        follower = pattern[at + 1]
        if follower == ord("Q"):
            end = pattern.find(b"\\E", at + 2)
            self._at = end + 2 if end >= 0 else len(pattern)
            return [Item(quoted, quoted) for quoted in pattern[at + 2 : end if end >= 0 else len(pattern)]]
        if follower == ord("E"):
            self._at += 2
            return []
        if follower in b"dDhHsSvVwW" or (found := _PROPERTY.match(pattern, at + 1)) is not None:
            size = 2 if follower not in b"pP" else 1 + len(found[0]) if found else 2
            self._at += size
            return [Item(0, 0, pattern[at : at + size])]
        if follower == ord("b"):
            self._at += 2
            return [Item(8, 8)]
        value, size = self._literal(at)
        self._at += size
        return [Item(value, value)]


def _ranges(parts: list[Item | None], at: int) -> list[Item]:
    """Hyphens between two bytes made into ranges; any other hyphen is one."""
    items: list[Item] = []
    index = 0
    while index < len(parts):
        low = parts[index] or Item(0x2D, 0x2D)
        high = parts[index + 2] if index + 2 < len(parts) else None
        if index + 2 < len(parts) and parts[index + 1] is None and not low.text:
            high = high or Item(0x2D, 0x2D)
            if not high.text:
                if high.low < low.low:
                    raise PatternInvalid("a range in a class is out of order", at)
                items.append(Item(low.low, high.low))
                index += 3
                continue
        items.append(low)
        index += 1
    return items
