"""Attacks inside Japanese text, each one that ModSecurity refuses when it stands alone in a field of a form.

So a miss is never a payload that no rule knows, nor one that is an attack only together with the line end that a multipart
body has behind every field. Attacks come from the payload packages and the grammars in turn.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.corpus.carriers import carry
from bench.corpus.texts import Text
from bench.rules import grammar
from bench.rules.modsecurity import ModSecurity3
from bench.rules.payloads import packaged
from bench.rules.requests import form

COUNT = 1_500
_SEED = "sekisho-planted-1"
_GLUE = ("", " ", "　", "。", "、", "\r\n", "：")
_SURROUNDINGS = frozenset(
    {"addresses", "names", "offices", "organisations", "words", "words and punctuation", "dates", "prose"}
)


class AttacksMissing(Exception):
    """Fewer attacks than asked for are refused when alone."""


@dataclass(frozen=True, slots=True)
class Planted:
    attack: str
    request: bytes  # with the attack in the text
    harmless: bytes  # the same request without it


def plant(texts: Sequence[Text], modsecurity: ModSecurity3) -> list[Planted]:
    """COUNT of them. `modsecurity` decides which attacks are refused alone; it must have its engine on, and no rule
    that takes Japanese for an attack."""
    rng = random.Random(_SEED)
    around = [text.text for text in texts if text.kind in _SURROUNDINGS]
    found: list[Planted] = []
    for attack in _attacks(rng):
        if modsecurity.grade(form([("notes", attack)]).raw())[0] == 200:
            continue
        before, after = rng.choice(around), rng.choice((*rng.sample(around, 2), ""))
        first, second = rng.choice(_GLUE), rng.choice(_GLUE)
        carrier = rng.random()
        found.append(
            Planted(
                attack,
                carry(before + first + attack + second + after, random.Random(carrier)),
                carry(before + first + second + after, random.Random(carrier)),
            )
        )
        if len(found) == COUNT:
            return found
    raise AttacksMissing(f"only {len(found)} of {COUNT}")


def _attacks(rng: random.Random) -> Iterator[str]:
    """A packaged one and a made one in turn; none twice."""
    seen: set[str] = set()
    for string in rng.sample(packaged(), len(packaged())):
        for attack in (string, grammar.expand(rng.choice(tuple(grammar.FAMILIES)), rng)):
            if attack not in seen and attack.isprintable():
                seen.add(attack)
                yield attack
