"""Rules that ask about variables of TX first, and would not match if these were as they are before the first rule.

Most rules of a response ask whether an earlier one has left word in TX, and none has. They need no asking as long as the variables
are as at the start: when the phase begins, and with no rule to be evaluated in it that may write them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from policy.engine.folding import Kept
from policy.engine.knowledge import Writes, writes_of
from policy.engine.rule import Link, Rule
from policy.seclang.ast import raw


class IdleRules:
    """Of one phase. `rules` are the places of the rules that it answers for."""

    def __init__(self, kept: Sequence[Kept], tx: Mapping[bytes, bytes], *, characters: bool) -> None:
        """`tx`: what TX holds before the first rule."""
        rules = [one.compiled for one in kept]
        known = {place: keys_of(rule) for place, rule in enumerate(rules)}
        idle = {
            place: keys for place, keys in known.items() if keys and not _matches(rules[place], keys, tx, characters)
        }
        self.rules = frozenset(idle)
        self._watched = tuple(
            (key, tx.get(key), tuple(place for place, keys in idle.items() if key in keys))
            for key in dict.fromkeys(key for keys in idle.values() for key in keys)
        )
        self._behind = _wakers(kept, idle)

    def wake(self, tx: Mapping[bytes, bytes], places: set[int]) -> None:
        """Add to the rules that are to be evaluated those of these that may match then."""
        if not self._watched:
            return
        for key, value, asking in self._watched:
            if tx.get(key) != value:
                places.update(asking)
        for place in self._behind.keys() & places:
            places.update(self._behind[place])


def keys_of(rule: Rule) -> frozenset[bytes]:
    """The variables of TX that alone decide whether the first link matches; none if anything else does too."""
    link = rule.links[0]
    targets = [source.target for source in link.sources]
    if link.operator is None or (link.negated and link.capture):
        return frozenset()
    if any(one.collection != "TX" or one.key is None or one.pattern is not None or one.count for one in targets):
        return frozenset()
    return frozenset(raw(one.key or "").lower() for one in targets)


def _matches(rule: Rule, keys: frozenset[bytes], tx: Mapping[bytes, bytes], characters: bool) -> bool:
    link: Link = rule.links[0]
    return any(link.matches_value(tx[key], characters) for key in keys if key in tx)


def _wakers(kept: Sequence[Kept], idle: Mapping[int, frozenset[bytes]]) -> dict[int, frozenset[int]]:
    """For each rule the idle ones behind it that may read what it writes, or what those write that it wakes."""
    wakers: dict[int, frozenset[int]] = {}
    for place in reversed(range(len(kept))):
        written = writes_of(kept[place].rule)
        woken = {other for other, keys in idle.items() if other > place and _may_write(written, keys)}
        for other in tuple(woken):
            woken |= wakers.get(other, frozenset())
        if woken:
            wakers[place] = frozenset(woken)
    return wakers


def _may_write(written: Writes, keys: frozenset[bytes]) -> bool:
    return not written.names.isdisjoint(keys) or any(key.startswith(tuple(written.prefixes)) for key in keys)
