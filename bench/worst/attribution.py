"""Where the time of one input goes: reading the body, the sieve of each phase, and each rule that is asked.

Measured in an evaluation of its own, in which sieves and rules are asked one by one from outside, with a clock around each. No function
of the engine is replaced, since most are compiled (docs/adr/0012). Whoever asks first for a form of a value pays for it.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from bench.worst.carriers import Exchange
from policy.effort import Spent
from policy.engine.evaluate import Run
from policy.engine.program import Program
from policy.engine.records import LimitReached
from policy.variables.parse import parse_request, parse_response
from policy.variables.transaction import Transaction

BODY = "reading the body"


def attribute(program: Program, exchange: Exchange) -> dict[str, float]:
    """Seconds by part; rules as `rule 941310`, sieves as `sieve of phase 2`."""
    spent: dict[str, float] = defaultdict(float)
    run = Run(program, Transaction(parse_request(exchange.request), program.options))
    _phase(run, 1, spent)
    with _timed(BODY, spent):
        run.transaction.process_body()
    _phase(run, 2, spent)
    if exchange.response is not None:
        run.respond(parse_response(exchange.response))
        _phase(run, 3, spent)
        with _timed(BODY, spent):
            run.transaction.process_response_body()
        _phase(run, 4, spent)
    return spent


def _phase(run: Run, number: int, spent: dict[str, float]) -> None:
    phase = run.program.phases[number]
    try:
        with _timed(f"sieve of phase {number}", spent):
            candidates = phase.sieve.candidates(run.state)
    except Spent:  # then no rule is asked
        return
    for place in sorted({*phase.unsifted, *candidates, *phase.narrow.candidates(run.state)}):
        rule = phase.rules[place]
        with suppress(LimitReached), _timed(f"rule {rule.id}", spent):
            rule.evaluate(run.state, candidates.get(place))


@contextmanager
def _timed(part: str, spent: dict[str, float]) -> Iterator[None]:
    start = time.process_time()
    try:
        yield
    finally:
        spent[part] += time.process_time() - start
