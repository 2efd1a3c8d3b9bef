"""What the rules look for, as recipes to begin with: near-matches that keep a matcher busy, and lists of what costs to undo.

Of each pattern: a part that may repeat, repeated, behind what leads to it and before what spoils the match; the whole match again
and again; the match without its end again and again; single characters that several parts of it accept. Of a list of words: the words.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.worst.carriers import CARRIERS
from bench.worst.recipe import Recipe
from policy.scan.syntax import parse
from policy.scan.tree import Boundary, Char, Group, Item, Text, Unscannable
from policy.seclang.ast import OperatorCall, Rule, RuleSet, raw
from policy.seclang.macro import has_macro

_MANY = 6  # repetitions from which on a counted part counts as one that repeats
_REPEATS = 2  # beyond the least number, where a part is only walked through
_PUMP_CHARACTERS = 400  # longest text that is repeated
_LETTERS = "a1 '\"<>/\\=(),;.-_\t\n&%$|`:xXeE0é あ"
_SPOILERS = ("", "\x00", "!", "\n", "a", "'", "=", "〆")
_BODY_CARRIERS = ("form", "json", "multipart", "xml", "query", "cookie", "header", "files", "path")

CHEAP_TO_WRITE = (
    "%25", "%", "%u0025", "&#x26;", "&amp;", "&", "\\u005c", "\\", "\\x5c", "/*", "*/", "/**/", "/*!", "<!--", "-->", "--", "#",
    "../", "./", "//", "..\\", "\0", "^", '"', "'", "`", ",", ";", " ", "\t", "\n", "\r\n", "+", "=", "(", ")", "[", "]", "{", "}",
    "<", ">", "$", "|", "||", "&&", "0x", "0", "1", "a", "A", "é", "あ", "　", "\udc80", "\udcff", "\u212a", "\u017f", "%00",
    "eval(", "select ", "or ", "and ", "union ", "'or'", "1=1 ", "a=b;", "sp_", "javascript:", "<a ", "on", "style=", "$(", "${",
)  # fmt: skip
"""Atoms of the changes, and pumps by themselves: what transformations undo, parsers split at and lists of attacks begin with."""


@dataclass(frozen=True, slots=True)
class Sought:
    """A pattern or a list of words, and the carrier in which its rule looks for it; `leads`: texts for the links before it."""

    rule: int
    operator: str
    argument: bytes
    carrier: str
    leads: tuple[bytes, ...]


def sought(ruleset: RuleSet) -> list[Sought]:
    """Every operator with a constant argument that is looked for in texts, in the order of the rules."""
    found: list[Sought] = []
    for elements in ruleset.phases.values():
        for rule in elements:
            if isinstance(rule, Rule):
                found += _of_rule(rule)
    return found


def seeds(ones: Sequence[Sought], rng: random.Random) -> Iterator[Recipe]:
    """Recipes without end: in each round one of every pattern, in another order, between them the cheap ones."""
    order = list(ones)
    while True:
        rng.shuffle(order)
        for one in order:
            yield _recipe(one, rng)
            if rng.random() < 1 / 8:
                yield _cheap(rng)


def _of_rule(rule: Rule) -> Iterator[Sought]:
    leads: tuple[bytes, ...] = ()
    for link in rule.links:
        operator = link.operator
        if operator is None or has_macro(operator.argument):
            continue
        text = _text(operator)
        if text is not None:
            yield Sought(rule.id, operator.name, text, _carrier(link), leads)
            if operator.name == "rx" and not operator.negated:
                leads = (*leads, text)


def _text(operator: OperatorCall) -> bytes | None:
    name = operator.name.lower()
    if name in (
        "rx",
        "rxglobal",
        "pm",
        "contains",
        "containsword",
        "streq",
        "beginswith",
        "endswith",
        "strmatch",
        "within",
    ):
        return raw(operator.argument)
    return b"1' or sleep(5)-- " if name == "detectsqli" else b"<a onx=1 " if name == "detectxss" else None


def _carrier(rule: Rule) -> str:
    """Where the rule looks first: "" for most places."""
    for target in rule.targets:
        name = target.collection
        if name.startswith("RESPONSE"):
            return "response"
        if not target.exclude and name in _PLACES:
            return _PLACES[name]
    return ""


_PLACES = {
    "REQUEST_HEADERS": "header", "REQUEST_URI": "query", "REQUEST_URI_RAW": "query", "QUERY_STRING": "query", "REQUEST_LINE": "query",
    "REQUEST_FILENAME": "path", "REQUEST_BASENAME": "path", "FILES": "files", "FILES_NAMES": "files", "REQUEST_BODY": "form",
    "MULTIPART_PART_HEADERS": "files", "XML": "xml",
}  # fmt: skip


def _recipe(one: Sought, rng: random.Random) -> Recipe:
    prefix, pump, suffix = pieces(one, rng)
    carrier = one.carrier or rng.choice(_BODY_CARRIERS)
    if rng.random() < 1 / 6:
        carrier = rng.choice(tuple(CARRIERS))
    values = rng.choice((1, 1, 1, 1, 10, 100, 1_000))
    return Recipe(carrier, prefix, pump, suffix, values=values, distinct=values > 1, rules=(one.rule,))


def _cheap(rng: random.Random) -> Recipe:
    pump = "".join(rng.choice(CHEAP_TO_WRITE) for _ in range(rng.choice((1, 1, 2, 3))))
    values = rng.choice((1, 1, 100, 1_000))
    return Recipe(
        rng.choice(tuple(CARRIERS)), "", pump, "", values=values, distinct=rng.random() < 0.7,
        named=rng.random() < 0.2, depth=rng.choice((1, 1, 1, 20, 250, 500)),
    )  # fmt: skip


def pieces(one: Sought, rng: random.Random) -> tuple[str, str, str]:
    """Prefix, pump and suffix of a text that the operator nearly matches, or matches often."""
    if not one.operator.lower().startswith("rx"):
        words = one.argument.decode("utf-8", "surrogateescape").split() or [" "]
        chosen = [rng.choice(words) for _ in range(rng.choice((1, 1, 3, 10)))]
        return "", " ".join(chosen) + rng.choice((" ", "", "x")), ""
    lead = "".join(_match(text, rng) + " " for text in one.leads)
    try:
        root = parse(one.argument, characters=False).root
    except Unscannable:
        return lead, rng.choice(CHEAP_TO_WRITE), ""
    walk = _Walk(rng)
    text = walk.group(root)
    way = rng.randrange(4)
    if way < 2 and walk.repeated:
        before, pump, behind = rng.choice(walk.repeated)
        return lead + before, pump[:_PUMP_CHARACTERS], behind[: rng.randint(0, 20)] + rng.choice(_SPOILERS)
    if way == 2 and text:
        return lead, text[: max(1, len(text) - rng.randint(1, 3))][:_PUMP_CHARACTERS], rng.choice(_SPOILERS)
    return lead, (text + rng.choice(("", " ", ";", "'", "\n")))[:_PUMP_CHARACTERS] or " ", ""


def _match(pattern: bytes, rng: random.Random) -> str:
    try:
        return _Walk(rng).group(parse(pattern, characters=False).root)
    except Unscannable:
        return ""


class _Walk:
    """One way through a pattern. `repeated`: of each part that may repeat, what led to it, the part, and what came behind it inside
    the same alternative.
    """

    def __init__(self, rng: random.Random) -> None:
        self.repeated: list[tuple[str, str, str]] = []
        self._rng = rng
        self._before = ""

    def group(self, group: Group) -> str:
        if not group.alternatives:
            return ""
        text = ""
        open_: list[tuple[int, str, str]] = []
        for item in self._rng.choice(group.alternatives):
            piece, pump = self._item(item)
            if pump:
                open_.append((len(text), self._before, pump))
            text += piece
            self._before += piece
        for at, before, pump in open_:
            self.repeated.append((before, pump, text[at:]))
        return text

    def _item(self, item: Item) -> tuple[str, str]:
        """The text, and what of it may be repeated."""
        repeats = item.most is None or item.most - item.least >= _MANY
        most = item.least + _REPEATS if item.most is None else min(item.most, item.least + _REPEATS)
        parts = []
        before = self._before
        for _ in range(self._rng.randint(item.least, most) or (1 if repeats else 0)):
            parts.append(self._node(item))
            if sum(map(len, parts)) > _PUMP_CHARACTERS:
                break
        self._before = before
        return "".join(parts), parts[0] if repeats and parts else ""

    def _node(self, item: Item) -> str:
        match item.node:
            case Group():
                before = self._before
                text = self.group(item.node)
                self._before = before + text
                return text
            case Char():
                return self._char(item.node)
            case Boundary():
                return self._rng.choice(("", " "))
            case Text(text, width):
                if text in (b"^", b"$"):
                    return self._rng.choice(("", "\n"))
                return "" if width == 0 else self._rng.choice(_LETTERS)

    def _char(self, char: Char) -> str:
        """A letter that other parts may accept too, where there is one."""

        def fits(code: int) -> bool:
            return any(low <= code <= high for low, high in char.ranges) is not char.negated

        for _ in range(6):
            letter = self._rng.choice(_LETTERS)
            if fits(ord(letter)):
                return letter
        if char.negated:
            return next((chr(code) for code in range(0x20, 0x100) if fits(code)), "")
        low, high = self._rng.choice(char.ranges)
        code = self._rng.randint(low, min(high, 0x10FFFF))
        return chr(code) if code < 0x80 else chr(0xDC00 + code) if code <= 0xFF else "あ"
