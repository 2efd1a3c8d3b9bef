"""From needles to one database: each needle as exactly as Hyperscan takes it.

The steps for one pattern, until one succeeds: exact; cut into several expressions where it is too large; with Hyperscan's own
widening (HS_FLAG_PREFILTER); with it and without anchors. What is left, and what hits everything anyway, is `always`: it is not in
the database and counts as a hit in every value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from policy.scan.database import Database, Expression
from policy.scan.needle import Needle, quoted
from policy.scan.syntax import parse
from policy.scan.tree import MAX_PIECES, Group, Unscannable, cut, write

How = Literal["exact", "cut", "prefilter", "unanchored", "always"]
Progress = Callable[[int, int], None]  # done, total

# A needle that hits all of these hits nearly everything: to ask it in a scan would cost more than it can tell.
PROBES = (b"a", b"7", b"2024-01-31", b"Yamada Taro")


@dataclass(frozen=True, slots=True)
class Compiled:
    """What became of one needle. `reason`: why it is not exact, else empty."""

    id: int
    how: How
    expressions: int
    reason: str


@dataclass(frozen=True, slots=True)
class Build:
    compiled: tuple[Compiled, ...]
    database: Database | None  # None where every needle is `always`


def build(needles: Mapping[int, Needle], *, characters: bool, progress: Progress | None = None) -> Build:
    """Never fails because of a pattern. `progress` is called after each needle, and after the whole."""
    expressions: list[Expression] = []
    compiled: list[Compiled] = []
    for done, (id_, needle) in enumerate(needles.items()):
        if progress is not None:
            progress(done, len(needles) + 1)
        result, found = _needle(id_, needle, characters)
        compiled.append(result)
        expressions.extend(found)
    database = Database.compile(expressions, characters=characters) if expressions else None
    if progress is not None:
        progress(len(needles) + 1, len(needles) + 1)
    return Build(tuple(compiled), database)


def _needle(id_: int, needle: Needle, characters: bool) -> tuple[Compiled, list[Expression]]:
    if needle.kind == "literal":
        return _literal(id_, needle, characters)
    found: list[Expression] = []
    worst: How = "exact"
    reasons: list[str] = []
    try:
        for pattern in needle.patterns(characters=characters):
            how, expressions, reason = _pattern(id_, pattern, needle.caseless, characters)
            found.extend(expressions)
            worst = max(worst, how, key=_ORDER.index)
            reasons.extend([reason] if reason else [])
    except Unscannable as exc:
        return Compiled(id_, "always", 0, str(exc)), []
    return Compiled(id_, worst, len(found), "; ".join(reasons)), found


_ORDER: tuple[How, ...] = ("exact", "cut", "prefilter", "unanchored", "always")


def _literal(id_: int, needle: Needle, characters: bool) -> tuple[Compiled, list[Expression]]:
    patterns = needle.patterns(characters=characters)
    try:
        if any(not pattern for pattern in patterns):
            raise Unscannable("the empty string is everywhere")
        found = [
            Expression(
                id_, write(parse(quoted(pattern), characters=characters), characters=characters), needle.caseless
            )
            for pattern in patterns
        ]
    except Unscannable as exc:
        return Compiled(id_, "always", 0, str(exc)), []
    return Compiled(id_, "exact", len(found), ""), found


def _pattern(id_: int, pattern: bytes, caseless: bool, characters: bool) -> tuple[How, list[Expression], str]:
    tree = parse(pattern, characters=characters, caseless=caseless)
    expression = _try(Expression(id_, write(tree, characters=characters), caseless), characters)
    if isinstance(expression, Expression):
        return "exact", [expression], ""
    reason = expression
    pieces = _pieces(id_, tree, caseless, characters)
    if pieces is not None:
        return "cut", pieces, reason
    exact = write(tree, characters=characters)
    expression = _try(Expression(id_, exact, caseless, prefilter=True), characters)
    if isinstance(expression, Expression):
        return "prefilter", [expression], reason
    floating = write(tree, characters=characters, anchors=False)
    expression = _try(Expression(id_, floating, caseless, prefilter=True), characters)
    if isinstance(expression, Expression):
        return "unanchored", [expression], reason
    raise Unscannable(reason)


def _pieces(id_: int, tree: Group, caseless: bool, characters: bool) -> list[Expression] | None:
    """The pattern as several expressions, None where that does not help."""
    found: list[Expression] = []
    todo = [tree]
    while todo:
        if len(found) + len(todo) > MAX_PIECES:
            return None
        piece = todo.pop()
        expression = _try(Expression(id_, write(piece, characters=characters), caseless), characters)
        if isinstance(expression, Expression):
            found.append(expression)
            continue
        halves = cut(piece)
        if halves is None:
            return None
        todo.extend(halves)
    return found


def _try(expression: Expression, characters: bool) -> Expression | str:
    """The expression as Hyperscan takes it, or its objection. Raises Unscannable for one that hits everything."""
    try:
        database = Database.compile([expression], characters=characters)
    except Unscannable as exc:
        objection = str(exc)
        if "empty" not in objection:
            return objection
        expression = Expression(expression.id, expression.text, expression.caseless, expression.prefilter, empty=True)
        try:
            database = Database.compile([expression], characters=characters)
        except Unscannable as second:
            return str(second)
    if all(database.hits(probe) for probe in PROBES):
        raise Unscannable("it hits nearly every value")
    return expression


def summary(compiled: Sequence[Compiled]) -> dict[How, int]:
    """How many needles became what."""
    return {how: sum(1 for one in compiled if one.how == how) for how in _ORDER}
