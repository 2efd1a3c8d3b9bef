"""The search itself: new recipes from the rules' patterns, changes of the worst so far, and what is kept.

For each place (carrier, names or values) and for each rule the worst recipe is kept, so that one bad pattern does not crowd out the
others. A new recipe is run once; only one that would be kept is run again, and the least counts.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from bench.worst.carriers import CARRIERS, NESTING
from bench.worst.meter import Cost, Meter
from bench.worst.patterns import CHEAP_TO_WRITE
from bench.worst.recipe import DEPTH_MOST, SIZE_LEAST, SIZE_MOST, VALUES_MOST, WRAPS, Recipe

KEPT_RUNS = 3  # runs of a recipe that would be kept
PARENTS = 40  # the worst, of which most changes are made
TEXT_MOST = 2_000  # characters of one piece of a recipe
_NEW = 0.35  # share of new recipes
_SIZES = (4 * 1024, 16 * 1024, 64 * 1024, 100 * 1024, 100 * 1024, 100 * 1024, 256 * 1024, SIZE_MOST)
_COUNTS = (1, 2, 8, 30, 100, 300, 1_000, VALUES_MOST)
_DEPTHS = (1, 2, 30, 100, 200, 255, 400, DEPTH_MOST)

Place = tuple[str, bool] | int


class Search:
    """`step` by `step`. `worst` is what was found."""

    def __init__(self, meter: Meter, fresh: Iterator[Recipe], rng: random.Random) -> None:
        self._meter = meter
        self._fresh = fresh
        self._rng = rng
        self._kept: dict[Place, Cost] = {}
        self.tried = 0

    def step(self) -> Cost:
        """Try one recipe. Gives the worst so far."""
        parents = self.worst(PARENTS)
        new = not parents or self._rng.random() < _NEW
        recipe = next(self._fresh) if new else self._child(parents)
        self.tried += 1
        self._try(recipe)
        return self.worst(1)[0]

    def worst(self, count: int) -> list[Cost]:
        """Different recipes, the worst first."""
        found = {cost.recipe: cost for cost in self._kept.values()}
        return sorted(found.values(), key=lambda cost: -cost.share)[:count]

    def apart(self, count: int) -> list[Cost]:
        """As `worst`, but one of each place and of each combination of rules: not ten spellings of one recipe."""
        found: dict[tuple[str, bool, tuple[int, ...]], Cost] = {}
        for cost in self.worst(len(self._kept)):
            recipe = cost.recipe
            found.setdefault((recipe.carrier, recipe.named, recipe.rules), cost)
        return list(found.values())[:count]

    def again(self, cost: Cost, runs: int) -> Cost:
        """Measured once more: what was slow by chance is no longer, where it stands. The lesser is kept."""
        once_more = self._meter.cost(cost.recipe, runs=runs)
        best = min(cost, once_more, key=lambda one: one.share)
        for place, kept in self._kept.items():
            if kept.recipe == cost.recipe:
                self._kept[place] = best
        return best

    def _try(self, recipe: Recipe) -> None:
        places = _places(recipe)
        beat = min(self._share_at(place) for place in places)
        cost = self._meter.cost(recipe)
        if cost.share > beat:
            again = self._meter.cost(recipe, runs=KEPT_RUNS - 1, beat=beat)
            cost = min(cost, again, key=lambda one: one.share)
        for place in places:
            if cost.share > self._share_at(place):
                self._kept[place] = cost

    def _share_at(self, place: Place) -> float:
        kept = self._kept.get(place)
        return 0.0 if kept is None else kept.share

    def _child(self, parents: Sequence[Cost]) -> Recipe:
        rng = self._rng
        rank = min(int(rng.expovariate(1 / 8)), len(parents) - 1)
        recipe = parents[rank].recipe
        for _ in range(rng.choice((1, 1, 2, 3))):
            recipe = rng.choice(_CHANGES)(recipe, rng)
        if rng.random() < 0.25:
            recipe = _joined(recipe, rng.choice(parents).recipe, rng)
        elif rng.random() < 0.15:
            recipe = _joined(recipe, next(self._fresh), rng)
        return recipe


def _places(recipe: Recipe) -> list[Place]:
    """Where a recipe may be kept. One of many rules counts for its place only."""
    place: list[Place] = [(recipe.carrier, recipe.named)]
    return [*place, *recipe.rules] if len(recipe.rules) == 1 else place


def _text(recipe: Recipe, rng: random.Random) -> Recipe:
    name = rng.choice(("pump", "pump", "pump", "prefix", "suffix"))
    text = _edited({"pump": recipe.pump, "prefix": recipe.prefix, "suffix": recipe.suffix}[name], rng)[:TEXT_MOST]
    if name == "pump":
        return replace(recipe, pump=text or " ")
    return replace(recipe, prefix=text) if name == "prefix" else replace(recipe, suffix=text)


def _edited(text: str, rng: random.Random) -> str:
    at = rng.randint(0, len(text))
    end = min(len(text), at + rng.choice((1, 1, 2, 5, 20)))
    atom = rng.choice(CHEAP_TO_WRITE)
    return rng.choice(
        (
            lambda: text[:at] + text[end:],
            lambda: text[:at] + atom + text[at:],
            lambda: text[:at] + atom + text[end:],
            lambda: text[:at] + text[at:end] * rng.choice((2, 3, 10)) + text[end:],
            lambda: text + text,
            lambda: text[at:end],
            lambda: text[:at] + text[at:end].swapcase() + text[end:],
            lambda: text[::-1],
        )
    )()


def _wrap(recipe: Recipe, rng: random.Random) -> Recipe:
    if recipe.wraps and rng.random() < 0.6:
        return replace(recipe, wraps=recipe.wraps[1:])
    return replace(recipe, wraps=(*recipe.wraps, rng.choice(tuple(WRAPS)))[:3])


def _place(recipe: Recipe, rng: random.Random) -> Recipe:
    carrier = rng.choice(tuple(CARRIERS))
    return replace(recipe, carrier=carrier, named=rng.random() < 0.25)


def _count(recipe: Recipe, rng: random.Random) -> Recipe:
    return replace(recipe, values=rng.choice(_COUNTS), distinct=rng.random() < 0.8)


def _size(recipe: Recipe, rng: random.Random) -> Recipe:
    size = rng.choice(_SIZES)
    return replace(recipe, size=max(SIZE_LEAST, min(SIZE_MOST, size + rng.choice((0, 0, -1, 1, 300)))))


def _depth(recipe: Recipe, rng: random.Random) -> Recipe:
    return replace(recipe, depth=rng.choice(_DEPTHS)) if recipe.carrier in NESTING else _text(recipe, rng)


def _without_ends(recipe: Recipe, rng: random.Random) -> Recipe:
    return replace(recipe, prefix="") if rng.random() < 0.5 else replace(recipe, suffix="")


_CHANGES: Sequence[Callable[[Recipe, random.Random], Recipe]] = (
    _text, _text, _text, _text, _wrap, _place, _count, _size, _depth, _without_ends,
)  # fmt: skip


def _joined(one: Recipe, other: Recipe, rng: random.Random) -> Recipe:
    """What keeps several rules busy at once."""
    rules = tuple(dict.fromkeys((*one.rules, *other.rules)))[:12]
    if rng.random() < 0.7:
        return replace(one, pump=(one.pump + other.pump)[:TEXT_MOST], rules=rules)
    return replace(one, prefix=(one.prefix + other.prefix + other.pump)[:TEXT_MOST], rules=rules)
