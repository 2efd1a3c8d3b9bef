"""What is known of TX at one place of a program, whatever the request; and which TX variables a rule reads and writes.

A rule set spends most of its rules on its own configuration: defaults, paranoia levels, switches. Their outcome is the same for
every request, and `folding` needs to know exactly which ones these are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from policy.engine.macros import Macro, references
from policy.seclang import ast
from policy.seclang.action_arguments import Change, parse_setvar
from policy.seclang.macro import parse_macro

_CAPTURED: Final = tuple(b"%d" % index for index in range(10))


class Knowledge:
    """`values`: what TX certainly holds; `names`: spellings that are not lower case.

    Of a name that a request may have changed nothing is known.
    """

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}
        self.names: dict[bytes, bytes] = {}
        self._changed: set[bytes] = set()
        self._prefixes: tuple[bytes, ...] = ()
        self._observed: set[bytes] = set()
        self._all_observed = False

    def certain(self, name: bytes) -> bool:
        """Whether the variable's value, or its absence, is known."""
        return name not in self._changed and not name.startswith(self._prefixes)

    def forget(self, written: Writes) -> None:
        """A rule that depends on the request may have written these."""
        self._changed.update(written.names)
        self._prefixes += tuple(written.prefixes)

    def observe(self, read: frozenset[bytes] | None) -> None:
        """A rule that stays reads these; None: it may read any variable."""
        if read is None:
            self._all_observed = True
        else:
            self._observed |= read

    def unobserved(self, names: Iterable[bytes]) -> bool:
        """Whether no exchange can tell when these were written, as long as it was before this place."""
        return not self._all_observed and all(self.certain(name) and name not in self._observed for name in names)


class Writes(NamedTuple):
    """Names in lower case, and what the names that a macro completes begin with."""

    names: frozenset[bytes]
    prefixes: frozenset[bytes]


def writes_of(rule: ast.Rule) -> Writes:
    """Of all links together."""
    names: set[bytes] = set()
    prefixes: set[bytes] = set()
    for link in rule.links:
        if any(action.name == "capture" for action in link.actions):
            names.update(_CAPTURED)
        for argument in link.arguments("setvar"):
            call = parse_setvar(argument)
            if call.collection == "TX":
                _add_name(call.key, names, prefixes)
    return Writes(frozenset(names), frozenset(prefixes))


def _add_name(key: Macro, names: set[bytes], prefixes: set[bytes]) -> None:
    first = key[0] if isinstance(key[0], bytes) else b""
    if len(key) == 1 and first:
        names.add(first.lower())
    else:
        prefixes.add(first.lower())


def condition_reads(link: ast.Rule) -> frozenset[bytes] | None:
    """The TX variables that decide whether the link matches; None if anything else does too."""
    found: set[bytes] = set()
    for target in link.targets:
        if target.collection != "TX" or target.key is None or target.pattern is not None or target.exclude:
            return None
        found.add(ast.raw(target.key).lower())
    if link.operator is not None and not _add_references(parse_macro(link.operator.argument), found, own=False):
        return None
    return frozenset(found)


def effect_reads(rule: ast.Rule) -> frozenset[bytes] | None:
    """The TX variables that decide what the rule's setvars write; None if anything else does too."""
    found: set[bytes] = set()
    own = rule.operator is not None
    for link in rule.links:
        for argument in link.arguments("setvar"):
            call = parse_setvar(argument)
            if call.collection != "TX":
                return None
            if call.change in (Change.ADD, Change.SUBTRACT) and isinstance(call.key[0], bytes):
                found.add(call.key[0].lower())
            for macro in (call.key, call.value):
                if not _add_references(macro, found, own=own):
                    return None
    return frozenset(found)


def reads_of(rule: ast.Rule) -> frozenset[bytes] | None:
    """Every TX variable that the rule looks at in any way; None if that cannot be told."""
    found: set[bytes] = set()
    for link in rule.links:
        for target in link.targets:
            if target.collection == "TX" and (target.key is None or target.pattern is not None):
                return None
            if target.collection == "TX":
                found.add(ast.raw(target.key or "").lower())
        texts = [action.argument or "" for action in link.actions]
        for text in [*texts, link.operator.argument if link.operator else ""]:
            for collection, key in references(parse_macro(text)) if "%{" in text else ():
                if collection == "TX" and key is None:
                    return None
                found.update([key] if collection == "TX" and key is not None else [])
        found |= {name for argument in link.arguments("setvar") for name in _added_to(argument)}
    return frozenset(found)


def _added_to(argument: str) -> list[bytes]:
    """What `setvar` reads without a macro: the variable that it adds to."""
    call = parse_setvar(argument)
    first = call.key[0]
    adds = call.collection == "TX" and call.change in (Change.ADD, Change.SUBTRACT)
    return [first.lower()] if adds and isinstance(first, bytes) and len(call.key) == 1 else []


def _add_references(macro: Macro, found: set[bytes], *, own: bool) -> bool:
    """Whether the macro reads TX only, and of what matched only what the rule itself has matched (`own`)."""
    for collection, key in references(macro):
        if collection == "TX" and key is not None:
            found.add(key)
        elif not (own and collection in ("MATCHED_VAR", "MATCHED_VAR_NAME")):
            return False
    return True


def all_certain(knowledge: Knowledge, names: Iterable[bytes] | None) -> bool:
    return names is not None and all(knowledge.certain(name) for name in names)
