"""From parsed TOML to the types of `relay.settings.model`, collecting every problem instead of stopping at the first.

`msgspec.convert` ends at the first error and knows no lines; so each key is judged by itself, against the types that
msgspec read from the model. The result is a tree of plain values with all defaults filled in, for the rules between settings to look at.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect

from relay.base.errors import Problem
from relay.base.limits import DEFAULTS, Limits
from relay.settings.kinds import KINDS, LOOKING, NotOfKind, shown
from relay.settings.toml_lines import TomlPath, nearest_line

Tree = dict[str, Any]  # a table; its values are converted, or None where they could not be read


@dataclass(slots=True)
class Reading:
    """One file being read: where things stand in it, and what was found wrong so far."""

    file: str
    base: Path  # relative paths start here
    lines: dict[TomlPath, int]
    problems: list[Problem] = field(default_factory=list)
    partial: bool = False  # a file that only overrides another: nothing is required of it
    looks: bool = True  # at the files and directories that are named; False: their names are enough

    def line(self, path: TomlPath) -> int:
        return nearest_line(self.lines, path)

    def problem(self, path: TomlPath, message: str, mend: str) -> None:
        self.problems.append(Problem(self.file, self.line(path), f"{name_of(path)}{message}", mend))


def name_of(path: TomlPath) -> str:
    """`("gate", 1, "pins", 0)` → "[[gate]] 2, pins item 1: "."""
    if not path:
        return ""
    table, row, *_ = (*path, None)
    place, steps = (f"[[{table}]] {row + 1}", path[2:]) if isinstance(row, int) else (f"[{table}]", path[1:])
    for step in steps:
        place += f" item {step + 1}" if isinstance(step, int) else f" {step}"
    return f"{place}: "


def convert_table(reading: Reading, table: inspect.StructType, value: object, path: TomlPath = ()) -> Tree | None:
    """Every key of `table`: its converted value, its default, or None where it could not be read."""
    if not isinstance(value, dict):
        reading.problem(
            path, f"expected a table, but it is {kind_of(value)}", "write it as a table: [name] and its keys"
        )
        return None
    _unknown_keys(reading, value, [entry.name for entry in table.fields], path)
    tree: Tree = {}
    for entry in table.fields:
        if entry.name in value:
            tree[entry.name] = _convert(reading, entry.type, value[entry.name], (*path, entry.name))
        elif entry.required and not reading.partial:
            _missing(reading, entry, path)
        elif not reading.partial:
            tree[entry.name] = _default(entry)
    return tree


def _default(entry: inspect.Field) -> Any:
    """As a tree, so that the rules between settings see defaults like anything else."""
    return msgspec.to_builtins(entry.default if entry.default is not msgspec.NODEFAULT else entry.default_factory())


def _missing(reading: Reading, entry: inspect.Field, path: TomlPath) -> None:
    kind = _described(entry.type)
    if isinstance(entry.type, inspect.StructType):
        reading.problem(
            path, f"the table [{entry.name}] is missing", f"add [{entry.name}]; docs/spec/config.md lists its keys"
        )
    elif isinstance(entry.type, inspect.ListType) and isinstance(entry.type.item_type, inspect.StructType):
        reading.problem(
            path, f"there is no [[{entry.name}]]", f"add [[{entry.name}]]; docs/spec/config.md lists its keys"
        )
    else:
        reading.problem(path, f"`{entry.name}` is missing", f"add `{entry.name} = …`: {kind}")


def _unknown_keys(reading: Reading, value: Iterable[str], known: list[str], path: TomlPath) -> None:
    for key in value:
        if key in known:
            continue
        what = "key" if path else "table"
        close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
        if close:
            mend = f"did you mean `{close[0]}`?"
        elif path == ("limits",):
            mend = "remove it; docs/limits.md lists the limits"
        else:
            mend = f"remove it; known here: {', '.join(known)}"
        reading.problem((*path, key), f"unknown {what} {shown(key)}", mend)


def _convert(reading: Reading, kind: inspect.Type, value: object, path: TomlPath) -> Any:
    table = _without_none(kind)
    if isinstance(table, inspect.StructType):
        return convert_table(reading, table, value, path)
    match kind:
        case inspect.DataclassType(cls=cls) if cls is Limits:
            return _limits(reading, value, path)
        case inspect.ListType():
            return _list(reading, kind, value, path)
        case _:
            return _leaf(reading, kind, value, path)


def _list(reading: Reading, kind: inspect.ListType, value: object, path: TomlPath) -> list[Any] | None:
    if not isinstance(value, list):
        if isinstance(kind.item_type, inspect.StructType):
            mend = f"write each as [[{path[-1]}]], with two brackets"
        else:
            mend = f"write it in brackets: {path[-1]} = [ … ]"
        reading.problem(path, f"expected {_described(kind)}, but it is {kind_of(value)}", mend)
        return None
    if len(value) < (kind.min_length or 0):
        reading.problem(path, "the list is empty", f"write at least one: {_described(kind.item_type)}")
    return [_convert(reading, kind.item_type, item, (*path, place)) for place, item in enumerate(value)]


def _leaf(reading: Reading, kind: inspect.Type, value: object, path: TomlPath) -> Any:
    inner = _without_none(kind)
    if isinstance(value, str) and "PRIVATE KEY" in value:
        mend = "put the key into a file of its own in keys_dir, mode 0400, write that file's name here, and replace the key"
        reading.problem(path, "holds a private key, which never belongs in this file", mend)
        return None
    if not _fits(inner, value):
        said = shown(value) if isinstance(value, str | int | float) else kind_of(value)
        words = _described(inner)
        reading.problem(path, f"expected {words}, but it is {said}", f"write {words}")
        return None
    if not isinstance(inner, inspect.Metadata) or not inner.extra or not isinstance(value, str):
        return value
    check = inner.extra["kind"]
    if check in LOOKING and not reading.looks:
        check = "place"
    try:
        return KINDS[check](value, reading.base)
    except NotOfKind as wrong:
        reading.problem(path, wrong.message, wrong.mend)
        return None


def _fits(kind: inspect.Type, value: object) -> bool:
    match kind:
        case inspect.Metadata(type=inner):
            return _fits(inner, value)
        case inspect.StrType(pattern=pattern, max_length=longest):
            return (
                isinstance(value, str)
                and (pattern is None or re.match(pattern, value) is not None)
                and (longest is None or len(value) <= longest)
            )
        case inspect.IntType(ge=least, le=most):
            return type(value) is int and (least is None or value >= least) and (most is None or value <= most)
        case inspect.LiteralType(values=values):
            return isinstance(value, str) and value in values
        case inspect.BoolType():
            return isinstance(value, bool)
        case _:
            raise TypeError(f"relay.settings.model uses a type that is not known here: {kind}")


def _without_none(kind: inspect.Type) -> inspect.Type:
    """TOML has no null, so an optional key is one that may be left out."""
    if isinstance(kind, inspect.UnionType):
        return next(inner for inner in kind.types if not isinstance(inner, inspect.NoneType))
    return kind


def _described(kind: inspect.Type) -> str:
    """What a value must be, in words that fit after "expected"."""
    match _without_none(kind):
        case inspect.Metadata(extra_json_schema={"description": str(words)}):
            return words
        case inspect.IntType(ge=int(least), le=int(most)):
            return f"a whole number from {least} to {most}"
        case inspect.LiteralType(values=values):
            return "one of " + ", ".join(f'"{value}"' for value in sorted(str(value) for value in values))
        case inspect.BoolType():
            return "true or false"
        case inspect.ListType(item_type=inspect.StructType()):
            return "tables"
        case inspect.ListType(item_type=item):
            return f"a list, each item {_described(item)}"
        case _:
            return "a text in quotes"


def _limits(reading: Reading, value: object, path: TomlPath) -> Tree | None:
    if not isinstance(value, dict):
        reading.problem(path, f"expected a table, but it is {kind_of(value)}", "write [limits] and one limit per line")
        return None
    known = {entry.name: entry.metadata for entry in dataclasses.fields(Limits)}
    _unknown_keys(reading, value, list(known), path)
    tree: Tree = {} if reading.partial else dataclasses.asdict(DEFAULTS)
    for name, about in known.items():
        if name not in value:
            continue
        least, most, given = about["minimum"], about["maximum"], value[name]
        if type(given) is int and least <= given <= most:
            tree[name] = given
            continue
        said = shown(given) if isinstance(given, str | int | float) else kind_of(given)
        expected = f"a whole number from {least} to {most} ({about['unit']})"
        reading.problem((*path, name), f"expected {expected}, but it is {said}", f"write {expected}")
    return tree


def kind_of(value: object) -> str:
    """The TOML name of what a value is."""
    kinds = {bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "a list", dict: "a table"}
    return kinds.get(type(value), "a date or time")
