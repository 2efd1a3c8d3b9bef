"""Patterns put together again from their tokens: bytewise, for the characters reading, and so that PCRE2 counts every step.

Rules (docs/spec/rules.md):
- Bytewise: a literal is a byte, `\\C` is any byte.
- Characters: bytes from 0x80 on that stand side by side and are valid UTF-8 mean that character, written raw or as escapes, and so do a
  lead byte and sets of continuation bytes (spelled.py); a lone one means the code point of its number, so that rules for single-byte
  character sets do not fire inside of Japanese. In a class the ends of a range are characters only if both of them are whole; a range up
  to \\xff that has all bytes from 0x80 on goes on to the last character.
- Characters, sets by name: \\w \\d \\s \\h \\v and POSIX classes have the members that Unicode gives them. Their complements have
  everything but the ASCII members, so that a Japanese letter is a \\w and a \\W: neither can hide what stands beside it. Under a count of
  two or more (`\\S{4}`), which asks how much of a value is of a kind, they are Unicode's complements.
- Characters, signs that are counted: what languages of attacks are made of stands in ASCII. `\\W{4}` is four signs of ASCII, and
  `(?:[+*'][^+*']*?){6}` six of these in one piece of ASCII: Japanese between them begins another.
- Characters, \\w in a pattern that names words (two ASCII letters side by side): those of ASCII. Such a pattern looks for a language made
  of ASCII words; "Delete" with Japanese behind it is none of its statements.
- Characters, \\b: also between an ASCII word character and a character beyond ASCII. \\B is the opposite.
- Counted: an unbounded repetition of one character becomes a repeated group. PCRE2 counts groups as steps, where it runs over
  repeated characters uncounted; so its match limit becomes a limit of the time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from policy.operators.match import character_at
from policy.operators.pattern import Item, Token, take_apart
from policy.operators.spelled import joined
from policy.scan.intervals import ASCII, POSIX, class_escape, intersection
from policy.scan.needle import ASCII_WORD, NO_WORD_BOUNDARY, NOT_ASCII, WORD_BOUNDARY

_PLAIN: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_ATOMS: Final = frozenset(("literal", "class", "type", "character"))
_COMPLEMENT: Final = re.compile(rb"\\[WDSHV]|\[:\^[a-z]+:\]")
_NAMED: Final = re.compile(rb"\\[wdshv]|\[:[a-z]+:\]")
_SEVERAL: Final = re.compile(rb"\{(?:[2-9]|\d\d)")  # counts that ask for two or more
_LAST: Final = "\U0010ffff".encode()


def tokens_of(pattern: bytes, characters: bool) -> list[Token]:
    """The tokens of a pattern in a reading: in that for characters, of the kind "character" what stands for one; PatternInvalid."""
    tokens = take_apart(pattern)
    return joined(tokens) if characters else tokens


def bytewise(pattern: bytes) -> bytes:
    """The pattern as ModSecurity 3 reads it, in a spelling that has one meaning; PatternInvalid."""
    return b"".join(_bytewise(take_apart(pattern)))


def characterwise(pattern: bytes) -> bytes:
    """The pattern for text that is UTF-8, to be compiled with UTF and UCP; PatternInvalid."""
    return b"".join(_characterwise(tokens_of(pattern, characters=True)))


def counted(pattern: bytes, characters: bool) -> bytes:
    """As the two above, with every unbounded repetition counted; PatternInvalid."""
    tokens = tokens_of(pattern, characters)
    written = list(_characterwise(tokens) if characters else _bytewise(tokens))
    for index, token in enumerate(tokens):
        if token.kind == "repeat" and token.value and index and tokens[index - 1].kind in _ATOMS:
            written[index - 1] = b"(?:%b)" % written[index - 1]
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


def _bytewise(tokens: Iterable[Token]) -> Iterator[bytes]:
    for token in tokens:
        if token.kind == "class":
            yield b"[%b%b]" % (b"^" if token.value else b"", b"".join(map(_bytes_of, token.items)))
        else:
            yield _byte(token.value) if token.kind == "literal" else token.text


def _characterwise(tokens: Sequence[Token]) -> Iterator[bytes]:
    words = _names_words(tokens)
    gaps = _gaps(tokens)
    inverted = [False]  # for each group that is open, whether it is inside of a negative look-around
    for index, token in enumerate(tokens):
        if token.kind == "open":
            inverted.append(inverted[-1] ^ (token.text in (b"(?!", b"(?<!")))
        elif token.kind == "close" and len(inverted) > 1:
            inverted.pop()
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        several = following is not None and following.kind == "repeat" and _SEVERAL.match(following.text) is not None
        if index in gaps:
            yield b"[^%b%b]" % (b"".join(_members(token.items)), NOT_ASCII)
        elif several and token.text == b"\\W":
            yield b"[^%b%b]" % (ASCII_WORD, NOT_ASCII)
        else:
            yield _of_text(_ascii_word(token) if words else token, wide=not inverted[-1], unicode_only=several)


def _gaps(tokens: Sequence[Token]) -> set[int]:
    """Where a counted group looks for what stands between two of the signs that it counts: `[...]` and then its complement."""
    gaps: set[int] = set()
    for index in range(len(tokens) - 5):
        group, sign, gap, repeat, close, count = tokens[index : index + 6]
        if (
            (group.kind, sign.kind, gap.kind, repeat.kind, close.kind) == ("open", "class", "class", "repeat", "close")
            and (sign.value, gap.value, gap.items) == (0, 1, sign.items)
            and _SEVERAL.match(count.text) is not None
        ):
            gaps.add(index + 2)
    return gaps


def _names_words(tokens: Sequence[Token]) -> bool:
    """Whether the pattern has two ASCII letters side by side: it then looks for a language that is made of ASCII words."""
    letters = [token.kind == "literal" and chr(token.value).isalpha() and token.value < 0x80 for token in tokens]
    return any(one and other for one, other in pairwise(letters))


def _ascii_word(token: Token) -> Token:
    """The token with the word characters of ASCII alone."""
    if token.kind == "type" and token.text == b"\\w":
        return Token("type", b"[%b]" % ASCII_WORD)
    if token.kind == "class" and not token.value:
        items = tuple(Item(0, 0, ASCII_WORD) if item.text == b"\\w" else item for item in token.items)
        return token._replace(items=items)
    return token


def _of_text(token: Token, *, wide: bool, unicode_only: bool) -> bytes:
    """`wide`: what the token may match is to be enough, otherwise what it surely matches."""
    if token.kind == "literal":
        return _byte(token.value)
    if token.kind == "class":
        return _class_of_characters(token, wide=wide, unicode_only=unicode_only)
    if token.text == b"\\b":
        return WORD_BOUNDARY
    if token.text == b"\\B":
        return NO_WORD_BOUNDARY
    if token.kind == "type" and not unicode_only:
        if wide and _COMPLEMENT.fullmatch(token.text):
            return b"[%b%b]" % (token.text, NOT_ASCII)
        if not wide and _NAMED.fullmatch(token.text):
            return b"[%b]" % _ascii_members(token.text)
    return token.text


def _byte(value: int) -> bytes:
    return bytes([value]) if value in _PLAIN else b"\\x%02x" % value


def _code_point(value: int) -> bytes:
    return _byte(value) if value < 0x80 else chr(value).encode()


def _bytes_of(item: Item) -> bytes:
    if item.text:
        return item.text
    return _byte(item.low) if item.low == item.high else b"%b-%b" % (_byte(item.low), _byte(item.high))


def _class_of_characters(token: Token, *, wide: bool, unicode_only: bool) -> bytes:
    negated = bool(token.value)
    items = list(token.items)
    more = b""
    if not unicode_only and negated == wide:
        items = [Item(0, 0, _ascii_members(item.text)) if _NAMED.fullmatch(item.text) else item for item in items]
    elif not unicode_only and any(_COMPLEMENT.fullmatch(item.text) for item in items):
        more = NOT_ASCII
    return b"[%b%b%b]" % (b"^" if negated else b"", b"".join(_members(items)), more)


def _ascii_members(name: bytes) -> bytes:
    """What a set has in ASCII, written for a class."""
    if name == b"\\w":
        return ASCII_WORD
    if name[:1] == b"[":
        ranges = POSIX.get(name[2:-2].decode())
        if ranges is None:  # PCRE2 says what is wrong with it
            return name
    else:
        ranges = intersection(class_escape(name[1:].decode(), characters=False, narrow=False), ASCII)
    return b"".join(_bytes_of(Item(low, high)) for low, high in ranges)


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
            every = item.low <= 0x80 and item.high == 0xFF
            yield b"%b-%b" % (_code_point(item.low), _LAST if every else _code_point(item.high))
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
