"""Values that a pattern matches, or nearly: a walk through its tree, and what is then done to the outcome."""

from __future__ import annotations

import random
from collections.abc import Sequence

from policy.scan.intervals import TOP_BYTE, TOP_CHARACTER, complement
from policy.scan.needle import Needle
from policy.scan.syntax import parse
from policy.scan.tree import Boundary, Char, Group, Item, Text, Unscannable

MAX_REPEATS = 3  # beyond the least number
MAX_CHARACTERS = 400
_ANY = "\x1eaZ09_ \t\n\r\x00/<>='\"();-#&%.$\\|`\x85\xa0é"
_BEYOND = "　、。（）「」・ー新宿一子あアｱＡ０…―〜①\u0301\u200b\u2028\u212a\u017f\U00020000😀\ue000\U0010ffff"


class NearMatches:
    """Deterministic for one seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def of(self, needle: Needle, *, characters: bool) -> bytes:
        if needle.kind == "literal":
            data = self._random.choice(needle.patterns(characters=characters))
            return self._changed(data.decode("utf-8" if characters else "latin-1", "replace"), characters)
        pattern = self._random.choice(needle.patterns(characters=characters))
        try:
            tree = parse(pattern, characters=characters, caseless=needle.caseless).root
        except Unscannable:
            return b""
        return self._changed("".join(self._group(tree, characters))[:MAX_CHARACTERS], characters)

    def _group(self, group: Group, characters: bool) -> list[str]:
        found: list[str] = []
        for item in self._random.choice(group.alternatives):
            most = item.least + MAX_REPEATS if item.most is None else min(item.most, item.least + MAX_REPEATS)
            for _ in range(self._random.randint(item.least, most)):
                found.extend(self._item(item, characters))
        return found

    def _item(self, item: Item, characters: bool) -> Sequence[str]:
        match item.node:
            case Group():
                return self._group(item.node, characters)
            case Char():
                return self._char(item.node, characters)
            case Boundary():
                return self._random.choice(("", "", " "))
            case Text(text, width):
                if text in (b"^", b"$"):
                    return self._random.choice(("", "", "\n"))
                return "" if width == 0 else self._random.choice(self._alphabet(characters))

    def _char(self, char: Char, characters: bool) -> str:
        top = TOP_CHARACTER if characters else TOP_BYTE
        ranges = complement(char.ranges, top) if char.negated else char.ranges
        if not ranges:
            return ""
        for _ in range(4):
            letter = self._random.choice(self._alphabet(characters))
            if any(low <= ord(letter) <= high for low, high in ranges):
                return letter
        low, high = self._random.choice(ranges)
        code = self._random.randint(low, min(high, low + 0x400))
        return " " if 0xD800 <= code <= 0xDFFF else chr(code)

    def _alphabet(self, characters: bool) -> str:
        return self._random.choice((_ANY, _BEYOND)) if characters else _ANY

    def _changed(self, text: str, characters: bool) -> bytes:
        for _ in range(self._random.choice((0, 0, 1, 1, 2))):
            at = self._random.randint(0, len(text))
            end = min(len(text), at + self._random.randint(0, 3))
            odd = self._random.choice(self._alphabet(characters))
            text = self._random.choice(
                (
                    text[:at] + text[end:],
                    text[:at] + odd + text[at:],
                    text[:at] + odd + text[end:],
                    odd + text,
                    text + odd,
                    text.swapcase() if characters else text.upper()[: len(text)],
                    text[:at] + text[at:end] * 2 + text[end:],
                )
            )
        if characters:
            return text.encode("utf-8", "replace")
        return text.encode("latin-1", "replace")
