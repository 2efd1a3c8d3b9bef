"""From a rule's targets to the values that its operator sees.

Exclusions (`!ARGS:x`) take out what `ctl:ruleRemoveTarget*` would (exceptions.py). A count (`&ARGS`) is gone with the target that it
counts, and otherwise is of all that there is, as in ModSecurity 3.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from itertools import islice

from policy.engine.exceptions import KeyTest, Removed, key_pattern, removed_target
from policy.engine.state import OWN, State
from policy.operators.match import OperatorInvalid
from policy.seclang.ast import Target, raw
from policy.variables.item import Item, make_item, single
from policy.variables.processors.xml import ExpressionInvalid, check_expression


class Fetch(ABC):
    """How the values of a target are read. A class, and its subclasses, because a method is called sooner than a function is."""

    __slots__ = ()

    @abstractmethod
    def values(self, run: State) -> Sequence[Item]:
        """Each with its name."""

    def sent(self, run: State) -> Sequence[bytes]:
        """The values alone."""
        return [item[2] for item in self.values(run)]


class Source:
    """One target that is not an exclusion: how its values are read, `whole` without the rule's exclusions."""

    __slots__ = ("reads", "target", "whole")

    def __init__(self, target: Target, reads: Fetch, whole: Fetch) -> None:
        self.target = target
        self.reads = reads
        self.whole = whole

    def fetch(self, run: State) -> Sequence[Item]:
        return self.reads.values(run)


def compile_targets(targets: Sequence[Target], namespaces: Mapping[str, str]) -> tuple[Source, ...]:
    """`namespaces`: what the rule's xmlns actions say. Raises OperatorInvalid for a pattern or an expression that is none."""
    excluded = [removed_target(target) for target in targets if target.exclude]
    sources = []
    for target in targets:
        if target.exclude or any(one.covers_target(target) for one in excluded):
            continue
        reads = whole = _fetch(target, namespaces)
        if target.count:
            reads = _Counted(target, whole)
        elif any(one.covers_items_of(target.collection) for one in excluded):
            reads = _Without(whole, [one for one in excluded if one.covers_items_of(target.collection)])
        sources.append(Source(target, reads, whole))
    return tuple(sources)


def without(source: Source, removed: Sequence[Removed]) -> Fetch | None:
    """The source after what `ctl:` took out; None if nothing of it is left."""
    target = source.target
    if any(one.covers_target(target) for one in removed):
        return None
    if target.count:
        return source.reads
    relevant = [one for one in removed if one.covers_items_of(target.collection)]
    return _Less(source.reads, target.collection, relevant) if relevant else source.reads


def _fetch(target: Target, namespaces: Mapping[str, str]) -> Fetch:
    collection = target.collection
    if target.pattern is not None:
        wanted = key_pattern(target.pattern)
        return _TxPattern(wanted) if collection == "TX" else _Pattern(_All(collection), wanted)
    if target.key is None:
        return _All(collection)
    if collection == "XML":
        _check_xpath(target.key, namespaces)
        return _XPath(target.key, namespaces)
    return _Key(collection, raw(target.key).lower())


def _check_xpath(expression: str, namespaces: Mapping[str, str]) -> None:
    """Raises OperatorInvalid."""
    try:
        check_expression(expression, namespaces)
    except ExpressionInvalid as error:
        mend = "correct the XPath expression; declare its prefixes by xmlns:'prefix=name'"
        raise OperatorInvalid(f"XML:{expression} cannot be evaluated: {error}", mend) from error


class _All(Fetch):
    """A collection, or a variable without keys."""

    __slots__ = ("_collection", "_is_own")

    def __init__(self, collection: str) -> None:
        self._collection = collection
        self._is_own = collection in OWN

    def values(self, run: State) -> Sequence[Item]:
        return run.get(self._collection) if self._is_own else run.transaction.get(self._collection)

    def sent(self, run: State) -> Sequence[bytes]:
        return (
            [item[2] for item in run.get(self._collection)] if self._is_own else run.transaction.sent(self._collection)
        )


class _Key(Fetch):
    """The values of one key, which is lower case."""

    __slots__ = ("_collection", "_is_own", "_key")

    def __init__(self, collection: str, key: bytes) -> None:
        self._collection = collection
        self._is_own = collection in OWN
        self._key = key

    def values(self, run: State) -> Sequence[Item]:
        if self._is_own:
            return run.select(self._collection, self._key)
        return run.transaction.select(self._collection, self._key)


class _XPath(Fetch):
    __slots__ = ("_expression", "_namespaces")

    def __init__(self, expression: str, namespaces: Mapping[str, str]) -> None:
        self._expression = expression
        self._namespaces = namespaces

    def values(self, run: State) -> Sequence[Item]:
        return run.transaction.xml(self._expression, self._namespaces)


class _Pattern(Fetch):
    """The values of keys that pass a test."""

    __slots__ = ("_of", "_wanted")

    def __init__(self, of: Fetch, wanted: KeyTest) -> None:
        self._of = of
        self._wanted = wanted

    def values(self, run: State) -> Sequence[Item]:
        return [item for item in self._of.values(run) if self._wanted(item.key)]


class _TxPattern(Fetch):
    """`TX:/x/`. What TX holds before the first rule is tested once for the program, and not for each exchange."""

    __slots__ = ("_names", "_start", "_wanted")

    def __init__(self, wanted: KeyTest) -> None:
        self._wanted = wanted
        self._start: Mapping[bytes, bytes] = {}
        self._names: tuple[bytes, ...] = ()

    def values(self, run: State) -> Sequence[Item]:
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
        return [make_item((b"TX:" + names.get(name, name), name, tx[name])) for name in found]


class _Counted(Fetch):
    __slots__ = ("_name", "_of")

    def __init__(self, target: Target, of: Fetch) -> None:
        selector = "" if target.key is None and target.pattern is None else ":"
        self._name = raw(f"{target.collection}{selector}{target.key or target.pattern or ''}")
        self._of = of

    def values(self, run: State) -> Sequence[Item]:
        return single(self._name, b"%d" % len(self._of.values(run)))

    def sent(self, run: State) -> Sequence[bytes]:
        return (b"%d" % len(self._of.values(run)),)


class _Without(Fetch):
    """Without the rule's own exclusions."""

    __slots__ = ("_keys", "_of", "_tests")

    def __init__(self, of: Fetch, excluded: Sequence[Removed]) -> None:
        self._of = of
        self._keys = frozenset(one.key for one in excluded if one.key is not None)
        self._tests = [one.pattern for one in excluded if one.pattern is not None]

    def values(self, run: State) -> Sequence[Item]:
        kept = [item for item in self._of.values(run) if item.key.lower() not in self._keys]
        for test in self._tests:
            kept = [item for item in kept if not test(item.key)]
        return kept


class _Less(Fetch):
    """Without what `ctl:` took out."""

    __slots__ = ("_collection", "_of", "_removed")

    def __init__(self, of: Fetch, collection: str, removed: Sequence[Removed]) -> None:
        self._of = of
        self._collection = collection
        self._removed = removed

    def values(self, run: State) -> Sequence[Item]:
        found = self._of.values(run)
        return [item for item in found if not any(one.covers_item(self._collection, item) for one in self._removed)]
