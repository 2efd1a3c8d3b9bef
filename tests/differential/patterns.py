"""Strings that match, or nearly match, the rules' own regular expressions: no rule is left without a case.

The expressions are read from the rule files on this machine, parsed by Python's own parser (PCRE's syntax is close to
it), and walked at random. What Python cannot parse is left out, and so is what a look-around demands: a string need not
match, since both engines are asked about the same string.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Iterable, Iterator
from pathlib import Path
from re import _constants as sre  # type: ignore[attr-defined]  # no public parser exists
from re import _parser  # type: ignore[attr-defined]

_RULE = re.compile(r'^SecRule\s+(\S+)\s+"!?@rx ((?:[^"\\]|\\.)*)"', re.MULTILINE | re.DOTALL)
_MOST_REPEATS = 3  # above the least that the expression asks for
_LONGEST = 300  # characters
_ODD = "\t\n\r \x00あ＜％é'\"<>()[]{};=&|`$%\\/-#*+.,:!?@^~"
_PRINTABLE = string.ascii_letters + string.digits + _ODD


def expressions(rule_files: Iterable[Path]) -> Iterator[str]:
    """Each `@rx` argument of the files, in order, with escaped quotes undone."""
    for file in rule_files:
        for found in _RULE.finditer(file.read_text(encoding="utf-8")):
            yield found[2].replace('\\"', '"')


def strings(expression: str, rng: random.Random, count: int) -> list[str]:
    """Up to `count` strings; none if Python cannot parse the expression."""
    try:
        parsed = _parser.parse(expression)
    except (re.error, OverflowError, RecursionError):
        return []
    return ["".join(_walk(parsed, rng, {}))[:_LONGEST] for _ in range(count)]


def _walk(items: Iterable[tuple[object, object]], rng: random.Random, groups: dict[int, str]) -> Iterator[str]:
    for operation, argument in items:
        yield from _item(operation, argument, rng, groups)


def _item(operation: object, argument: object, rng: random.Random, groups: dict[int, str]) -> Iterator[str]:
    if operation is sre.LITERAL:
        yield _letter(argument, rng)
    elif operation is sre.NOT_LITERAL:
        yield rng.choice([character for character in _PRINTABLE if ord(character) != argument])
    elif operation is sre.ANY:
        yield rng.choice(_PRINTABLE)
    elif operation is sre.IN:
        yield _member(argument, rng)
    elif operation is sre.BRANCH:
        yield from _walk(rng.choice(argument[1]), rng, groups)
    elif operation is sre.SUBPATTERN:
        groups[argument[0]] = "".join(_walk(argument[3], rng, groups))
        yield groups[argument[0]]
    elif operation in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        least, most, inner = argument
        for _ in range(rng.randint(least, min(most, least + _MOST_REPEATS))):
            yield from _walk(inner, rng, groups)
    elif operation is sre.ATOMIC_GROUP:
        yield from _walk(argument, rng, groups)
    elif operation is sre.GROUPREF:
        yield groups.get(argument, "")
    elif operation is sre.ASSERT and argument[0] == 1:  # a look-ahead's text, half of the time
        if rng.random() < 0.5:
            yield from _walk(argument[1], rng, groups)
    elif operation is sre.AT and rng.random() < 0.2:
        yield rng.choice((" ", "\n", "x", ""))


def _letter(code: int, rng: random.Random) -> str:
    letter = chr(code)
    return letter.swapcase() if rng.random() < 0.1 else letter


def _member(items: list[tuple[object, object]], rng: random.Random) -> str:
    if items[0][0] is sre.NEGATE:
        allowed = [character for character in _PRINTABLE if not any(_is_in(item, character) for item in items[1:])]
        return rng.choice(allowed or [" "])
    operation, argument = rng.choice(items)
    if operation is sre.LITERAL:
        return _letter(argument, rng)
    if operation is sre.RANGE:
        return chr(rng.randint(argument[0], min(argument[1], argument[0] + 200)))
    return rng.choice([character for character in _PRINTABLE if _is_in((operation, argument), character)] or [" "])


def _is_in(item: tuple[object, object], character: str) -> bool:
    operation, argument = item
    if operation is sre.LITERAL:
        return ord(character) == argument
    if operation is sre.RANGE:
        return argument[0] <= ord(character) <= argument[1]
    sense = {
        sre.CATEGORY_DIGIT: character.isdigit(),
        sre.CATEGORY_NOT_DIGIT: not character.isdigit(),
        sre.CATEGORY_SPACE: character.isspace(),
        sre.CATEGORY_NOT_SPACE: not character.isspace(),
        sre.CATEGORY_WORD: character.isalnum() or character == "_",
        sre.CATEGORY_NOT_WORD: not (character.isalnum() or character == "_"),
    }
    return sense.get(argument, False)
