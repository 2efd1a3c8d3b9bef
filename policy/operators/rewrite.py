"""Patterns put together again from their tokens: bytewise, for the characters reading, and so that PCRE2 counts every step.

Rules (docs/spec/rules.md):
- Bytewise: a literal is a byte, `\\C` is any byte.
- Characters: bytes from 0x80 on that stand side by side and are valid UTF-8 mean that character, written raw or as escapes; a lone one
  means the code point of its number, so that rules for single-byte character sets do not fire inside of Japanese. In a class the ends
  of a range are characters only if both of them are whole.
- Counted: an unbounded repetition of one character becomes a repeated group. PCRE2 counts groups as steps, where it runs over
  repeated characters uncounted; so its match limit becomes a limit of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeAlias

from policy.operators.match import character_at
from policy.operators.pattern import Item, Token, take_apart

_PLAIN: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_WriteClass: TypeAlias = Callable[[Sequence[Item]], bytes]
_ATOMS: Final = frozenset(("literal", "class", "type", "character"))


def tokens_of(pattern: bytes, characters: bool) -> list[Token]:
    """The tokens of a pattern in a reading: in that for characters, of the kind "character" what stands for one; PatternInvalid."""
    tokens = take_apart(pattern)
    return _joined(tokens) if characters else tokens


def bytewise(pattern: bytes) -> bytes:
    """The pattern as ModSecurity 3 reads it, in a spelling that has one meaning; PatternInvalid."""
    return b"".join(_write(token, _class_of_bytes) for token in take_apart(pattern))


def characterwise(pattern: bytes) -> bytes:
    """The pattern for text that is UTF-8, to be compiled with UTF and UCP; PatternInvalid."""
    return b"".join(_write(token, _class_of_characters) for token in tokens_of(pattern, characters=True))


def counted(pattern: bytes, characters: bool) -> bytes:
    """As the two above, with every unbounded repetition counted; PatternInvalid."""
    tokens = tokens_of(pattern, characters)
    write_class = _class_of_characters if characters else _class_of_bytes
    written: list[bytes] = []
    for index, token in enumerate(tokens):
        if token.kind == "repeat" and token.value and index and tokens[index - 1].kind in _ATOMS:
            written[-1] = b"(?:%b)" % written[-1]
        written.append(_write(token, write_class))
    return b"".join(written)


def members(bits: int) -> bytes:
    """What stands in a class that has the bytes whose bits are set."""
    ranges: list[bytes] = []
    at = 0
    while bits >> at:
        low = at + ((bits >> at) & -(bits >> at)).bit_length() - 1
        rest = ~(bits >> low)
        at = low + (rest & -rest).bit_length() - 1
        ranges.append(_byte(low) if at == low + 1 else b"%b-%b" % (_byte(low), _byte(at - 1)))
    return b"".join(ranges)


def _write(token: Token, write_class: _WriteClass) -> bytes:
    if token.kind == "literal":
        return _byte(token.value)
    if token.kind == "class":
        return b"[%b%b]" % (b"^" if token.value else b"", write_class(token.items))
    return token.text


def _byte(value: int) -> bytes:
    return bytes([value]) if value in _PLAIN else b"\\x%02x" % value


def _code_point(value: int) -> bytes:
    return _byte(value) if value < 0x80 else chr(value).encode()


def _joined(tokens: Sequence[Token]) -> list[Token]:
    """Literals from 0x80 on made into characters."""
    joined: list[Token] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if token.kind != "literal" or token.value < 0x80:
            joined.append(token)
            index += 1
            continue
        run = bytes(part.value for part in tokens[index : index + 4] if part.kind == "literal")
        adjacent = next((n for n, part in enumerate(tokens[index : index + 4]) if part.kind != "literal"), 4)
        character = character_at(run[:adjacent], 0)
        joined.append(Token("character", character or chr(token.value).encode()))
        index += len(character) if character else 1
    return joined


def _class_of_bytes(items: Sequence[Item]) -> bytes:
    return b"".join(
        item.text or (_byte(item.low) if item.low == item.high else b"%b-%b" % (_byte(item.low), _byte(item.high)))
        for item in items
    )


def _class_of_characters(items: Sequence[Item]) -> bytes:
    return b"".join(_members(items))


def _members(items: Sequence[Item]) -> Iterable[bytes]:
    index = 0
    while index < len(items):
        item = items[index]
        if item.text:
            yield item.text
            index += 1
            continue
        first, size = _whole(items, index)
        if first is not None:
            yield first
            index += size
        elif item.low == item.high:
            yield _code_point(item.low)
            index += 1
        else:
            yield b"%b-%b" % (_code_point(item.low), _code_point(item.high))
            index += 1


def _whole(items: Sequence[Item], at: int) -> tuple[bytes | None, int]:
    """A character, or a range of characters, that the items from `at` on spell in UTF-8, and how many items that takes."""
    run: list[int] = []
    range_at = None
    for item in items[at : at + 7]:
        if item.text:
            break
        if item.low != item.high:
            if range_at is not None:
                break
            range_at = len(run)
            run.append(item.low)
        run.append(item.high)
    first = character_at(bytes(run), 0) if run and run[0] >= 0x80 else None
    if first is None:
        return None, 0
    if range_at is None or range_at > len(first) - 1:
        return first, len(first)
    if range_at < len(first) - 1:
        return None, 0
    last = character_at(bytes(run), len(first)) if len(run) > len(first) and run[len(first)] >= 0x80 else None
    if last is None or last.decode() < first.decode():
        return None, 0
    return b"%b-%b" % (first, last), len(first) + len(last) - 1
