"""A pattern made smaller where it is optional: what stands between the letters of a command to hide it.

A part that may be left out, and that is made of nothing but signs (no letters, digits or the low line), becomes "any of these signs,
any number of them". That keeps the words that a rule looks for, and turns ten states of Hyperscan into one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from policy.scan.intervals import WORD, Ranges, intersection, union
from policy.scan.tree import Char, Group, Item


def simplify(group: Group) -> Group:
    return replace(group, alternatives=tuple(_sequence(items) for items in group.alternatives))


def _sequence(items: Sequence[Item]) -> tuple[Item, ...]:
    found: list[Item] = []
    for item in items:
        smaller = _item(item)
        last = found[-1] if found else None
        if last is not None and _is_signs(last) and _is_signs(smaller):
            found[-1] = _signs(_members(last), _members(smaller))
        else:
            found.append(smaller)
    return tuple(found)


def _item(item: Item) -> Item:
    if not isinstance(item.node, Group):
        return item
    inner = simplify(item.node)
    if item.least == 0 and not item.node.whole:
        sets = [_set(part) for items in inner.alternatives for part in items]
        known = [members for members in sets if members is not None]
        if known and len(known) == len(sets):
            return _signs(*known)
    return replace(item, node=inner)


def _set(item: Item) -> Char | None:
    """The set that this is made of, if it is of signs only."""
    node = item.node
    if isinstance(node, Char) and not node.negated and not intersection(node.ranges, WORD):
        return node
    if isinstance(node, Group) and not node.whole:
        sets = [_set(part) for items in node.alternatives for part in items]
        known = [members for members in sets if members is not None]
        if known and len(known) == len(sets):
            return _together(known)
    return None


def _is_signs(item: Item) -> bool:
    return item.least == 0 and isinstance(item.node, Char) and _set(item) is not None


def _members(item: Item) -> Char:
    if not isinstance(item.node, Char):
        raise TypeError("a set of signs is a Char")
    return item.node


def _signs(*sets: Char) -> Item:
    return Item(_together(sets), 0, None)


def _together(sets: Sequence[Char]) -> Char:
    ranges: Ranges = union(*(members.ranges for members in sets))
    return Char(ranges, raw=union(*(members.raw for members in sets)))
