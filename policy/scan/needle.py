"""What the scanner looks for on behalf of an operator.

A needle says when its operator *may* match; the operator itself decides afterwards. It has therefore to be true of every value
that the operator matches, and may be true of others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BYTEWISE = 2**31  # added to an id in a database: this expression is for values that are not UTF-8
MAX_ID = BYTEWISE - 1  # Hyperscan's ids have 32 bits

# What the characters reading writes for \b and \B, and the parser here knows as a whole: a boundary is also between an ASCII word
# character and a character beyond ASCII, for Japanese has no blanks between words.
WORD_BOUNDARY = rb"(?:\b|(?<=[0-9A-Za-z_])(?=[[:^ascii:]])|(?<=[[:^ascii:]])(?=[0-9A-Za-z_]))"
NO_WORD_BOUNDARY = b"(?!" + WORD_BOUNDARY + b")"
# What it adds to complements, and what stands for \w in sets of which only ASCII counts.
NOT_ASCII = b"[:^ascii:]"
ASCII_WORD = b"0-9A-Z_a-z"


@dataclass(frozen=True, slots=True)
class Needle:
    """`rx`: a PCRE2 pattern, looked for anywhere under DOTALL and MULTILINE. `literal`: the bytes themselves, anywhere.

    `text` is the pattern that the operator compiles for the reading by characters (UTF-8, matched with UTF and UCP); None where it
    is `pattern` itself. For values of ASCII both have to mean the same, and where it names nothing beyond ASCII it has to match, read
    bytewise, whatever `pattern` matches. `more` are alternatives of the same kind for both readings,
    such as the other phrases of a list.
    """

    kind: Literal["rx", "literal"]
    pattern: bytes
    caseless: bool = False
    text: bytes | None = None
    more: tuple[bytes, ...] = ()

    def patterns(self, *, characters: bool) -> tuple[bytes, ...]:
        first = self.text if characters and self.text is not None else self.pattern
        return (first, *self.more)


def as_written(pattern: bytes) -> bytes:
    """Without what the characters reading adds: for questions about the letters that a rule's author wrote."""
    for spelled in (NO_WORD_BOUNDARY, WORD_BOUNDARY, NOT_ASCII, ASCII_WORD):
        pattern = pattern.replace(spelled, b"")
    return pattern


def phrases(words: tuple[bytes, ...], *, caseless: bool) -> Needle:
    """Any of these, anywhere; `words` must not be empty."""
    return Needle("literal", words[0], caseless, more=words[1:])


def quoted(literal: bytes) -> bytes:
    """The pattern that means these bytes: for a needle of kind `rx` with an anchor."""
    return b"".join(b"\\x%02x" % byte if byte < 0x80 else bytes((byte,)) for byte in literal)
