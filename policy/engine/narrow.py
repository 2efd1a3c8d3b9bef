"""Rules about the method, the protocol, a header, a flag or a count: asked once for each value that turns up, and the answer remembered.

Such rules are many, and the values they see are few and the same all day. What is remembered is which rules match a value;
nothing is remembered of fields, cookies, paths and addresses (MEMORABLE says what is), and never more than VALUES_MAX values of
one variable. The rules that match are then evaluated as all others are.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Final

from policy.effort import Effort
from policy.engine.limits import MEMORABLE_BYTES_MAX, VALUES_MAX
from policy.engine.rule import Link, Rule
from policy.engine.state import OWN, State
from policy.engine.targets import Source
from policy.seclang.ast import Target

MEMORABLE: Final = frozenset({
    "MULTIPART_STRICT_ERROR", "MULTIPART_UNMATCHED_BOUNDARY", "REQBODY_ERROR", "REQBODY_PROCESSOR_ERROR",
    "REQUEST_METHOD", "REQUEST_PROTOCOL", "RESPONSE_STATUS", "URLENCODED_ERROR",
})  # fmt: skip
MEMORABLE_HEADERS: Final = frozenset({
    "accept", "accept-charset", "accept-encoding", "accept-language", "cache-control", "connection", "content-encoding",
    "content-length", "content-type", "expect", "host", "origin", "pragma", "proxy", "range", "request-range", "te", "trailer",
    "transfer-encoding", "upgrade", "user-agent", "via",
})  # fmt: skip


_Asked = tuple[int, int, Link]  # place of a rule, bit of its link, the link
_Answer = tuple[tuple[int, int], ...]  # places of rules, bits of the links that match


def narrow_links(rule: Rule) -> list[int]:
    """The links that look at nothing but memorable variables, with an operator that is always the same.

    Where a link before it leaves something behind whatever becomes of the rule, it does not count.
    """
    narrow: list[int] = []
    for position, link in enumerate(rule.links):
        if _is_narrow_link(link):
            narrow.append(position)
        if link.setvars or link.capture:
            break
    return narrow


def _is_narrow_link(link: Link) -> bool:
    known = [_is_memorable(source.target) for source in link.sources]
    return link.operator is not None and bool(known) and all(known)


def _is_memorable(target: Target) -> bool:
    if target.count:
        return target.collection not in OWN
    if target.collection in ("REQUEST_HEADERS", "RESPONSE_HEADERS"):
        return target.key is not None and target.key.lower() in MEMORABLE_HEADERS
    return target.collection in MEMORABLE


class NarrowRules:
    """Of one phase. `rules` are the places of the rules that it answers for."""

    def __init__(self, rules: Sequence[Rule], answered: Container[int] = (), *, characters: bool) -> None:
        """`answered`: the places of rules that somebody else answers for."""
        self._characters = characters
        narrow = {place: narrow_links(rule) for place, rule in enumerate(rules) if place not in answered}
        self.rules = frozenset(place for place, positions in narrow.items() if positions)
        self._needed: dict[int, int] = {}
        sources: dict[str, tuple[Source, list[_Asked]]] = {}
        for place in sorted(self.rules):
            for position in narrow[place]:
                link = rules[place].links[position]
                self._needed[place] = self._needed.get(place, 0) | 1 << position
                for source in link.sources:
                    sources.setdefault(str(source.target), (source, []))[1].append((place, 1 << position, link))
        self._sources = tuple((source, asked, dict[bytes, _Answer]()) for source, asked in sources.values())

    def candidates(self, run: State) -> list[int]:
        """The places of rules all of whose narrow links match."""
        matched: dict[int, int] = {}
        for source, asked, known in self._sources:
            for value in source.reads.sent(run):
                answer = known.get(value)
                if answer is None:
                    answer = self._ask(value, asked, run.effort)
                    if len(value) <= MEMORABLE_BYTES_MAX and len(known) < VALUES_MAX and not run.effort.given_up:
                        known[value] = answer
                for place, link in answer:
                    matched[place] = matched.get(place, 0) | link
        needed = self._needed
        return [place for place, links in matched.items() if links == needed[place]]

    def _ask(self, value: bytes, asked: Sequence[_Asked], effort: Effort) -> _Answer:
        characters = self._characters
        return tuple(
            [(place, bit) for place, bit, link in asked if link.matches_value(value, characters, effort=effort)]
        )
