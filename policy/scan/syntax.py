r"""PCRE2 patterns, read for a superset of what they match: pattern text to `policy.scan.tree`.

Every construct of pcre2pattern(3) is read exactly, widened on purpose, or refused with `Unscannable`; none is guessed. Widened:
look-around and \K (left out), back references and subroutine calls (anything), \p \P \X \C and classes with them (any character).
Refused: (*VERBS), conditions, call-outs, \G, {,n} and braces with blanks (which differ between versions of PCRE2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from policy.scan import intervals
from policy.scan.intervals import POSIX, Ranges, class_escape, posix_class, union
from policy.scan.needle import NO_WORD_BOUNDARY, WORD_BOUNDARY
from policy.scan.tree import ANY, GAP, Boundary, Char, Group, Item, Node, Text, Unscannable

MAX_DEPTH = 100  # groups within groups; PCRE2's own default is 250
_CONTROLS = {"n": 10, "r": 13, "t": 9, "f": 12, "a": 7, "e": 27}
_SETS, _WIDENED, _ACCEPTED_FLAGS = map(frozenset, ("dDwWsShHvV", "pPXC", "imsxnUJ"))
_COUNT = re.compile(r"\{(\d+)(?:(,)(\d*))?\}")
_UNCLEAR_COUNT = re.compile(r"\{[ \t]*\d*[ \t]*(?:,[ \t]*\d*[ \t]*)?\}")
_FLAGS = re.compile(r"([a-zA-Z]*)(?:-([a-zA-Z]*))?([:)])")
_NAME = re.compile(r"P?(?:<(\w+)>|'(\w+)')")
_CALL = re.compile(r"(?:R|[+-]?\d+|&\w+|P>\w+|P=\w+)\)")
_REFERENCE = re.compile(r"(?:[gk](?:\{[^}]*\}|<[^>]*>|'[^']*')|g[+-]?\d+)")
_PROPERTY = re.compile(r"[pP](?:\{[^}]*\}|[A-Za-z])")
_HEX = re.compile(r"x\{[ \t]*([0-9A-Fa-f]+)[ \t]*\}|x([0-9A-Fa-f]{0,2})")
_OCTAL = re.compile(r"o\{[ \t]*([0-7]+)[ \t]*\}|(0[0-7]{0,2})")
_CLASS_OCTAL = re.compile(r"[0-7]{1,3}")
_POSIX = re.compile(r"\[:(\^?)([a-z]+):\]")
_BRACKETS = re.compile(r"\[([:.=])[^\]]*\1\]")  # what PCRE2 could take for a POSIX class; otherwise a "[" is a "["
_SPACES = frozenset(" \t\n\r\f\v\x85\u200e\u200f\u2028\u2029")  # that (?x) leaves out
_BOUNDARIES = ((WORD_BOUNDARY.decode(), False), (NO_WORD_BOUNDARY.decode(), True))


@dataclass(frozen=True, slots=True)
class Parsed:
    """`beyond_ascii`: the pattern names characters from 0x80 on."""

    root: Group
    beyond_ascii: bool


def parse(pattern: bytes, *, characters: bool, caseless: bool = False) -> Parsed:
    """Raises Unscannable. In the reading by characters the pattern has to be UTF-8."""
    try:
        text = pattern.decode("utf-8" if characters else "latin-1")
    except UnicodeDecodeError as error:
        raise Unscannable("the pattern is not UTF-8") from error
    parser = _Parser(text, characters, caseless)
    root = parser.group(0)
    if parser.at < len(text):
        raise Unscannable("a parenthesis that was never opened")
    return Parsed(root, parser.beyond_ascii)


class _Parser:
    def __init__(self, pattern: str, characters: bool, caseless: bool) -> None:
        self._pattern = pattern
        self._characters = characters
        self._top = intervals.TOP_CHARACTER if characters else intervals.TOP_BYTE
        self._caseless = caseless
        self._extended = False
        self._raw: Ranges = ()
        self._literal_until = 0  # end of a \Q...\E
        self.at = 0
        self.beyond_ascii = False

    def group(self, depth: int) -> Group:
        """Alternatives up to the closing parenthesis (left standing) or the end."""
        if depth > MAX_DEPTH:
            raise Unscannable("groups nested too deeply")
        before = (self._caseless, self._extended)
        alternatives: list[tuple[Item, ...]] = []
        items: list[Item] = []
        whole = False
        leading = b""
        while self.at < len(self._pattern):
            letter = self._pattern[self.at]
            quoting = self.at < self._literal_until
            if not quoting and letter == ")":
                break
            self.at += 1
            if not quoting and letter == "|":
                alternatives.append(tuple(items))
                items = []
                continue
            node = self._point(ord(letter)) if quoting else self._node(letter, depth)
            if quoting and self.at == self._literal_until:
                self.at += 2
            if node is None:
                continue
            if isinstance(node, Text) and node.flags:
                if not (items or alternatives or leading):
                    leading = node.text[2:-1]
                    continue
                whole = True
            items.append(self._counted(node))
        self._caseless, self._extended = before
        found = Group((*alternatives, tuple(items)), leading, whole)
        return Group(((Item(found),),)) if leading else found

    def _counted(self, node: Node) -> Item:
        """The node with the quantifiers that follow it."""
        item = Item(node)
        while True:
            self._skip_blanks()
            count = self._quantifier()
            if count is None:
                return item
            if not item.once:
                item = Item(Group(((item,),)))
            item = Item(item.node, *count)

    def _quantifier(self) -> tuple[int, int | None] | None:
        if self.at >= len(self._pattern) or self.at < self._literal_until:
            return None
        count: tuple[int, int | None]
        letter = self._pattern[self.at]
        if letter in "*+?":
            count = {"*": (0, None), "+": (1, None), "?": (0, 1)}[letter]
            self.at += 1
        elif letter == "{":
            match = _COUNT.match(self._pattern, self.at)
            if match is None:
                self._refuse_unclear_count(self.at)
                return None
            least = int(match[1])
            count = (least, least) if match[2] is None else (least, int(match[3]) if match[3] else None)
            self.at = match.end()
        else:
            return None
        if self.at < len(self._pattern) and self._pattern[self.at] in "+?":
            self.at += 1  # possessive or lazy
        return count

    def _refuse_unclear_count(self, at: int) -> None:
        match = _UNCLEAR_COUNT.match(self._pattern, at)
        if match is not None and any(character.isdigit() for character in match[0]):
            raise Unscannable("a count with blanks or without its least number")

    def _skip_blanks(self) -> None:
        while self._extended and self.at >= self._literal_until and self.at < len(self._pattern):
            if self._pattern[self.at] == "#":
                end = self._pattern.find("\n", self.at)
                self.at = len(self._pattern) if end < 0 else end + 1
            elif self._pattern[self.at] in _SPACES:
                self.at += 1
            else:
                return

    def _node(self, letter: str, depth: int) -> Node | None:
        match letter:
            case "\\":
                return self._escape()
            case "[":
                return self._class()
            case "(":
                return self._parenthesis(depth)
            case ".":
                return Text(b".", 1)
            case "^" | "$":
                return Text(letter.encode(), 0)
            case "*" | "+" | "?":
                raise Unscannable("a quantifier of nothing")
            case "{":
                self._refuse_unclear_count(self.at - 1)
                return self._point(ord(letter))
        if self._extended and (letter == "#" or letter in _SPACES):
            self.at -= 1
            self._skip_blanks()
            return None
        return self._point(ord(letter))

    def _point(self, code: int) -> Node:
        if code > self._top:
            raise Unscannable("a character beyond the end of the set")
        return ANY if self._folds(code, code) else Char(((code, code),))

    def _folds(self, low: int, high: int) -> bool:
        """Whether case folding, which differs between Unicode versions, could change what this matches. ASCII letters fold to no
        other (policy.operators.pcre)."""
        self.beyond_ascii = self.beyond_ascii or high >= 0x80
        if high < 0x80 or not (self._characters and self._caseless):
            return False
        letter = chr(low)
        return low != high or len({letter, letter.lower(), letter.upper(), letter.casefold(), letter.title()}) > 1

    def _set(self, letter: str, *, narrow: bool) -> Ranges:
        if self._characters and letter in "hv":
            self._raw = union(self._raw, intervals.beyond_ascii(letter))
        return class_escape(letter, characters=self._characters, narrow=narrow)

    def _char_of(self, letter: str) -> Char:
        """A set outside of a class."""
        self._begin_set()
        ranges = self._set(letter, narrow=False)
        return Char(ranges, raw=self._raw)

    def _begin_set(self) -> None:
        self._raw = ()

    def _escape(self) -> Node | None:
        if self.at >= len(self._pattern):
            raise Unscannable("a backslash at the end")
        letter = self._pattern[self.at]
        if not letter.isascii() or not letter.isalnum():
            self.at += 1
            return self._point(ord(letter))
        simple = self._simple_escape(letter)
        if simple is not None:
            self.at += 1
            return simple
        if letter in _SETS:
            self.at += 1
            return self._char_of(letter)
        if letter in "KE":
            self.at += 1
            return None
        if letter == "Q":
            end = self._pattern.find("\\E", self.at + 1)
            self.at += 1
            self._literal_until = len(self._pattern) if end < 0 else end
            if self._literal_until == self.at and end >= 0:
                self.at += 2
            return None
        return self._wider_escape(letter)

    def _simple_escape(self, letter: str) -> Node | None:
        match letter:
            case "A":
                return Text(b"^")
            case "z" | "Z":
                return Text(b"$")
            case "b" | "B":
                return Boundary(letter == "B")
            case "N":
                if self._pattern.startswith("{", self.at + 1):
                    raise Unscannable("\\N with a brace")
                return Text(b".", 1)
            case "R":
                line_end = (Item(Char(((13, 13),))), Item(Char(((10, 10),))))
                return Group((line_end, (Item(self._char_of("v")),)))
        return None

    def _wider_escape(self, letter: str) -> Node:
        if letter in "123456789":
            while self.at < len(self._pattern) and self._pattern[self.at] in "0123456789":
                self.at += 1
            return GAP  # a back reference, or an octal code and further digits
        if letter in _WIDENED:
            match = _PROPERTY.match(self._pattern, self.at)
            self.at = match.end() if match is not None else self.at + 1
            return GAP if letter == "X" else ANY
        if match := _REFERENCE.match(self._pattern, self.at):
            self.at = match.end()
            return GAP
        return self._point(self._code())

    def _code(self) -> int:
        """The character that the escape at this place names by a control letter or a number."""
        letter = self._pattern[self.at]
        if letter in _CONTROLS:
            self.at += 1
            return _CONTROLS[letter]
        match = (_HEX if letter == "x" else _OCTAL).match(self._pattern, self.at)
        if match is not None:
            self.at = match.end()
            digits = match[1] or match[2] or "0"
            return int(digits, 16 if letter == "x" else 8)
        if letter == "c" and self.at + 1 < len(self._pattern) and " " <= self._pattern[self.at + 1] <= "~":
            self.at += 2
            return ord(self._pattern[self.at - 1].upper()) ^ 0x40
        raise Unscannable(f"\\{letter}")

    def _parenthesis(self, depth: int) -> Node | None:
        for spelled, inverse in _BOUNDARIES:
            if self._pattern.startswith(spelled, self.at - 1):
                self.at += len(spelled) - 1
                return Boundary(inverse)
        if self._pattern.startswith("*", self.at):
            raise Unscannable("a verb")
        if not self._pattern.startswith("?", self.at):
            return self._inside(depth)
        self.at += 1
        rest = self._pattern[self.at : self.at + 2]
        if rest[:1] in (":", "|", ">"):
            self.at += 1
            return self._inside(depth)
        if rest[:1] in ("=", "!") or rest in ("<=", "<!"):
            self.at += len(rest) if rest[0] == "<" else 1
            self._inside(depth)
            return Text(b"")
        if rest[:1] == "#":
            end = self._pattern.find(")", self.at)
            self.at = end + 1
            if end < 0:
                raise Unscannable("a comment without an end")
            return None
        if match := _NAME.match(self._pattern, self.at):
            self.at = match.end()
            return self._inside(depth)
        if match := _CALL.match(self._pattern, self.at):
            self.at = match.end()
            return GAP
        return self._flagged(depth)

    def _inside(self, depth: int, flags: bytes = b"") -> Group:
        found = self.group(depth + 1)
        if not self._pattern.startswith(")", self.at):
            raise Unscannable("a parenthesis without an end")
        self.at += 1
        return Group(found.alternatives, flags, found.whole)

    def _flagged(self, depth: int) -> Node | None:
        match = _FLAGS.match(self._pattern, self.at)
        if match is None or not _ACCEPTED_FLAGS.issuperset(match[1] + (match[2] or "")) or "xx" in match[0]:
            raise Unscannable("a construct after (? that is not known")
        self.at = match.end()
        set_, unset = match[1], match[2] or ""
        before = (self._caseless, self._extended)
        self._caseless = (self._caseless or "i" in set_) and "i" not in unset
        self._extended = (self._extended or "x" in set_) and "x" not in unset
        written, cleared = ("".join(flag for flag in "is" if flag in letters) for letters in (set_, unset))
        flags = (written + ("-" + cleared if cleared else "")).encode()
        if match[3] == ":":
            group = self._inside(depth, flags)
            self._caseless, self._extended = before
            return group
        return Text(b"(?" + flags + b")") if flags else None

    def _class(self) -> Node:
        negated = self._pattern.startswith("^", self.at)
        self.at += negated
        start = self.at
        members: list[Ranges] = []
        unknown = False
        self._begin_set()
        while not self._pattern.startswith("]", self.at) or self.at == start:
            if self.at >= len(self._pattern):
                raise Unscannable("a class without an end")
            found = self._member(negated)
            unknown = unknown or found is None
            members.append(found or ())
        self.at += 1
        ranges = union(*members)
        if unknown or not ranges:
            return ANY
        return Char(ranges, negated, () if negated else self._raw)

    def _member(self, negated: bool) -> Ranges | None:
        """One character, range or set of a class; None where it could be anything."""
        if _BRACKETS.match(self._pattern, self.at):
            return self._posix(negated)
        low = self._class_point(negated)
        if not isinstance(low, int):
            return low
        high = low
        if self._pattern.startswith("-", self.at) and self._pattern[self.at + 1 : self.at + 2] not in ("]", ""):
            before = self.at
            self.at += 1
            upper = self._class_point(negated) if not _BRACKETS.match(self._pattern, self.at) else None
            if isinstance(upper, int):
                high = upper
            else:
                self.at = before + 1
                return union(((low, low), (0x2D, 0x2D)))
        if high < low or high > self._top:
            raise Unscannable("a range of characters that is none")
        return None if self._folds(low, high) else ((low, high),)

    def _class_point(self, negated: bool) -> int | Ranges | None:
        letter = self._pattern[self.at]
        self.at += 1
        if letter != "\\":
            return ord(letter)
        letter = self._pattern[self.at : self.at + 1]
        if not letter.isascii() or not letter.isalnum():
            self.at += 1
            return ord(letter) if letter else 0
        if letter in _SETS or letter == "b":
            self.at += 1
            return 8 if letter == "b" else self._set(letter, narrow=negated)
        if letter in _WIDENED:
            match = _PROPERTY.match(self._pattern, self.at)
            self.at = match.end() if match is not None else self.at + 1
            return None
        if octal := _CLASS_OCTAL.match(self._pattern, self.at):
            self.at = octal.end()
            return int(octal[0], 8)
        return self._code()

    def _posix(self, negated: bool) -> Ranges | None:
        match = _POSIX.match(self._pattern, self.at)
        if match is None or match[2] not in POSIX:
            raise Unscannable("a POSIX class that is not known, or an unclear bracket")
        self.at = match.end()
        return posix_class(match[2], negated=bool(match[1]), characters=self._characters, narrow=negated)
