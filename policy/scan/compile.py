"""From needles to one database: each needle as exactly as Hyperscan takes it.

The steps for one pattern, until one succeeds: exact; cut into a few expressions where it is too large; simplified (policy.scan.simplify)
and cut; with its counts shortened; with Hyperscan's own widening (HS_FLAG_PREFILTER). What is left, and what hits everything anyway,
is `always`: it is not in the database and counts as a hit in every value.

For the reading by characters the same database serves values that are UTF-8 and values that are not: an expression made from the
pattern of characters holds for both, as long as the pattern names nothing beyond ASCII. Otherwise the pattern of bytes is added,
under an id of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from policy.scan.anchors import most_at_one_place
from policy.scan.database import Database, Expression
from policy.scan.needle import BYTEWISE, Needle, quoted
from policy.scan.simplify import simplify
from policy.scan.syntax import Parsed, parse
from policy.scan.tree import MAX_COUNT, Group, Unscannable, cut, positions, write

How = Literal["exact", "cut", "simplified", "shortened", "prefilter", "always"]
Progress = Callable[[int, int], None]  # done, total

# A needle that hits all of these hits nearly everything: to ask it in a scan would cost more than it can tell.
PROBES = (b"a", b"7", b"2024-01-31", b"Yamada Taro")
# vectorscan 5.4.12 skips over matches of small databases of patterns such as `a\s*b` (its issue 358; mended in its pull request 368):
# it looks for two neighbouring bytes and loses pairs at the end of sixteen. Beside this expression, which has no such pair, it does
# not look in that way. A value with three such control characters counts as hit by the first needle.
_COMPANION = rb"[\x00-\x08]{3}"
_ORDER: tuple[How, ...] = ("exact", "cut", "simplified", "shortened", "prefilter", "always")
_ALL = 2**31
MAX_PIECES = 4  # expressions that an exact pattern may be cut into, so that each is small enough
MAX_SIMPLE_PIECES = 24  # the same for one that is simplified already
_SHORTER = (200, 20, 2)  # counts for patterns that would be too large
MAX_POSITIONS = (
    8_000  # characters of a pattern written out, beyond which counts are shortened; CRS 3.3 stays below 2,100
)


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
    """Never fails because of a pattern. `progress` is called before each needle, before the whole, and at the end."""
    expressions: list[Expression] = []
    compiled: list[Compiled] = []
    total = len(needles) + 1
    for done, (id_, needle) in enumerate(needles.items()):
        if progress is not None:
            progress(done, total)
        result, found = _needle(id_, needle, characters)
        compiled.append(result)
        expressions.extend(found)
    if progress is not None:
        progress(len(needles), total)
    if expressions:
        expressions.append(Expression(expressions[0].id, _COMPANION, False))
    database = Database.compile(expressions) if expressions else None
    if progress is not None:
        progress(total, total)
    return Build(tuple(compiled), database)


def summary(compiled: Sequence[Compiled]) -> dict[How, int]:
    """How many needles became what."""
    return {how: sum(1 for one in compiled if one.how == how) for how in _ORDER}


def _needle(id_: int, needle: Needle, characters: bool) -> tuple[Compiled, list[Expression]]:
    if needle.kind == "literal":
        return _literal(id_, needle, characters)
    found: list[Expression] = []
    worst: How = "exact"
    reasons: list[str] = []
    parsed: list[tuple[Parsed, bool]] = []
    try:
        parsed = _parsed(needle, characters)
        for one, lifted in parsed:
            id_here = id_ if lifted or not characters else id_ + BYTEWISE
            how, expressions, reason = _pattern(Expression(id_here, b"", needle.caseless), one.root, lifted)
            found.extend(expressions)
            worst = max(worst, how, key=_ORDER.index)
            reasons.extend([reason] if reason else [])
    except Unscannable as exc:
        return Compiled(id_, "always", 0, str(exc)), []
    return Compiled(id_, worst, len(found), "; ".join(reasons)), found


def _parsed(needle: Needle, characters: bool) -> list[tuple[Parsed, bool]]:
    """The trees to be written, and whether lifted from characters."""
    patterns = needle.patterns(characters=False)
    if not characters:
        return [(parse(pattern, characters=False, caseless=needle.caseless), False) for pattern in patterns]
    found: list[tuple[Parsed, bool]] = []
    for pattern, text in zip(patterns, needle.patterns(characters=True), strict=True):
        lifted = parse(text, characters=True, caseless=needle.caseless)
        found.append((lifted, True))
        if lifted.beyond_ascii:
            found.append((parse(pattern, characters=False, caseless=needle.caseless), False))
    return found


def _literal(id_: int, needle: Needle, characters: bool) -> tuple[Compiled, list[Expression]]:
    patterns = dict.fromkeys((*needle.patterns(characters=False), *needle.patterns(characters=characters)))
    if b"" in patterns:
        return Compiled(id_, "always", 0, "the empty string is everywhere"), []
    written = [write(parse(quoted(pattern), characters=False).root, lifted=False) for pattern in patterns]
    return Compiled(id_, "exact", len(written), ""), [Expression(id_, text, needle.caseless) for text in written]


@dataclass(frozen=True, slots=True)
class _Writing:
    """How a tree is written."""

    lifted: bool
    anchors: bytes
    longest: int = MAX_COUNT
    compact: bool = False

    def of(self, tree: Group) -> bytes:
        return write(tree, lifted=self.lifted, anchors=self.anchors, longest=self.longest, compact=self.compact)


def _pattern(model: Expression, tree: Group, lifted: bool) -> tuple[How, list[Expression], str]:
    anchors = b"".join(anchor for anchor in (b"^", b"$") if most_at_one_place(tree, anchor) <= 1)
    writing = _Writing(lifted, anchors)
    simple = simplify(tree)
    reason = "a count is large"
    if positions(tree, MAX_COUNT) <= MAX_POSITIONS or positions(tree, _ALL) == positions(tree, _SHORTER[-1]):
        expression = _try(replace(model, text=writing.of(tree)))
        if isinstance(expression, Expression):
            if positions(tree, MAX_COUNT) == positions(tree, _ALL):
                return "exact", [expression], ""
            return "shortened", [expression], reason
        reason = expression
        for how, smaller, way, most in _smaller(tree, simple, writing):
            pieces = _pieces(model, smaller, way, most)
            if pieces is not None:
                return how, pieces, reason
    for longest in _SHORTER:
        shorter = replace(writing, longest=longest, compact=True)
        if positions(simple, longest) <= MAX_POSITIONS:
            expression = _try(replace(model, text=shorter.of(simple)))
            if isinstance(expression, Expression):
                return "shortened", [expression], reason
    for widened in (replace(shorter, longest=MAX_COUNT), shorter, replace(shorter, anchors=b"")):
        if positions(simple, widened.longest) <= MAX_POSITIONS:
            expression = _try(replace(model, text=widened.of(simple), prefilter=True))
            if isinstance(expression, Expression):
                return "prefilter", [expression], reason
    raise Unscannable(reason)


def _smaller(tree: Group, simple: Group, writing: _Writing) -> Iterator[tuple[How, Group, _Writing, int]]:
    """The ways to make several expressions of a pattern, and how many at most."""
    yield "cut", tree, writing, MAX_PIECES
    yield "simplified", simple, replace(writing, compact=True), MAX_SIMPLE_PIECES


def _pieces(model: Expression, tree: Group, writing: _Writing, most: int) -> list[Expression] | None:
    """The pattern as several expressions, None where that does not help."""
    found: list[Expression] = []
    todo = [tree]
    while todo:
        if len(found) + len(todo) > most:
            return None
        piece = todo.pop()
        expression = _try(replace(model, text=writing.of(piece)))
        if isinstance(expression, Expression):
            found.append(expression)
            continue
        halves = cut(piece)
        if halves is None:
            return None
        todo.extend(halves)
    return found


def _try(expression: Expression) -> Expression | str:
    """The expression as Hyperscan takes it, or its objection. Raises Unscannable for one that hits everything."""
    try:
        database = Database.compile([expression])
    except Unscannable as exc:
        if "empty" not in str(exc):
            return str(exc)
        expression = replace(expression, empty=True)
        try:
            database = Database.compile([expression])
        except Unscannable as second:
            return str(second)
    if all(database.hits(probe) for probe in PROBES):
        raise Unscannable("it hits nearly every value")
    return expression
