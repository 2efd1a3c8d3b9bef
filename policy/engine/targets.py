"""From a rule's targets to the values that its operator sees.

Exclusions (`!ARGS:x`) take values out of the targets of the same collection; counts (`&ARGS`) ignore them, as ModSecurity 3 does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from policy.engine.exceptions import KeyTest, Removed, key_pattern
from policy.engine.state import State
from policy.seclang.ast import Target, raw
from policy.variables.item import Item

Fetch = Callable[[State], Sequence[Item]]


@dataclass(frozen=True, slots=True)
class Source:
    """One target that is not an exclusion: how its values are fetched, `whole` without the rule's exclusions."""

    target: Target
    fetch: Fetch
    whole: Fetch


def compile_targets(targets: Sequence[Target], namespaces: Mapping[str, str]) -> tuple[Source, ...]:
    """`namespaces`: what the rule's xmlns actions say. Raises OperatorInvalid for a pattern that is none."""
    excluded = [target for target in targets if target.exclude]
    sources = []
    for target in targets:
        if target.exclude:
            continue
        fetch = whole = _fetch(target, namespaces)
        if target.count:
            fetch = _counted(target, fetch)
        elif any(other.collection == target.collection for other in excluded):
            if any(_whole(other, target) for other in excluded):
                continue
            fetch = _without(fetch, [other for other in excluded if other.collection == target.collection])
        sources.append(Source(target, fetch, whole))
    return tuple(sources)


def without(source: Source, removed: Sequence[Removed]) -> Fetch | None:
    """The source after what `ctl:` took out; None if nothing of it is left."""
    target, fetch = source.target, source.fetch
    if target.count:
        return fetch
    if any(one.covers_target(target) for one in removed):
        return None
    relevant = [one for one in removed if one.collection == target.collection]
    if not relevant:
        return fetch
    collection = target.collection
    return lambda run: [item for item in fetch(run) if not any(one.covers_item(collection, item) for one in relevant)]


def _fetch(target: Target, namespaces: Mapping[str, str]) -> Fetch:
    collection = target.collection
    if target.pattern is not None:
        return _by_pattern(collection, key_pattern(target.pattern))
    if target.key is None:
        return lambda run: run.get(collection)
    if collection == "XML":
        expression = target.key
        return lambda run: run.transaction.xml(expression, namespaces)
    key = raw(target.key).lower()
    return lambda run: run.select(collection, key)


def _by_pattern(collection: str, wanted: KeyTest) -> Fetch:
    if collection == "TX":
        return _TxPattern(wanted)
    return lambda run: [item for item in run.get(collection) if wanted(item.key)]


class _TxPattern:
    """`TX:/x/`. What TX holds before the first rule is tested once for the program, and not for each exchange."""

    def __init__(self, wanted: KeyTest) -> None:
        self._wanted = wanted
        self._start: Mapping[bytes, bytes] = {}
        self._names: tuple[bytes, ...] = ()

    def __call__(self, run: State) -> Sequence[Item]:
        start, tx = run.tx_start, run.tx
        if start is not self._start:
            self._names = tuple(name for name in start if self._wanted(name))
            self._start = start
        found = [name for name in self._names if name in tx]
        if run.tx_removed:
            found += [name for name in tx if name not in start and self._wanted(run.tx_names.get(name, name))]
        elif len(tx) > len(start):  # what is new stands behind what is old
            wanted, spelled = self._wanted, run.tx_names
            found += [name for name in islice(tx, len(start), None) if wanted(spelled.get(name, name))]
        names = run.tx_names
        return [Item(b"TX:" + names.get(name, name), name, tx[name]) for name in found]


def _counted(target: Target, fetch: Fetch) -> Fetch:
    selector = "" if target.key is None and target.pattern is None else ":"
    name = raw(f"{target.collection}{selector}{target.key or target.pattern or ''}")
    return lambda run: (Item(name, b"", b"%d" % len(fetch(run))),)


def _whole(exclusion: Target, target: Target) -> bool:
    if exclusion.key is None and exclusion.pattern is None:
        return True
    return exclusion.collection == "XML" and exclusion.key == target.key


def _without(fetch: Fetch, exclusions: Sequence[Target]) -> Fetch:
    keys = frozenset(raw(other.key).lower() for other in exclusions if other.key is not None)
    tests = [key_pattern(other.pattern) for other in exclusions if other.pattern is not None]
    if not tests:
        return lambda run: [item for item in fetch(run) if item.key.lower() not in keys]
    return lambda run: [
        item for item in fetch(run) if item.key.lower() not in keys and not any(test(item.key) for test in tests)
    ]
