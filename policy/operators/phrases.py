"""pm, pmFromFile: any of many phrases, ASCII letters of either case.

Rules (asked of libmodsecurity 3.0.15):
- pm's argument is phrases between white space; `|41|` is bytes in hexadecimal, and a backslash stands before `:`, `;`, `\\` and `"`. An
  argument that breaks these rules (a space between bars, another escape) is taken as it stands.
- pmFromFile: every line is a phrase as it stands, with its spaces and its carriage return; lines that are empty or begin with "#" after
  white space are left out. Several files may be named.
- The hit is the one that ends first. TX.0 gets the longest beginning of a phrase that stands there, spelled as the first phrase spells
  it that has it.

Difference on purpose: ModSecurity's automaton can miss a phrase that begins inside of a failed longer one; here none is missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policy.operators.literals import Literals
from policy.operators.match import Match, OperatorInvalid, characters_of, is_text
from policy.scan.database import ScanFailed
from policy.scan.needle import Needle, phrases
from policy.scan.tree import Unscannable

# Phrases of one operator, and the longest, in bytes. Source: CRS's lists have under 10,000 lines, of under 200 bytes.
PHRASES: Final = 50_000
PHRASE_BYTES: Final = 1_024

_HEX: Final = frozenset(b"0123456789abcdefABCDEF")


def phrases_in(argument: bytes) -> list[bytes]:
    """The phrases of pm's argument."""
    text = argument.lstrip(b" \t")
    if len(text) > 1 and text[:1] == b'"' == text[-1:]:
        text = text[1:-1]
    decoded = _decoded(text)
    return (argument if decoded is None else decoded).split()


def _decoded(text: bytes) -> bytes | None:
    out = bytearray()
    digits = bytearray()
    in_hex = escaped = False
    for byte in text:
        if byte == 0x7C:
            in_hex = not in_hex
        elif byte == 0x5C and not escaped:
            escaped = True
        elif in_hex:
            if byte not in _HEX:
                return None
            digits.append(byte)
            if len(digits) == 2:
                out.append(int(digits, 16))
                digits.clear()
        elif escaped:
            if byte not in b':;\\"':
                return None
            out.append(byte)
            escaped = False
        else:
            out.append(byte)
    return bytes(out)


def phrases_of_lines(text: bytes) -> list[bytes]:
    """The phrases of a file for pmFromFile."""
    lines = text.split(b"\n")
    return [line for line in lines if line and not line.lstrip(b" \t\v\f\r").startswith(b"#")]


class Phrases:
    """pm and pmFromFile."""

    __slots__ = ("_bytes", "_text")

    def __init__(self, phrases: Sequence[bytes]) -> None:
        if len(phrases) > PHRASES:
            raise OperatorInvalid(f"more than {PHRASES} phrases", "divide them among several rules")
        if any(len(phrase) > PHRASE_BYTES for phrase in phrases):
            raise OperatorInvalid(f"a phrase has more than {PHRASE_BYTES} bytes", "shorten it, or use @contains")
        as_text = [characters_of(phrase) for phrase in phrases]
        try:
            self._bytes = Literals(phrases)
            self._text = self._bytes if as_text == list(phrases) else Literals(as_text)
        except Unscannable as error:
            raise OperatorInvalid(
                f"the phrases cannot be compiled: {error}", "divide them among several rules"
            ) from error

    def match(self, value: bytes, characters: bool) -> Match | None:
        literals = self._text if self._text is not self._bytes and characters and is_text(value) else self._bytes
        try:
            end = literals.first_end(value)
        except ScanFailed:
            return Match(0, len(value), (), exhausted=True)
        if end is None:
            return None
        size, text = literals.longest_beginning(value, end)
        return Match(end - size, end, (text,))

    def needle(self) -> Needle | None:
        words = tuple(dict.fromkeys((*self._bytes.phrases, *self._text.phrases)))
        return phrases(words, caseless=True) if words else None
