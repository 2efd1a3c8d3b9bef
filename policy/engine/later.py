"""What the later links of chains look for in bodies: asked of one scan of the body, before any of them is tried on it.

The sieve answers for first links only. A later link would have to be tried on a whole body as soon as the links before it match, and a
pattern that goes on from each of many places to the end of the body takes a step for each pair of its bytes. That many honest pages
would use up their steps so, a page of documentation about databases for one, is why later links have a scan of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from policy.effort import Spent
from policy.engine.rule import Link, Rule
from policy.engine.scanplan import HUGE
from policy.engine.state import State
from policy.operators.rx import Rx
from policy.scan.compile import Progress
from policy.scan.scanner import Scanner, compile_scanner


class LaterLink:
    """Of one link: what the scan for all of them says about it."""

    __slots__ = ("_number", "_scanner")

    def __init__(self, scanner: Scanner, number: int) -> None:
        self._scanner = scanner
        self._number = number

    def may_match(self, value: bytes, run: State) -> bool:
        """False: the link's operator certainly does not match the value. Raises ScanFailed.

        Where there is no step left for the scan, the operator is the one to say what follows.
        """
        if run.body_scanned is not value:
            try:
                run.found_in_body = self._scanner.scan((value,), effort=run.effort)
            except Spent:
                return True
            run.body_scanned = value
        return self._number in run.found_in_body


def later_links(rules: Iterable[Rule]) -> list[Link]:
    """Those whose pattern is looked for in a body, and that need a match."""
    return [
        link
        for rule in rules
        for link in rule.links[1:]
        if isinstance(link.operator, Rx)
        and not link.negated
        and not link.multi
        and any(source.target.collection in HUGE for source in link.sources)
    ]


def foresee(links: list[Link], *, characters: bool, cache: Path | None, progress: Progress | None) -> None:
    """Make the scan for these links, and tell each of it."""
    if not links:
        return
    needles = {number: link.operator.needle() for number, link in enumerate(links) if isinstance(link.operator, Rx)}
    scanner = compile_scanner(needles, characters=characters, cache=cache, progress=progress)
    for number, link in enumerate(links):
        link.ahead = LaterLink(scanner, number)
