"""Strict reading of one TOML table: every key is taken by name and type, and what nobody took is a problem."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from policy.problems import Problem
from policy.toml_lines import TomlLines

_KINDS = {str: "a string", int: "an integer", bool: "true or false", date: "a date such as 2026-04-01", dict: "a table"}


@dataclass
class Source:
    """One file that is being read."""

    path: str
    lines: TomlLines
    problems: list[Problem] = field(default_factory=list)

    def report(self, where: tuple[str | int, ...], message: str, mend: str) -> None:
        self.problems.append(Problem(self.path, self.lines.line(*where), message, mend))


class Table:
    """A table at `where` of a source. `take_*` returns None (or the default) after reporting what is wrong."""

    def __init__(self, source: Source, values: dict[str, Any], where: tuple[str | int, ...]) -> None:
        self._source = source
        self._left = dict(values)
        self._present = frozenset(values)
        self._known: list[str] = []
        self.where = where
        self.title = _title(where)

    def report(self, key: str, message: str, mend: str) -> None:
        self._source.report((*self.where, key) if key else self.where, message, mend)

    @property
    def problem_count(self) -> int:
        return len(self._source.problems)

    def has(self, key: str) -> bool:
        """Whether the table had this key, taken or not."""
        return key in self._present

    def text(self, key: str, mend: str, default: str | None = None, *, required: bool = True) -> str | None:
        value = self._take(key, str, mend, default, required=required)
        return value if isinstance(value, str) else None

    def integer(
        self, key: str, mend: str, default: int | None, bounds: tuple[int, int], *, required: bool = False
    ) -> int | None:
        value = self._take(key, int, mend, default, required=required)
        if not isinstance(value, int) or (value == default and value is not None):
            return value if isinstance(value, int) else None
        if not bounds[0] <= value <= bounds[1]:
            self.report(key, f"{key} is {value}; it must be from {bounds[0]} to {bounds[1]}", mend)
            return None
        return value

    def flag(self, key: str, mend: str) -> bool:
        return self._take(key, bool, mend, default=False, required=False) is True

    def day(self, key: str, mend: str, *, required: bool) -> date | None:
        value = self._take(key, date, mend, None, required=required)
        return value if isinstance(value, date) else None

    def day_or(self, key: str, word: str, mend: str) -> date | str | None:
        """A day, or this one word in its place. None where the key is absent, and after a problem."""
        if self._left.get(key) == word:
            return self.text(key, mend)
        return self.day(key, mend, required=False)

    def texts(self, key: str, mend: str, default: tuple[str, ...] | None = ()) -> tuple[str, ...] | None:
        """An array of different strings. None after a problem, or where the key is absent and the default is None."""
        self._known.append(key)
        if key not in self._left:
            return default
        value = self._left.pop(key)
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            self.report(key, f"{key} must be an array of strings that are not empty", mend)
            return None
        for item in value:
            if value.count(item) > 1:
                self.report(key, f'{key} names "{item}" twice', "write each once")
                return None
        return tuple(value)

    def choice(self, key: str, allowed: tuple[str, ...], default: str | None = None) -> str | None:
        mend = "write one of: " + ", ".join(allowed)
        value = self.text(key, mend, default, required=default is None)
        if value is not None and value not in allowed:
            self.report(key, f'{key} is "{value}", which is not known', mend)
            return None
        return value

    def table(self, key: str, mend: str = "", *, required: bool = False) -> Table | None:
        value = self._take(key, dict, mend or f"write it as a table, [{key}]", None, required=required)
        return Table(self._source, value, (*self.where, key)) if isinstance(value, dict) else None

    def tables(self, key: str) -> list[Table]:
        """An array of tables, `[[key]]`."""
        self._known.append(key)
        value = self._left.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.report(key, f"{key} must be an array of tables", f"begin each with [[{key}]]")
            return []
        return [Table(self._source, item, (*self.where, key, index)) for index, item in enumerate(value)]

    def rest(self) -> dict[str, str]:
        """What is left, all strings: for a table whose keys are names of the writer's own."""
        left, self._left = self._left, {}
        for key, value in left.items():
            if not isinstance(value, str):
                self.report(key, f"{key} must be a string", "write the name of a class in quotes")
        return {key: value for key, value in left.items() if isinstance(value, str)}

    def end(self) -> None:
        """Report every key that was not taken."""
        for key in self._left:
            self.report(
                key, f'unknown key "{key}" in {self.title}', f"remove it, or write one of: {', '.join(self._known)}"
            )

    def _take(self, key: str, kind: type, mend: str, default: object, *, required: bool) -> object:
        self._known.append(key)
        if key not in self._left:
            if required:
                self.report("", f'{self.title} has no "{key}"', mend)
            return default
        value = self._left.pop(key)
        wrong = not isinstance(value, kind) or (kind is int and isinstance(value, bool)) or isinstance(value, datetime)
        if wrong:
            self.report(key, f"{key} must be {_KINDS[kind]}", mend)
            return None
        return value


def _title(where: tuple[str | int, ...]) -> str:
    if not where:
        return "the file"
    names = ".".join(part for part in where if isinstance(part, str))
    return f"[[{names}]]" if isinstance(where[-1], int) else f"[{names}]"
