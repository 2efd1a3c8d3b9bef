"""`ARGS|!ARGS:/^x/|&TX:y|XML://@*` to Targets: the first argument of a rule, and what updates and `ctl:` name."""

from __future__ import annotations

import re

from policy.seclang.ast import Target
from policy.seclang.faults import WordError
from policy.seclang.rule_words import VARIABLES
from policy.seclang.word import Shape, Status, like

_NAME = re.compile(r"([!&]?)([A-Za-z][A-Za-z0-9_]*)(?:([:.])|(?=[|,]|\Z))")
_PATTERN = re.compile(r"/((?:[^/\\]|\\.|/(?![|,]|\Z))*)/(?=[|,]|\Z)", re.DOTALL)
_QUOTED_PATTERN = re.compile(r"'/((?:[^'\\]|\\.)*)/'", re.DOTALL)
_QUOTED_KEY = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_KEY = re.compile(r"[^|,]+")
_XPATH = re.compile(r"(?:[^|,\[(]|\[[^\]]*\]|\([^)]*\))+")


def parse_targets(text: str) -> tuple[Target, ...]:
    """The parts in order. Raises WordError."""
    targets = []
    at = 0
    while True:
        target, at = _target(text, at)
        targets.append(target)
        if at == len(text):
            return tuple(targets)
        at += 1  # the separator
        if at == len(text):
            raise WordError("a separator without a variable after it", "take out the last | or ,")


def parse_target(text: str) -> Target:
    """The one part that `text` is. Raises WordError."""
    targets = parse_targets(text)
    if len(targets) != 1:
        raise WordError(f"{text!r} names more than one variable", "write one variable")
    return targets[0]


def _target(text: str, at: int) -> tuple[Target, int]:
    found = _NAME.match(text, at)
    if found is None:
        raise WordError(
            f"no variable stands at {text[at : at + 30]!r}",
            "write NAME, NAME:key or NAME:/pattern/, after ! or & if need be",
        )
    sign, name, separator = found.groups()
    collection = name.upper()
    _check(collection, name, selected=separator is not None)
    exclude, count = sign == "!", sign == "&"
    if separator is None:
        return Target(collection, exclude=exclude, count=count), found.end()
    key, pattern, end = _selector(text, found.end(), collection)
    if end < len(text) and text[end] not in "|,":
        raise WordError(
            f"text stands after the selector of {name}: {text[end : end + 20]!r}", "separate variables with |"
        )
    return Target(collection, key, pattern, exclude, count), end


def _check(collection: str, name: str, *, selected: bool) -> None:
    word = VARIABLES.get(collection.lower())
    if word is None:
        raise WordError(f"there is no variable {name}", like(name, VARIABLES))
    if word.status is Status.REFUSED:
        raise WordError(f"the variable {name} is refused: {word.note}", "take it out of the rule")
    if selected and word.shape is Shape.NONE:
        raise WordError(f"{name} is a single value and has no selector", f"write {name} alone")


def _selector(text: str, at: int, collection: str) -> tuple[str | None, str | None, int]:
    """(key, pattern, end of the selector)."""
    if collection == "XML":
        return _xpath(text, at)
    quoted = _QUOTED_PATTERN.match(text, at)
    if quoted is not None:
        return None, quoted.group(1), quoted.end()
    pattern = _PATTERN.match(text, at)
    if pattern is not None:
        if not pattern.group(1):
            raise WordError(
                f"the pattern of {collection} is empty", "write a pattern between the slashes, or the name alone"
            )
        return None, pattern.group(1), pattern.end()
    key = _QUOTED_KEY.match(text, at) or _KEY.match(text, at)
    if key is None or not key.group(key.lastindex or 0):
        raise WordError(f"the key of {collection} is missing", f"write {collection}:key, or {collection} alone")
    if "%{" in key.group():
        raise WordError(
            "a macro cannot stand in a selector", "compare the name with MATCHED_VAR_NAME in a chained rule"
        )
    return key.group(key.lastindex or 0), None, key.end()


def _xpath(text: str, at: int) -> tuple[str, None, int]:
    found = _XPATH.match(text, at)
    if found is None:
        raise WordError("the XPath expression of XML is missing", "write XML:/* or XML://@*")
    return found.group(), None, found.end()
