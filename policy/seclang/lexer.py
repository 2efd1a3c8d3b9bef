"""Text to directives: names, arguments as they were written, and lines.

Rules, as ModSecurity 3 has them:
- a directive ends with its line, except that a backslash before the end of the line goes on with the next;
- an argument is a run without blanks, or stands between double quotation marks, where `\\"` does not end it. Nothing is
  unescaped: `\\"` stays two characters, for the operator or action to read. A line end between the marks belongs to the
  argument;
- `#` where an argument could begin starts a comment up to the end of the line. Only a comment that was a `SecRule` or
  `SecAction` goes on after a backslash, so that a rule of many lines is commented out by its first.

Differences: a backslash and the line end after it are taken out of a quoted argument too, as Apache does and the manual means
(ModSecurity 3 keeps both, so that such a pattern never matches); single quotation marks are understood as Apache
understands them (ModSecurity 3 prints the mark on its standard output and goes on); one directive per line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from policy.seclang.ast import Position
from policy.seclang.faults import Problem, SecLangError

_SPACE = re.compile(r"(?:[ \t]+|\\(?:\n|\Z))+")
_BETWEEN = re.compile(r"(?:[ \t\n]+|\\(?:\n|\Z))+")
_BARE = re.compile(r"(?:[^ \t\n\\]+|\\(?!\n|\Z))+")
_QUOTED = {mark: re.compile(rf"{mark}((?:[^{mark}\\]+|\\.|\\\Z)*)({mark}?)", re.DOTALL) for mark in "\"'"}
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_COMMENT = re.compile(r"#[ \t]*Sec(?:Rule|Action)(?:[^\n\\]+|\\.)*|#[^\n]*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument. `text` has neither the marks around it nor joined line ends; `source` still has the latter."""

    text: str
    quoted: bool
    position: Position
    source: str

    def position_at(self, offset: int) -> Position:
        """The line on which `text[offset]` stands."""
        for found in _ESCAPED.finditer(self.source):
            if found.start() > offset:
                break
            if found[1] == "\n":
                offset += 2
        return Position(self.position.file, self.position.line + self.source.count("\n", 0, offset))


@dataclass(frozen=True, slots=True)
class Directive:
    name: str
    arguments: tuple[Argument, ...]
    position: Position

    @property
    def key(self) -> str:
        """The name as tables have it: without case."""
        return self.name.lower()


def directives(text: str, file: str) -> Iterator[Directive | Problem]:
    """Every directive of `text` in order; a Problem for each that cannot be read, after which reading goes on."""
    scanner = _Scanner(text.removeprefix("\ufeff").replace("\r\n", "\n"), file)
    while scanner.to_directive():
        try:
            yield scanner.directive()
        except SecLangError as error:
            scanner.to_line_end()
            yield error.problem


class _Scanner:
    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._at = 0
        self._line = 1
        self._counted = 0

    def _position(self) -> Position:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return Position(self._file, self._line)

    def to_directive(self) -> bool:
        """Past blanks and comments; False at the end of the text."""
        while self._at < len(self._text):
            found = _BETWEEN.match(self._text, self._at) or _COMMENT.match(self._text, self._at)
            if found is None:
                return True
            self._at = found.end()
        return False

    def to_line_end(self) -> None:
        end = self._text.find("\n", self._at)
        self._at = len(self._text) if end < 0 else end

    def directive(self) -> Directive:
        position = self._position()
        name = self._argument()
        if name.quoted:
            raise SecLangError(
                position, "an argument without a directive", "begin the line with a directive, such as SecRule"
            )
        arguments = []
        while self._to_argument():
            arguments.append(self._argument())
        return Directive(name.text, tuple(arguments), position)

    def _to_argument(self) -> bool:
        """Past blanks and joined lines; False where the line ends."""
        space = _SPACE.match(self._text, self._at)
        if space is not None:
            self._at = space.end()
        if self._text.startswith("#", self._at):
            self.to_line_end()
        return self._at < len(self._text) and self._text[self._at] != "\n"

    def _argument(self) -> Argument:
        position = self._position()
        mark = self._text[self._at]
        if mark in _QUOTED:
            return self._quoted(mark, position)
        bare = next(
            _BARE.finditer(self._text, self._at)
        )  # there is one: neither a blank nor a joined line end stands here
        self._at = bare.end()
        return Argument(bare.group(), False, position, bare.group())

    def _quoted(self, mark: str, position: Position) -> Argument:
        found = _QUOTED[mark].match(self._text, self._at)
        if found is None or not found.group(2):
            raise SecLangError(
                position, f"the quotation mark {mark} opens an argument that never ends", f"close it with {mark}"
            )
        self._at = found.end()
        if self._at < len(self._text) and self._text[self._at] not in " \t\n\\":
            raise SecLangError(
                position,
                f"text stands directly after the quotation mark that closes an argument: {self._rest()!r}",
                f"put a blank between the arguments, or write \\{mark} where the mark belongs to the argument",
            )
        return Argument(_joined(found.group(1)), True, position, found.group(1))

    def _rest(self) -> str:
        return self._text[self._at : self._at + 20].split("\n")[0]


def _joined(text: str) -> str:
    """`text` without its line ends after a backslash; two backslashes are no such backslash."""
    if "\\\n" not in text:
        return text
    return _ESCAPED.sub(lambda found: "" if found[1] == "\n" else found[0], text)
