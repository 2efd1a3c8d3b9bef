"""The tree of a pattern, as far as a superset of its matches needs it, and how it is written for Hyperscan.

Captures, laziness and possessiveness are gone (they don't change *whether* something matches), look-around and `\\K` are left out,
a back reference is "anything". `^` and `$` are those of MULTILINE.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from policy.scan.intervals import (
    ASCII,
    BEYOND_ASCII,
    HIGH_BYTES,
    TOP_CHARACTER,
    WORD,
    Ranges,
    complement,
    count,
    intersection,
    union,
    utf8_sequences,
)

SEPARATOR = b"\x1e"  # stands between joined values: no word character, no white space, and in no pattern that is known
MAX_COUNT = 1000  # repetitions that are counted; Hyperscan's own limit is 32,767, but its compiler is slow long before
MAX_ENCODED = 4  # bytes of a character in UTF-8
MAX_LISTED = 2**17  # characters beyond ASCII in a set of which the bytes are looked at
MAX_SPELLED = 10  # sequences of bytes that such a set is spelled out in
MAX_BYTES_OF = 512  # characters in a set that is said by the bytes that occur in it


class Unscannable(Exception):
    """There is no expression for this pattern; the message says which construct is in the way."""


@dataclass(frozen=True, slots=True)
class Char:
    """One character out of a set."""

    ranges: Ranges
    negated: bool = False
    raw: Ranges = ()  # bytes beyond ASCII that the set has bytewise, while `ranges` are of characters

    @property
    def word(self) -> bool:
        """Only ASCII letters, digits and the low line."""
        return not self.negated and all(any(a <= low and high <= b for a, b in WORD) for low, high in self.ranges)


@dataclass(frozen=True, slots=True)
class Text:
    """Written as it is. `width`: 0 an assertion or a flag, 1 one character, None any number."""

    text: bytes
    width: int | None = 0

    @property
    def flags(self) -> bool:
        """Whether it is something like (?i), for the rest of its group."""
        return self.width == 0 and self.text.startswith(b"(?")


@dataclass(frozen=True, slots=True)
class Boundary:
    r"""\b or \B."""

    inverse: bool


@dataclass(frozen=True, slots=True)
class Item:
    node: Node
    least: int = 1
    most: int | None = 1

    @property
    def once(self) -> bool:
        return self.least == 1 and self.most == 1


@dataclass(frozen=True, slots=True)
class Group:
    """`flags` as in `(?i-s:`. `whole`: flags are set inside, so that it can't be cut between its alternatives."""

    alternatives: tuple[tuple[Item, ...], ...]
    flags: bytes = b""
    whole: bool = False


Node = Char | Text | Boundary | Group
ANY = Text(b"(?s:.)", 1)
GAP = Text(b"(?s:.*)", None)


def positions(group: Group, longest: int) -> int:
    """How many characters the pattern has when its counts are written out, none of them beyond `longest`."""
    return sum(
        (positions(item.node, longest) if isinstance(item.node, Group) else 1)
        * min(longest, item.most or max(item.least, 1))
        for items in group.alternatives
        for item in items
    )


def write(
    group: Group, *, lifted: bool, anchors: bytes = b"^$", longest: int = MAX_COUNT, compact: bool = False
) -> bytes:
    """The expression, for Hyperscan's bytes.

    `lifted`: the tree is of characters, and what it says of a character beyond ASCII is said of the bytes of its UTF-8, or more
    generously of any bytes from 0x80 on. Anchors that are not in `anchors` are left out; the others may also take a separator.
    A count beyond `longest` becomes "so many or more". `compact`: the sequences of bytes of characters are not spelled out.
    """
    return _Writer(lifted, anchors, longest, compact).alternatives(group)


class _Writer:
    def __init__(self, lifted: bool, anchors: bytes, longest: int, compact: bool) -> None:
        self._spelled = 1 if compact else MAX_SPELLED
        self._longest = longest
        self._lifted = lifted
        self._anchors = anchors

    def alternatives(self, group: Group) -> bytes:
        return b"|".join(self._sequence(items) for items in group.alternatives)

    def _sequence(self, items: Sequence[Item]) -> bytes:
        return b"".join(self._item(items, index) for index in range(len(items)))

    def _item(self, items: Sequence[Item], index: int) -> bytes:
        item = items[index]
        node = item.node
        if isinstance(node, Boundary):
            return self._boundary(node, items, index) if item.least else b""
        if isinstance(node, Char):
            written, times = (
                _lifted(node, item, self._spelled) if self._lifted else (_class(node.ranges, node.negated), item)
            )
            return written + self._quantifier(times)
        if isinstance(node, Group):
            inner = self.alternatives(node)
            return b"(?" + node.flags + b":" + inner + b")" + self._quantifier(item) if inner else b""
        if node.width == 0:
            return self._assertion(node.text) if item.least else b""
        longest = MAX_ENCODED if self._lifted and node.width == 1 else 1
        return node.text + self._quantifier(_times(item, 1, longest))

    def _assertion(self, text: bytes) -> bytes:
        if text not in (b"^", b"$"):
            return text
        return b"(?:" + text + b"|" + _byte(SEPARATOR[0]) + b")" if text in self._anchors else b""

    def _boundary(self, node: Boundary, items: Sequence[Item], index: int) -> bytes:
        r"""In the reading by characters, only where Hyperscan's \b (of ASCII) is true whenever it is true in that reading: beside a
        surely ASCII word character."""
        if not self._lifted:
            return b"\\B" if node.inverse else b"\\b"
        if node.inverse:
            return b""
        return b"\\b" if _edge_is_word(items[index + 1 :]) or _edge_is_word(items[:index][::-1], last=True) else b""

    def _quantifier(self, item: Item) -> bytes:
        least = min(item.least, self._longest)
        match (least, None if item.most is None or item.most > self._longest else item.most):
            case (1, 1):
                return b""
            case (0, 1):
                return b"?"
            case (0, None):
                return b"*"
            case (1, None):
                return b"+"
            case (_, None):
                return b"{%d,}" % least
            case (_, most) if least == most:
                return b"{%d}" % least
            case (_, most):
                return b"{%d,%d}" % (least, most)


def _class(ranges: Ranges, negated: bool = False) -> bytes:
    """A class of bytes."""
    if not ranges:
        ranges, negated = ((0x00, 0xFF),), not negated
    if not negated and len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return _byte(ranges[0][0])
    parts = [_byte(low) if low == high else _byte(low) + b"-" + _byte(high) for low, high in ranges]
    return b"[" + (b"^" if negated else b"") + b"".join(parts) + b"]"


def _byte(code: int) -> bytes:
    return b"%c" % code if code < 0x80 and chr(code).isalnum() else b"\\x%02x" % code


def _lifted(node: Char, item: Item, most: int) -> tuple[bytes, Item]:
    """A set of characters as bytes, and how often; `most` sequences of bytes are spelled out.

    Negation stays as it is written: case folding comes after it.
    """
    below = intersection(node.ranges, ASCII)
    beyond = intersection(complement(node.ranges, TOP_CHARACTER) if node.negated else node.ranges, BEYOND_ASCII)
    if not beyond:
        return (_class(union(below, HIGH_BYTES), negated=True) if node.negated else _class(below)), item
    if not node.negated and count(beyond) <= MAX_LISTED:
        sequences = [sequence for low, high in beyond for sequence in utf8_sequences(low, high)]
        if len(sequences) <= most:
            spelled = [b"".join(_class((byte,)) for byte in sequence) for sequence in sequences]
            below = union(below, node.raw)
            written = b"|".join(([_class(below)] if below else []) + spelled)
            return (written if len(sequences) == 1 and item.once and not below else b"(?:" + written + b")"), item
    shortest = 1 if below or node.negated else len(chr(beyond[0][0]).encode())
    longest = len(chr(beyond[-1][1]).encode())
    written = _class(below, negated=True) if node.negated else _class(union(below, node.raw, _bytes_of(beyond)))
    return written, _times(item, shortest, longest)


def _bytes_of(beyond: Ranges) -> Ranges:
    """The bytes that the UTF-8 of these characters is made of, and perhaps others."""
    if count(beyond) > MAX_BYTES_OF:
        return HIGH_BYTES
    return union(((byte, byte) for low, high in beyond for code in range(low, high + 1) for byte in chr(code).encode()))


def _times(item: Item, shortest: int, longest: int) -> Item:
    """The item with each of its characters so many bytes long."""
    if longest == 1:
        return item
    return Item(item.node, item.least * shortest, None if item.most is None else item.most * longest)


def _edge_is_word(items: Sequence[Item], *, last: bool = False) -> bool:
    """Whether what stands next is in every case an ASCII word character. `items` begin at the edge."""
    for item in items:
        node = item.node
        if isinstance(node, Boundary) or (isinstance(node, Text) and node.width == 0):
            continue
        if isinstance(node, Char):
            inside = node.word
        elif isinstance(node, Group):
            inside = all(_edge_is_word(branch[::-1] if last else branch, last=last) for branch in node.alternatives)
        else:
            inside = False
        if not inside:
            return False
        if item.least:
            return True
    return False


def cut(group: Group) -> tuple[Group, Group] | None:
    """Two patterns that together match what this one does: its longest list of alternatives is cut in the middle."""
    path = _longest(group)
    if path is None:
        return None
    return _with_half(group, path, first=True), _with_half(group, path, first=False)


Path = tuple[tuple[int, int], ...]  # alternative and item, from the root to a group


def _longest(root: Group) -> Path | None:
    """The way to the group with most to gain from a cut; only through groups that stand exactly once."""
    best: tuple[int, Path] | None = None
    todo: list[tuple[Group, Path]] = [(root, ())]
    while todo:
        group, path = todo.pop()
        if len(group.alternatives) > 1 and not group.whole:
            size = _size(group)
            if best is None or size > best[0]:
                best = (size, path)
        if group.whole and len(group.alternatives) > 1:
            continue
        for index, items in enumerate(group.alternatives):
            for position, item in enumerate(items):
                if isinstance(item.node, Group) and item.once:
                    todo.append((item.node, (*path, (index, position))))
    return None if best is None else best[1]


def _size(group: Group) -> int:
    return len(write(group, lifted=False))


def _with_half(group: Group, path: Path, *, first: bool) -> Group:
    if not path:
        middle = len(group.alternatives) // 2
        return replace(group, alternatives=group.alternatives[:middle] if first else group.alternatives[middle:])
    (index, position), *rest = path
    items = group.alternatives[index]
    inner = items[position].node
    if not isinstance(inner, Group):
        raise TypeError("a path leads through groups")
    changed = replace(items[position], node=_with_half(inner, tuple(rest), first=first))
    kept = (*items[:position], changed, *items[position + 1 :])
    if len(group.alternatives) == 1:
        return replace(group, alternatives=(kept,))
    if not first:  # the other alternatives need to be in one of the two only
        return replace(group, alternatives=(kept,))
    return replace(group, alternatives=(*group.alternatives[:index], kept, *group.alternatives[index + 1 :]))
