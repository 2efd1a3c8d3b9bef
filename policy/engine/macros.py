"""`%{TX.0}` in arguments: text with macros becomes a function of the exchange; text without stays bytes.

A macro is the first value of its variable, and with a key the last of that key, as in ModSecurity 3; empty where there is none. RULE
has the values of the rule that is being evaluated (the manual's reading; ModSecurity 3.0.15 leaves it empty).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from policy.engine.state import OWN, State
from policy.seclang.macro import MacroRef, parse_macro
from policy.variables.item import Item

Macro = tuple[bytes | MacroRef, ...]
Text = Callable[[State], bytes]


def compile_macro(parts: Macro) -> bytes | Text:
    """Bytes where nothing is to be filled in."""
    if any(isinstance(part, MacroRef) for part in parts):
        return _joined([_reader(part) if isinstance(part, MacroRef) else part for part in parts])
    return b"".join([part for part in parts if isinstance(part, bytes)])


def compile_text(text: str) -> bytes | Text:
    return compile_macro(parse_macro(text))


def as_function(compiled: bytes | Text) -> Text:
    """A function in any case."""
    if isinstance(compiled, bytes):
        constant = compiled
        return lambda _: constant
    return compiled


def references(parts: Macro) -> tuple[tuple[str, bytes | None], ...]:
    """The variables that are read: collection, and key in lower case (None: the variable as a whole)."""
    return tuple(
        (part.collection, None if part.key is None else part.key.lower())
        for part in parts
        if isinstance(part, MacroRef)
    )


def _joined(parts: list[bytes | Text]) -> Text:
    first, *more = parts
    if not more and not isinstance(first, bytes):
        return first
    if len(more) == 1 and isinstance(first, bytes) and not isinstance(more[0], bytes):
        prefix, text = first, more[0]
        return lambda run: prefix + text(run)
    return lambda run: b"".join([part if isinstance(part, bytes) else part(run) for part in parts])


def _reader(ref: MacroRef) -> Text:
    collection = ref.collection
    if ref.key is None:
        return _whole(collection)
    key = ref.key.lower()
    if collection == "TX":
        return lambda run: run.tx.get(key, b"")
    if collection == "XML":
        expression = ref.key.decode("utf-8", "surrogateescape")
        return lambda run: _first(run.transaction.xml(expression))
    return lambda run: _last(run.select(collection, key))


def _whole(collection: str) -> Text:
    if collection == "MATCHED_VAR":
        return lambda run: run.matched_value
    if collection == "MATCHED_VAR_NAME":
        return lambda run: run.matched_name
    if collection in OWN:
        return lambda run: _first(run.get(collection))
    return lambda run: _first(run.transaction.get(collection))


def _first(items: Sequence[Item]) -> bytes:
    return items[0].value if items else b""


def _last(items: Sequence[Item]) -> bytes:
    return items[-1].value if items else b""
