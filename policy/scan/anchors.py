"""How many `^` (or `$`) of a pattern can stand at one place of a value.

Between joined values stands one separator, and an anchor is written as something that may take it (policy.scan.tree). So two
anchors of one kind at the same place could not both have it: such a pattern is written without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from policy.scan.tree import Char, Group, Item, Node, Text

_NEVER = -(10**6)  # no way through without a character


@dataclass(frozen=True, slots=True)
class _Ways:
    """The most anchors on a way that has no character at all, before its first, after its last, and between any two."""

    through: int
    before: int
    after: int
    between: int


_NOTHING = _Ways(0, 0, 0, 0)
_CHARACTER = _Ways(_NEVER, 0, 0, 0)


def most_at_one_place(group: Group, anchor: bytes) -> int:
    """`anchor` is ^ or $."""
    ways = _group(group, anchor)
    return max(ways.through, ways.before, ways.after, ways.between)


def _group(group: Group, anchor: bytes) -> _Ways:
    return _best([_sequence(items, anchor) for items in group.alternatives])


def _sequence(items: Sequence[Item], anchor: bytes) -> _Ways:
    ways = _NOTHING
    for item in items:
        ways = _then(ways, _counted(item, anchor))
    return ways


def _counted(item: Item, anchor: bytes) -> _Ways:
    once = _node(item.node, anchor)
    ways = once if item.most == 1 else _best([once, _then(once, once)])
    return ways if item.least else _best([ways, _NOTHING])


def _node(node: Node, anchor: bytes) -> _Ways:
    if isinstance(node, Group):
        return _group(node, anchor)
    if isinstance(node, Char):
        return _CHARACTER
    if isinstance(node, Text):
        if node.text == anchor:
            return _Ways(1, 1, 1, 0)
        return _CHARACTER if node.width == 1 else _NOTHING
    return _NOTHING


def _then(one: _Ways, other: _Ways) -> _Ways:
    return _Ways(
        max(one.through + other.through, _NEVER),
        max(one.before, one.through + other.before),
        max(other.after, other.through + one.after),
        max(one.between, other.between, one.after + other.before),
    )


def _best(ways: Sequence[_Ways]) -> _Ways:
    return _Ways(
        max(one.through for one in ways),
        max(one.before for one in ways),
        max(one.after for one in ways),
        max(one.between for one in ways),
    )
