"""The line of a key in a TOML file, which tomllib does not tell.

A scanner of its own over text that tomllib has already accepted: it knows strings, comments, brackets, table headers and
keys, and nothing of values. Paths are tuples of keys, with the 0-based index of a table in an array of tables:
`("field", 2, "class")` is the key `class` in the third `[[field]]`. Pure.

The configuration has a scanner of its own, `relay.settings.toml_lines`: the egress and the ledger read a configuration and may
load nothing of `policy`, which imports nothing of `relay`.

Known limit: what stands inside an inline table or an array has the line of the key that holds it.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

Path = tuple[str | int, ...]

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?!")|\'\'\'.*?\'\'\'(?!\')'  # multi-line strings; up to two more quotes belong to the string
    r'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\''
    r"|\#[^\n]*|[\[\]{}]|\n|[^\"'#\[\]{}\n]+",
    re.DOTALL,
)
_KEY_PART = re.compile(r'[ \t]*(?:([A-Za-z0-9_-]+)|"((?:\\.|[^"\\\n])*)"|\'([^\'\n]*)\')[ \t]*(\.?)')
_HEADER = re.compile(r"[ \t]*(\[\[?)")
_ERROR_LINE = re.compile(r"\(at line (\d+), column \d+\)")


class TomlInvalid(Exception):
    """The text is not TOML. `line` is 1-based."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line
        self.message = message


class TomlLines:
    """Where each table and key of a document stands."""

    __slots__ = ("_lines",)

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {}
        _Scanner(text, self._lines).scan()

    def line(self, *path: str | int) -> int:
        """The 1-based line of the key or table at `path`; of what holds it where it has none of its own; else 1."""
        while path:
            found = self._lines.get(path)
            if found is not None:
                return found
            path = path[:-1]
        return 1


def parse_toml(text: str) -> tuple[dict[str, Any], TomlLines]:
    """The document and its lines. Raises TomlInvalid."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        where = _ERROR_LINE.search(message)
        line = int(where.group(1)) if where else text.count("\n") + 1
        raise TomlInvalid(line, message.split(" (at ")[0]) from error
    return document, TomlLines(text.replace("\r\n", "\n"))


class _Scanner:
    """One pass over the statements of a document: headers and `key = value`."""

    def __init__(self, text: str, lines: dict[Path, int]) -> None:
        self._text = text
        self._lines = lines
        self._at = 0
        self._line = 1
        self._table: Path = ()
        self._arrays: dict[Path, int] = {}  # array of tables -> index of its newest table

    def scan(self) -> None:
        while self._at < len(self._text):
            header = _HEADER.match(self._text, self._at)
            if header:
                self._header(header)
            else:
                path, self._at = self._keys(self._at)
                if path:
                    self._mark(self._table + path)
            self._to_next_statement()

    def _header(self, header: re.Match[str]) -> None:
        path, self._at = self._keys(header.end())
        resolved = self._resolve(path[:-1]) + path[-1:]
        if header.group(1) == "[[":
            index = self._arrays.get(resolved, -1) + 1
            self._arrays[resolved] = index
            self._lines.setdefault(resolved, self._line)
            resolved = (*resolved, index)
        else:
            resolved = self._resolve(path)
        self._table = resolved
        self._mark(resolved)
        self._at = self._text.find("\n", self._at)
        if self._at < 0:
            self._at = len(self._text)

    def _resolve(self, path: Path) -> Path:
        """`path` with the newest index after each array of tables, as TOML reads `[fruit.variety]`."""
        resolved: Path = ()
        for part in path:
            resolved = (*resolved, part)
            if resolved in self._arrays:
                resolved = (*resolved, self._arrays[resolved])
        return resolved

    def _keys(self, at: int) -> tuple[Path, int]:
        path: Path = ()
        while part := _KEY_PART.match(self._text, at):
            bare, basic, literal, dot = part.groups()
            key = bare if bare is not None else literal if literal is not None else _unescape(basic)
            path = (*path, key)
            at = part.end()
            if not dot:
                break
        return path, at

    def _mark(self, path: Path) -> None:
        for length in range(len(self._table), len(path)):  # a.b = 1 also defines a
            self._lines.setdefault(path[:length], self._line)
        self._lines.setdefault(path, self._line)

    def _to_next_statement(self) -> None:
        depth = 0
        while self._at < len(self._text):
            token = _TOKEN.match(self._text, self._at)
            piece = token.group() if token else self._text[self._at]
            self._at += len(piece)
            self._line += piece.count("\n")
            if piece in "[{":
                depth += 1
            elif piece in "]}":
                depth -= 1
            elif piece == "\n" and depth <= 0:
                return


def _unescape(basic: str) -> str:
    if "\\" not in basic:
        return basic
    value = tomllib.loads(f'k = "{basic}"')["k"]
    if not isinstance(value, str):
        raise TypeError("a quoted key is a string")
    return value
