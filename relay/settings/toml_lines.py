"""On which line of a TOML file each key and array item stands, for messages an operator can act on.

`tomllib` gives values without places. This scanner runs over text that `tomllib` has already accepted, so it only finds
places and decides nothing. Where it meets what it does not know, it stops: messages then name the enclosing table.
A path is a tuple of keys and 0-based array positions: `("gate", 0, "pins", 1)`.

`policy.toml_lines` does the same for procedures, and is not used here: the egress and the ledger load this file and may load
nothing of `policy`.
"""

from __future__ import annotations

import re
import tomllib
from contextlib import suppress

TomlPath = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}' r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\n]+")


class _Stopped(Exception):
    """The text goes on in a way that the scanner does not know."""


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._counted_to = 0
        self._line = 1
        self._table: TomlPath = ()
        self._items: dict[TomlPath, int] = {}  # array of tables -> its last position so far
        self.lines: dict[TomlPath, int] = {(): 1}

    def document(self) -> None:
        while self._skip_blank():
            if self._take("[["):
                self._header(array=True)
            elif self._take("["):
                self._header(array=False)
            else:
                self._pair(self._table)

    def _header(self, *, array: bool) -> None:
        path = self._below((), self._keys())
        self._expect("]]" if array else "]")
        if array:
            plain = path[:-1] if isinstance(path[-1], int) else path
            self._items[plain] = self._items.get(plain, -1) + 1
            self._note(plain)
            path = (*plain, self._items[plain])
        self._note(path, again=True)  # a table may be opened by its sub-table first and have its own header later
        self._table = path

    def _pair(self, table: TomlPath) -> None:
        path = self._below(table, self._keys())
        self._expect("=")
        self._value(path)

    def _value(self, path: TomlPath) -> None:
        self._spaces()
        if self._match(_STRING) is not None:
            return
        if self._take("["):
            self._array(path)
        elif self._take("{"):
            self._inline_table(path)
        elif self._match(_SCALAR) is None:
            raise _Stopped

    def _array(self, path: TomlPath) -> None:
        position = 0
        while self._skip_blank() and not self._take("]"):
            self._note((*path, position))
            self._value((*path, position))
            self._skip_blank()
            self._take(",")
            position += 1

    def _inline_table(self, path: TomlPath) -> None:
        while self._skip_blank() and not self._take("}"):
            self._pair(path)
            self._skip_blank()
            self._take(",")

    def _keys(self) -> list[str]:
        keys = [self._key()]
        while self._take("."):
            keys.append(self._key())
        return keys

    def _key(self) -> str:
        self._spaces()
        bare = self._match(_BARE_KEY)
        if bare is None:
            quoted = self._match(_STRING)
            if quoted is None:
                raise _Stopped
            bare = str(tomllib.loads(f"key = {quoted}")["key"])
        self._spaces()
        return bare

    def _below(self, table: TomlPath, keys: list[str]) -> TomlPath:
        """The path of `keys` under `table`; a name of an array of tables means its last item."""
        path = table
        for key in keys:
            path = (*path, key)
            self._note(path)
            if path in self._items:
                path = (*path, self._items[path])
        return path

    def _note(self, path: TomlPath, *, again: bool = False) -> None:
        if again or path not in self.lines:
            self._line += self._text.count("\n", self._counted_to, self._at)
            self._counted_to = self._at
            self.lines[path] = self._line

    def _skip_blank(self) -> bool:
        """Whether anything is left."""
        self._match(_BLANK)
        return self._at < len(self._text)

    def _spaces(self) -> None:
        while self._text.startswith((" ", "\t"), self._at):
            self._at += 1

    def _match(self, pattern: re.Pattern[str]) -> str | None:
        found = pattern.match(self._text, self._at)
        if found is None:
            return None
        self._at = found.end()
        return found[0]

    def _take(self, mark: str) -> bool:
        taken = self._text.startswith(mark, self._at)
        if taken:
            self._at += len(mark)
        return taken

    def _expect(self, mark: str) -> None:
        if not self._take(mark):
            raise _Stopped


def key_lines(text: str) -> dict[TomlPath, int]:
    """Path -> 1-based line, for every key and array item. `text`: valid TOML with LF line ends."""
    scanner = _Scanner(text)
    with suppress(_Stopped, RecursionError):
        scanner.document()
    return scanner.lines


def nearest_line(lines: dict[TomlPath, int], path: TomlPath) -> int:
    """The line of `path`, or of the closest thing around it."""
    while path not in lines and path:
        path = path[:-1]
    return lines.get(path, 0)
