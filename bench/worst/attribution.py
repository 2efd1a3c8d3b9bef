"""Where the time of one input goes: reading the body, the sieve's scan, and each rule that was asked.

Measured in a run of its own, by clocks around the engine's own functions; the clocks make that run a little longer.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bench.worst.carriers import Exchange
from policy.engine.rule import Rule
from policy.engine.sieve import Sieve
from policy.scan.scanner import Scanner
from policy.variables.transaction import Transaction

BODY, SIEVE, SCAN = "reading the body", "sieve: transformations", "sieve: scan"


def attribute(stage: Callable[[Exchange], None], exchange: Exchange) -> dict[str, float]:
    """Seconds by part; rules as `rule 941310`. What is inside another part is not counted in it again."""
    spent: dict[str, float] = defaultdict(float)
    with (
        _timed(Rule, "evaluate", spent, lambda rule: f"rule {rule.id}"),
        _timed(Sieve, "candidates", spent, lambda _: SIEVE),
        _timed(Scanner, "scan", spent, lambda _: SCAN),
        _timed(Transaction, "process_body", spent, lambda _: BODY),
    ):
        stage(exchange)
    spent[SIEVE] -= spent[SCAN]
    return spent


@contextmanager
def _timed(owner: type, name: str, spent: dict[str, float], label: Callable[[Any], str]) -> Iterator[None]:
    function = getattr(owner, name)

    def timed(self: Any, *arguments: Any) -> Any:
        start = time.process_time()
        try:
            return function(self, *arguments)
        finally:
            spent[label(self)] += time.process_time() - start

    setattr(owner, name, timed)
    try:
        yield
    finally:
        setattr(owner, name, function)
