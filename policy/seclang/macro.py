"""`Found %{TX.0} in %{MATCHED_VAR_NAME}`: what is text and what is filled in for each request.

`%{NAME}` and `%{NAME.key}` (or `:key`). After an odd number of backslashes `%{` is text, and the backslash stays, as in
ModSecurity 3. A `%` that no name in braces follows is text too; ModSecurity 3 refuses such rules.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from policy.seclang.ast import raw
from policy.seclang.faults import WordError
from policy.seclang.rule_words import VARIABLES
from policy.seclang.word import Shape, Status, like

_MACRO = re.compile(
    r"(?<!\\)(?P<escapes>(?:\\\\)*)%\{(?P<name>[A-Za-z][A-Za-z0-9_]*)(?:[.:](?P<key>[^}]+))?(?P<end>\}?)"
)


@dataclass(frozen=True, slots=True)
class MacroRef:
    """A variable whose value is filled in. `collection` is upper case."""

    collection: str
    key: bytes | None


def has_macro(text: str) -> bool:
    return "%{" in text and any(isinstance(part, MacroRef) for part in parse_macro(text))


def parse_macro(text: str) -> tuple[bytes | MacroRef, ...]:
    """The parts in order, no two texts side by side, no empty text. Raises WordError for a name that is no variable."""
    parts: list[bytes | MacroRef] = []
    at = 0
    for found in _MACRO.finditer(text):
        before = text[at : found.start()] + found["escapes"]
        if before:
            parts.append(raw(before))
        parts.append(_reference(found))
        at = found.end()
    if at < len(text):
        parts.append(raw(text[at:]))
    return tuple(parts)


def _reference(found: re.Match[str]) -> MacroRef:
    name, key = found["name"], found["key"]
    if not found["end"]:
        raise WordError(f"the macro {found.group()!r} never ends", "end it with }, or write \\%{ where text is meant")
    word = VARIABLES.get(name.lower())
    if word is None:
        raise WordError(
            f"the macro %{{{name}}} names no variable", f"{like(name, VARIABLES)}; write \\%{{ where text is meant"
        )
    if word.status is Status.REFUSED:
        raise WordError(f"the variable {name} is refused: {word.note}", "take it out of the macro")
    if key is not None and word.shape is Shape.NONE:
        raise WordError(f"{name} is a single value and has no key", f"write %{{{name}}}")
    return MacroRef(name.upper(), None if key is None else raw(key))
