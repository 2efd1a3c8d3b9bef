"""What is taken out of an evaluation: rules, and targets of rules, by `ctl:` for one exchange; targets by exclusions, for all.

As in ModSecurity 3, `ARGS` takes out the target that is written `ARGS`, and not one that is written `ARGS:x`; `ARGS:x` takes out
the value of that name wherever the collection is shown. Names are compared without case, and `ARGS:/x/` is a pattern in `ctl:`
too: docs/spec/rules.md section 6.5, and where 3.0.15 differs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from policy.engine.limits import KEYS_MAX
from policy.engine.macros import Text
from policy.engine.state import State
from policy.operators.table import build
from policy.seclang.ast import Target, raw
from policy.seclang.rule_ids import IdRange
from policy.variables.item import Item

KeyTest = Callable[[bytes], bool]
_WORD: Final = re.compile(r"[0-9A-Za-z_-]+")  # a pattern that matches itself and nothing else: __utm, _pk_ref
_KEY_BYTES: Final = 64  # of names whose answer is remembered: headers, cookies and fields have short ones


def key_pattern(pattern: str) -> KeyTest:
    """A test of keys by `/pattern/`: anywhere in the key, without case. Raises OperatorInvalid."""
    if _WORD.fullmatch(pattern.removesuffix(".*")):  # what follows may be anything, and nothing
        word = raw(pattern.removesuffix(".*")).lower()
        return lambda key: key.lower().find(word) >= 0
    operator = build("rx", b"(?i)" + raw(pattern), Path())
    known: dict[bytes, bool] = {}

    def wanted(key: bytes) -> bool:
        answer = known.get(key)
        if answer is None:
            answer = operator.match(key, False) is not None
            if len(key) <= _KEY_BYTES and len(known) < KEYS_MAX:
                known[key] = answer
        return answer

    return wanted


class Removed(NamedTuple):
    """One thing taken out of a rule's targets; neither `key` nor `pattern`: the target that is the whole collection."""

    collection: str
    key: bytes | None
    pattern: KeyTest | None
    text: str | None
    """Of the pattern."""

    def covers_target(self, target: Target) -> bool:
        """Whether all of a target as the rule writes it is gone, values or count."""
        key = None if target.key is None else raw(target.key).lower()
        return (target.collection, key, target.pattern) == (self.collection, self.key, self.text)

    def covers_items_of(self, collection: str) -> bool:
        """Whether some of a target of the collection may be gone, if not all."""
        return collection == self.collection and (self.key is not None or self.pattern is not None)

    def covers_item(self, collection: str, item: Item) -> bool:
        if collection != self.collection:
            return False
        if self.pattern is not None:
            return self.pattern(item.key)
        return self.key is not None and self.key == item.key.lower()


def removed_target(target: Target) -> Removed:
    """Raises OperatorInvalid."""
    key = None if target.key is None else raw(target.key).lower()
    pattern = None if target.pattern is None else key_pattern(target.pattern)
    return Removed(target.collection, key, pattern, target.pattern)


class Subject(NamedTuple):
    """What exceptions know a rule by."""

    id: int
    tags: tuple[str, ...]
    message: bytes | Text | None


class Exceptions:
    """Grows while the exchange is judged; never shrinks."""

    __slots__ = ("_rule_ids", "_rule_messages", "_rule_tags", "_targets")

    def __init__(self) -> None:
        self._rule_ids: list[IdRange] = []
        self._rule_tags: set[str] = set()
        self._rule_messages: set[bytes] = set()
        self._targets: list[tuple[Callable[[Subject, State], bool], Removed]] = []

    def remove_ids(self, ids: IdRange) -> None:
        self._rule_ids.append(ids)

    def remove_tag(self, tag: str) -> None:
        self._rule_tags.add(tag)

    def remove_message(self, message: bytes) -> None:
        self._rule_messages.add(message)

    def remove_target(self, whose: Callable[[Subject, State], bool], removed: Removed) -> None:
        self._targets.append((whose, removed))

    def removes(self, rule: Subject, run: State) -> bool:
        """Whether the rule is not evaluated at all."""
        if any(rule.id in ids for ids in self._rule_ids):
            return True
        if self._rule_tags and not self._rule_tags.isdisjoint(rule.tags):
            return True
        return bool(self._rule_messages) and message_of(rule, run) in self._rule_messages

    def removed_from(self, rule: Subject, run: State) -> Sequence[Removed]:
        """What its targets lose."""
        return [removed for whose, removed in self._targets if whose(rule, run)]


def message_of(rule: Subject, run: State) -> bytes:
    message = rule.message
    if message is None:
        return b""
    return message if isinstance(message, bytes) else message(run)


def by_ids(ranges: Sequence[IdRange]) -> Callable[[Subject, State], bool]:
    return lambda rule, _: any(rule.id in ids for ids in ranges)


def by_tag(tag: str) -> Callable[[Subject, State], bool]:
    return lambda rule, _: tag in rule.tags


def by_message(message: bytes) -> Callable[[Subject, State], bool]:
    return lambda rule, run: message_of(rule, run) == message
