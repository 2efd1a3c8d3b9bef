"""What an input costs: CPU time of the whole rules stage, beside what the bound allows for its size.

The least of several runs counts: whatever else the machine does can only make a run longer. The clock is the process's CPU time, so
that waiting for a core is not counted. Memory that is collected later is: the collector runs as it does in the daemon.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from bench.worst.carriers import Exchange
from bench.worst.recipe import Recipe

SECONDS_PER_100_KIB = 0.050  # the bound that is promised; docs: SLO of the rules stage
BOUND_BYTES = 100 * 1024
CAUTIOUS_BYTES = 32 * 1024  # a recipe of more is tried at this size first: what grows faster than its input shows there
HOPELESS_SECONDS = 2.0  # an input that takes as long is not tried at a greater size

Stage = Callable[[Exchange], None]
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Cost:
    """`share`: of what is allowed for so many bytes; an input below 100 KiB may take what one of 100 KiB may."""

    recipe: Recipe
    bytes: int
    seconds: float

    @property
    def share(self) -> float:
        return self.seconds / allowance(self.bytes)

    @property
    def ms_per_100_kib(self) -> float:
        return self.share * SECONDS_PER_100_KIB * 1_000


def allowance(size: int) -> float:
    """Seconds that an input of so many bytes may take."""
    return SECONDS_PER_100_KIB * max(size, BOUND_BYTES) / BOUND_BYTES


class Meter:
    def __init__(self, stage: Stage, clock: Clock = time.process_time) -> None:
        self._stage = stage
        self._clock = clock
        self.runs = 0

    def cost(self, recipe: Recipe, *, runs: int = 1, beat: float = 0.0) -> Cost:
        """The least of `runs` runs; fewer, where a run shows that the share is not above `beat`.

        A recipe that is hopeless at a smaller size is measured at that one.
        """
        if recipe.size > CAUTIOUS_BYTES:
            small = self._once(replace(recipe, size=CAUTIOUS_BYTES))
            growth = (recipe.size / CAUTIOUS_BYTES) ** 2
            if small.seconds * growth > HOPELESS_SECONDS * 10 and small.share > 1:
                return small
        best: Cost | None = None
        for _ in range(runs):
            cost = self._once(recipe)
            if best is None or cost.seconds < best.seconds:
                best = cost
            if best.share <= beat or best.seconds > HOPELESS_SECONDS:
                break
        if best is None:
            raise ValueError("at least one run")
        return best

    def grown(self, recipe: Recipe, sizes: tuple[int, ...], *, runs: int) -> list[Cost]:
        """The cost at each size, as far as they are not hopeless."""
        costs: list[Cost] = []
        for size in sizes:
            costs.append(self.cost(replace(recipe, size=size), runs=runs))
            if costs[-1].seconds > HOPELESS_SECONDS:
                break
        return costs

    def _once(self, recipe: Recipe) -> Cost:
        exchange = recipe.exchange()
        gc.collect(0)
        start = self._clock()
        self._stage(exchange)
        taken = self._clock() - start
        self.runs += 1
        return Cost(recipe, exchange.size, taken)
