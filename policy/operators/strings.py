"""beginsWith, contains, containsWord, endsWith, streq, strmatch, within: comparisons of bytes, with the case that they have.

Rules (asked of libmodsecurity 3.0.15):
- Case is significant. An empty argument (a macro that expands to nothing) is found in every value.
- `containsWord` takes ASCII letters, and nothing else, for what words are made of: digits, "_" and bytes from 0x80 on end a word. In the
  characters reading so does what is beyond ASCII beside an ASCII letter; beside another letter beyond ASCII a letter goes on with it.
- `within` finds the value in the argument; an empty value is within everything.
- In the characters reading an argument means characters (base.characters_of), so no hit begins or ends inside of one.
"""

from __future__ import annotations

from policy.operators.match import Match, characters_of, is_text, whole
from policy.scan.needle import Needle


class _Literal:
    """Keeps the argument in both readings."""

    __slots__ = ("argument", "text")

    def __init__(self, argument: bytes) -> None:
        self.argument = argument
        self.text = characters_of(argument)

    def sought(self, value: bytes, characters: bool) -> bytes:
        if self.text is self.argument or not (characters and is_text(value)):
            return self.argument
        return self.text

    def literal(self) -> Needle | None:
        """What a scanner looks for: the argument anywhere."""
        return Needle("literal", self.argument, text=self.text) if self.argument else None


class BeginsWith(_Literal):
    __slots__ = ()

    def match(self, value: bytes, characters: bool) -> Match | None:
        sought = self.sought(value, characters)
        return Match(0, len(sought)) if value.startswith(sought) else None


class EndsWith(_Literal):
    __slots__ = ()

    def match(self, value: bytes, characters: bool) -> Match | None:
        sought = self.sought(value, characters)
        return Match(len(value) - len(sought), len(value)) if value.endswith(sought) else None


class Contains(_Literal):
    """contains and strmatch."""

    __slots__ = ()

    def match(self, value: bytes, characters: bool) -> Match | None:
        sought = self.sought(value, characters)
        at = value.find(sought)
        return Match(at, at + len(sought)) if at >= 0 else None

    def needle(self) -> Needle | None:
        return self.literal()


class Streq(_Literal):
    __slots__ = ()

    def match(self, value: bytes, characters: bool) -> Match | None:
        return whole(value) if value == self.sought(value, characters) else None


class Within(_Literal):
    __slots__ = ()

    def match(self, value: bytes, characters: bool) -> Match | None:
        return whole(value) if value in self.sought(value, characters) else None


class ContainsWord(_Literal):
    __slots__ = ()

    def match(self, value: bytes, characters: bool) -> Match | None:
        text = characters and is_text(value)
        sought = self.text if text else self.argument
        if not sought:
            return whole(value)
        at = value.find(sought)
        while at >= 0:
            end = at + len(sought)
            if not (
                _letter_before(value, at, text and sought[0] >= 0x80)
                or _letter_after(value, end, text and sought[-1] >= 0x80)
            ):
                return Match(at, end)
            at = value.find(sought, at + 1)
        return None

    def needle(self) -> Needle | None:
        return self.literal()


def _letter_before(value: bytes, at: int, beyond: bool) -> bool:
    """Whether the word goes on before `at`; `beyond`: its first character is beyond ASCII, and so may be the letter before."""
    if at == 0:
        return False
    if beyond and value[at - 1] >= 0x80:
        return value[max(0, at - 4) : at].decode(errors="ignore")[-1:].isalpha()
    return value[at - 1 : at].isalpha()


def _letter_after(value: bytes, end: int, beyond: bool) -> bool:
    if beyond and end < len(value) and value[end] >= 0x80:
        return value[end : end + 4].decode(errors="ignore")[:1].isalpha()
    return value[end : end + 1].isalpha()
