"""What an operator is: one question about one value, answered with where and with what it matched.

Rules:
- Values and arguments are bytes. An operator keeps nothing between two questions, and negation is not its business.
- `characters` asks for the characters reading (docs/spec/rules.md). A value that is plain ASCII or no valid UTF-8 is read bytewise all
  the same; `is_text` decides that, here and nowhere else.
- An operator that could not finish within its limits says so with a match: `exhausted` is a match, never a miss.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from policy.effort import Effort


class Match(NamedTuple):
    """Where an operator matched: `start` and `end` are byte offsets in the value.

    `groups[n]` is what the action `capture` stores as TX.n; None: group n took no part, and TX.n keeps what it held. Operators that
    capture nothing have no groups. `exhausted`: a limit was reached before the answer was known.
    """

    start: int
    end: int
    groups: tuple[bytes | None, ...] = ()
    exhausted: bool = False


class Operator(Protocol):
    """One operator with its argument worked in."""

    def match(self, value: bytes, characters: bool) -> Match | None:
        """The match, or None. Never raises, whatever the value."""


class Counted:
    """An operator whose work depends on more than how long a value is: it counts what it does among the steps of the request."""

    __slots__ = ()

    def match(self, value: bytes, characters: bool) -> Match | None:
        return self.match_within(value, characters, None)

    def match_within(self, value: bytes, characters: bool, effort: Effort | None) -> Match | None:
        """As `match`, with what all operators of a request may cost together. Exhausted where no step is left."""
        raise NotImplementedError


class OperatorInvalid(Exception):
    """An operator that cannot be built: what is wrong, and what to mend."""

    def __init__(self, message: str, mend: str) -> None:
        super().__init__(f"{message}; {mend}")
        self.message = message
        self.mend = mend


def is_text(value: bytes) -> bool:
    """Whether the characters reading differs for this value: it is valid UTF-8 and not plain ASCII."""
    if value.isascii():
        return False
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def whole(value: bytes) -> Match:
    """The match of an operator that speaks of the value as a whole."""
    return Match(0, len(value))


def characters_of(literal: bytes) -> bytes:
    """The UTF-8 text that a rule's literal means in the characters reading.

    A valid UTF-8 sequence is its character; any other byte from 0x80 on is the code point of that number.
    """
    try:
        literal.decode()
    except UnicodeDecodeError:
        return b"".join(_pieces(literal))
    return literal


def character_at(data: bytes, at: int) -> bytes | None:
    """The multi-byte UTF-8 character that begins at `at`, or None."""
    lead = data[at]
    size = 2 if 0xC2 <= lead < 0xE0 else 3 if 0xE0 <= lead < 0xF0 else 4 if 0xF0 <= lead < 0xF5 else 0
    piece = data[at : at + size]
    if len(piece) != size or not size:
        return None
    try:
        piece.decode()
    except UnicodeDecodeError:
        return None
    return piece


def _pieces(literal: bytes) -> list[bytes]:
    pieces = []
    at = 0
    while at < len(literal):
        character = character_at(literal, at) if literal[at] >= 0x80 else None
        pieces.append(character or chr(literal[at]).encode())
        at += len(character) if character else 1
    return pieces
