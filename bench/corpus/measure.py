"""What an engine refuses of the corpus, by kind of text, and of the planted attacks."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.corpus.carriers import carry
from bench.corpus.planted import Planted
from bench.corpus.texts import Text

_SUMS = frozenset({949110, 949111, 980130, 980170})  # rules that only add up others
_EXAMPLES = 20

Grade = Callable[[bytes], tuple[int, list[int], list[str]]]


@dataclass(slots=True)
class Refusals:
    """Of one engine at one paranoia level."""

    asked: Counter[str] = field(default_factory=Counter)  # texts by kind
    refused: Counter[str] = field(default_factory=Counter)
    rules: Counter[int] = field(default_factory=Counter)  # in refused requests, each once
    examples: list[tuple[str, str, list[int]]] = field(default_factory=list)  # kind, text, rules

    @property
    def share(self) -> float:
        return self.refused.total() / self.asked.total()


@dataclass(frozen=True, slots=True)
class Caught:
    refused: frozenset[int]  # numbers of planted attacks
    refused_without: frozenset[int]  # of those whose text is refused without the attack too


def refusals(grade: Grade, texts: Sequence[Text], progress: Callable[[int], None]) -> Refusals:
    found = Refusals()
    rng = random.Random("carriers")  # the same carriers for every engine and level
    for number, text in enumerate(texts):
        status, fired, _ = grade(carry(text.text, rng))
        found.asked[text.kind] += 1
        if status != 200:
            rules = sorted(set(fired) - _SUMS)
            found.refused[text.kind] += 1
            found.rules.update(rules)
            if len(found.examples) < _EXAMPLES:
                found.examples.append((text.kind, text.text, rules))
        if number % 500 == 0:
            progress(number)
    return found


def caught(grade: Grade, planted: Sequence[Planted]) -> Caught:
    refused = frozenset(number for number, one in enumerate(planted) if grade(one.request)[0] != 200)
    return Caught(refused, frozenset(number for number in refused if grade(planted[number].harmless)[0] != 200))
