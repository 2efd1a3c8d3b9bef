"""The tree of a pattern, as far as a superset of its matches needs it, and how it is written for Hyperscan.

Captures, laziness and possessiveness are gone (they don't change *whether* something matches), look-around and `\\K` are left out,
a back reference is "anything". `^` and `$` are those of MULTILINE.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from policy.scan.intervals import WORD, Ranges

MAX_PIECES = 64  # expressions that one pattern may be cut into, so that each is small enough


class Unscannable(Exception):
    """There is no expression for this pattern; the message says which construct is in the way."""


@dataclass(frozen=True, slots=True)
class Char:
    """One character out of a set."""

    ranges: Ranges
    negated: bool = False

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


def write(group: Group, *, characters: bool, anchors: bool = True) -> bytes:
    """The expression; without `anchors`, ^ and $ are left out (Hyperscan knows them only at the edges of a pattern)."""
    return _Writer(characters, anchors).alternatives(group)


class _Writer:
    def __init__(self, characters: bool, anchors: bool) -> None:
        self._characters = characters
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
        if isinstance(node, Text) and node.width == 0:
            is_anchor = node.text in (b"^", b"$")
            return node.text if item.least and (self._anchors or not is_anchor) else b""
        if isinstance(node, Group):
            inner = self.alternatives(node)
            written = b"(?" + node.flags + b":" + inner + b")" if inner else b""
        else:
            written = node.text if isinstance(node, Text) else self._char(node)
        return written + _quantifier(item) if written else b""

    def _boundary(self, node: Boundary, items: Sequence[Item], index: int) -> bytes:
        r"""In the reading by characters, only where Hyperscan's \b (of ASCII) is true whenever Unicode's is: beside a surely ASCII
        word character."""
        if not self._characters:
            return b"\\B" if node.inverse else b"\\b"
        if node.inverse:
            return b""
        return b"\\b" if _edge_is_word(items[index + 1 :]) or _edge_is_word(items[:index][::-1], last=True) else b""

    def _char(self, node: Char) -> bytes:
        if not node.negated and len(node.ranges) == 1 and node.ranges[0][0] == node.ranges[0][1]:
            return self._point(node.ranges[0][0])
        if not node.ranges:
            return ANY.text
        parts = [
            self._point(low) if low == high else self._point(low) + b"-" + self._point(high)
            for low, high in node.ranges
        ]
        return b"[" + (b"^" if node.negated else b"") + b"".join(parts) + b"]"

    def _point(self, code: int) -> bytes:
        if code < 0x80 and chr(code).isalnum():
            return b"%c" % code
        return b"\\x%02x" % code if code < 0x80 or not self._characters else b"\\x{%x}" % code


def _quantifier(item: Item) -> bytes:
    match (item.least, item.most):
        case (1, 1):
            return b""
        case (0, 1):
            return b"?"
        case (0, None):
            return b"*"
        case (1, None):
            return b"+"
        case (least, None):
            return b"{%d,}" % least
        case (least, most):
            return b"{%d,%d}" % (least, most)


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
    return len(write(group, characters=False))


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
