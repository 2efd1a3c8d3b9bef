"""Which needles are looked for in which transformed values: the part of the sieve that is settled when the program is made.

Values are scanned as their chain of transformations leaves them. Two things make that cheap: a chain that finds none of its
active bytes leaves all values as they are, and the buffer is shared; and a chain that ends in lowercase is not applied at all
where the needle can ignore case instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from policy.engine.gates import Gate, gate_of
from policy.engine.rule import Link, Rule
from policy.engine.state import OWN
from policy.engine.steps import CASED_CMD_LINE, Step, Steps, stages_of, steps_of
from policy.engine.targets import Fetch, Source
from policy.operators.match import Operator
from policy.operators.table import needles
from policy.scan.needle import Needle, as_written
from policy.seclang.ast import Target
from policy.seclang.rule_words import SCALARS

_CASE_BLIND: Final = frozenset({
    "compresswhitespace", "normalizepath", "normalizepathwin", "removecomments",
    "removecommentschar", "removenulls", "removewhitespace", "replacecomments", "replacenulls", "trim", "trimleft", "trimright",
})  # fmt: skip
"""Transformations that do the same whatever the case of letters."""

_LOWERS: Final = frozenset({"lowercase", "cmdline"})

_ESCAPE: Final = re.compile(rb"\\(?:[xX]\{?[0-9A-Fa-f]*\}?|[0-7]+|[^A-Za-z0-9]|[a-zABDGHKNRSVWXZ])", re.DOTALL)
_CASED: Final = re.compile(rb"\[:upper:\]|\[:\^|\(\?[a-zA-Z]*[-^]")
_ODD_RANGE: Final = re.compile(rb"-[\[\\\]^_`]")


class Wanted(NamedTuple):
    """A needle of a rule, and the chains whose results it is looked for in."""

    rule: int
    needle: Needle
    chains: tuple[int, ...]
    sources: frozenset[str]
    empty: bool
    """Whether the operator matches what the chain makes of an empty value."""


class Gated(NamedTuple):
    """A rule without a needle whose operator has a gate (`gates`), and the chains whose results the operator may see."""

    rule: int
    gate: Gate
    operator: Operator
    chains: tuple[int, ...]
    sources: frozenset[str]
    empty: bool
    """As of a needle."""


class Plan(NamedTuple):
    """`chains` by number; `wanted` by the needle's number; `groups`: sources, and the chains that their values go through."""

    chains: tuple[Steps, ...]
    wanted: tuple[Wanted, ...]
    gated: tuple[Gated, ...]
    groups: tuple[Group, ...]


class Use(NamedTuple):
    """A variable, as a rule's target names it, whose values are looked at, and the chains that they go through."""

    name: str
    target: Target
    whole: Fetch
    chains: frozenset[int]


class Group(NamedTuple):
    sources: tuple[Use, ...]
    chains: tuple[int, ...]


def is_sifted(rule: Rule) -> bool:
    """Whether a rule is worth looking for: it needs a match of its first link, on variables that hold much or many things.

    A rule that only looks at a header or two is asked sooner than looked for. What a phase may still change is left out as well.
    """
    link = rule.links[0]
    targets = [source.target for source in link.sources]
    if link.operator is None or link.negated or any(target.count or target.collection in OWN for target in targets):
        return False
    if any(_is_many(target) for target in targets):
        return True
    commonplace = any(link.operator.match(link.chain.apply(text, True), True) for text in _COMMONPLACE)
    return not commonplace and any(target.collection in _LARGE for target in targets)


def _is_many(target: Target) -> bool:
    return target.collection in HUGE or (
        target.key is None and target.pattern is None and target.collection not in _SINGLE
    )


_SINGLE: Final = frozenset(SCALARS)
_LARGE: Final = frozenset({
    "QUERY_STRING", "REQUEST_BASENAME", "REQUEST_FILENAME", "REQUEST_LINE", "REQUEST_URI", "REQUEST_URI_RAW",
})  # fmt: skip
HUGE: Final = frozenset({"FULL_REQUEST", "REQUEST_BODY", "RESPONSE_BODY", "XML"})
_BULKY: Final = _LARGE - {"REQUEST_BASENAME", "REQUEST_FILENAME"} | HUGE | {
    "REQUEST_HEADERS", "REQUEST_HEADERS_NAMES", "RESPONSE_HEADERS", "RESPONSE_HEADERS_NAMES",
}  # fmt: skip
_COMMONPLACE: Final = (b"GET /a/b.html?c=d%20e HTTP/1.1", b"/a-b/c_d/e.html", b"e.html", b"c=d&e=1%E3%81%82", b"")
"""Every request has the like: a needle that is found in them is no help."""


def make_plan(rules: Sequence[Rule], *, characters: bool) -> Plan:
    """The rules that cannot be looked for are simply not in `wanted`."""
    numbers: dict[tuple[str, ...], int] = {}
    chains: list[Steps] = []
    wanted: list[Wanted] = []
    gated: list[Gated] = []
    uses: dict[str, tuple[Source, set[int]]] = {}

    def number_of(steps: Steps) -> int:
        key = tuple(step.name for step in steps)
        if key not in numbers:
            numbers[key] = len(chains)
            chains.append(steps)
        return numbers[key]

    for index, rule in enumerate(rules):
        link = rule.links[0]
        if link.operator is None or not is_sifted(rule):
            continue
        needle, gate = needles(link.operator), gate_of(link.operator)
        names = frozenset(str(source.target) for source in link.sources)
        empty = any(link.operator.match(value, characters) for value in link.chain.stages(b"", characters))
        if needle is not None:
            needle, looked_at = _looked_at(link, needle, characters=characters)
            through = tuple(number_of(steps) for steps in looked_at)
            wanted.append(Wanted(index, needle, through, names, empty))
        elif gate is not None:
            steps = steps_of(link.chain, characters=characters)
            through = tuple(
                number_of(part) for part in (stages_of(link.chain, characters=characters) if link.multi else [steps])
            )
            gated.append(Gated(index, gate, link.operator, through, names, empty))
        else:
            continue
        for source in link.sources:
            uses.setdefault(str(source.target), (source, set()))[1].update(through)
    return Plan(tuple(chains), tuple(wanted), tuple(gated), _groups(uses, len(chains)))


def _groups(uses: Mapping[str, tuple[Source, set[int]]], total: int) -> tuple[Group, ...]:
    """Bulky variables that go through few of the chains are kept apart from those that go through many, such as arguments.

    And bodies from both: what other values have to go through takes long for them.
    """
    parts: tuple[list[str], list[str], list[str]] = ([], [], [])
    for name, (_, through) in uses.items():
        few = len(through) * 2 < total
        parts[2 if name in HUGE and few else 1 if name in _BULKY and few else 0].append(name)
    return tuple(
        Group(
            tuple(Use(name, uses[name][0].target, uses[name][0].whole, frozenset(uses[name][1])) for name in part),
            tuple(sorted(set().union(*(uses[name][1] for name in part)))),
        )
        for part in parts
        if part
    )


def _looked_at(link: Link, needle: Needle, *, characters: bool) -> tuple[Needle, list[Steps]]:
    """The needle as it is compiled, and the chains before it: all stages with multiMatch.

    Where the needle can ignore case, steps that only change case are not applied.
    """
    chains = (
        stages_of(link.chain, characters=characters) if link.multi else [steps_of(link.chain, characters=characters)]
    )
    if not _ignores_case(needle) or not any(step.name in _LOWERS for steps in chains for step in steps):
        return needle, chains
    caseless = Needle(needle.kind, needle.pattern, True, needle.text, needle.more)
    return caseless, [_without_case(steps) for steps in chains]


def _without_case(steps: Steps) -> Steps:
    """At the end of a chain, or before steps that do not care for case, nothing has to change the case of letters."""
    kept: list[Step] = []
    blind = True
    for step in reversed(steps):
        if step.name not in _LOWERS:
            blind = blind and step.name in _CASE_BLIND
            kept.append(step)
        elif not blind:
            kept.append(step)
        elif step.name == "cmdline":
            kept.append(CASED_CMD_LINE)
    return tuple(reversed(kept))


def _ignores_case(needle: Needle) -> bool:
    """Whether what the needle finds in a lower-case value, a caseless needle finds in the value itself.

    Without upper-case letters in the pattern nothing in it can tell `a` in the lower-case value from `A` in the value. A range that
    ends between Z and a, within a negated class, could.
    """
    if needle.kind == "literal":
        return True
    for pattern in (as_written(needle.pattern), as_written(needle.text or b"")):
        plain = _ESCAPE.sub(b"", pattern)
        if _CASED.search(pattern):
            return False
        if any(0x41 <= byte <= 0x5A for byte in plain) or _ODD_RANGE.search(plain):
            return False
        if any(0x41 <= int(code, 16) <= 0x5A for code in re.findall(rb"\\x\{?([0-9A-Fa-f]{2})", pattern)):
            return False
    return True
