"""The requests of the comparison: deterministic for one version of the payload packages, numbered, and each with a name.

A case's name tells its family and number, so that a disagreement can be had back: `case("packaged-123")`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from bench.rules import grammar
from bench.rules.payloads import packaged
from bench.rules.requests import Request, as_bytes, form, json_request, multipart, part
from bench.rules.rulesets import Release, crs3, rule_files
from tests.differential import aimed, japanese, oddities, patterns
from tests.differential.encodings import disguise
from tests.differential.places import PLACES

PACKAGED = 2_400
PER_FAMILY = 230
PER_EXPRESSION = 5
JAPANESE = 450
LEAST = 5_000


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    about: str  # what was put where, in short
    request: bytes
    response: bytes | None = None

    @property
    def family(self) -> str:
        return self.name.rpartition("-")[0]


@cache
def cases() -> tuple[Case, ...]:
    return (*_odd(), *_packaged(), *_made(), *_japanese(), *_planted(), *of_release(crs3()))


def of_release(release: Release) -> Iterator[Case]:
    """What the release's own rules look for: anywhere, and where they look."""
    yield from patterned(release)
    for rule, turn, draft in aimed.drafts(release):
        yield Case(f"{release.name}-aimed-{rule}.{turn}", f"for rule {rule}", draft.request().raw(), draft.response())


def patterned(release: Release) -> Iterator[Case]:
    """What the release's own expressions describe: requests and, for rules on responses, answers of the application."""
    rng = random.Random(release.name)
    requests, answers = (
        [f for f in rule_files(release) if f.name.startswith(kind)] for kind in ("REQUEST", "RESPONSE")
    )
    for number, expression in enumerate(dict.fromkeys(patterns.expressions(requests))):
        for turn, text in enumerate(patterns.strings(expression, rng, PER_EXPRESSION)):
            if text:
                yield _placed(f"{release.name}-request-{number}.{turn}", text, rng)
    head = b"HTTP/1.1 500 X\r\nContent-Type: text/html\r\n\r\n"
    for number, expression in enumerate(dict.fromkeys(patterns.expressions(answers))):
        for turn, text in enumerate(patterns.strings(expression, rng, PER_EXPRESSION)):
            name = f"{release.name}-response-{number}.{turn}"
            yield Case(name, text[:80], Request(b"/").raw(), head + b"<p>" + as_bytes(text) + b"</p>")


def sample(step: int) -> tuple[Case, ...]:
    """Every `step`-th case: all families in their shares."""
    return cases()[::step]


def case(name: str) -> Case:
    return next(one for one in cases() if one.name == name)


def _odd() -> Iterator[Case]:
    tables = {
        "protocol": oddities.protocol,
        "form": oddities.form_syntax,
        "multipart": oddities.multipart_syntax,
        "json": oddities.json_syntax,
        "xml": oddities.xml_syntax,
    }
    for family, rows in tables.items():
        for number, (about, request) in enumerate(rows()):
            yield Case(f"{family}-{number}", about, request.raw())
    for number, (about, request, response) in enumerate(oddities.responses()):
        yield Case(f"response-{number}", about, request.raw(), response)


def _packaged() -> Iterator[Case]:
    rng = random.Random("packaged")
    for number, string in enumerate(rng.sample(packaged(), PACKAGED)):
        text = string if rng.random() < 0.6 else disguise(string, rng)
        yield _placed(f"packaged-{number}", text, rng)


def _made() -> Iterator[Case]:
    for family in grammar.FAMILIES:
        rng = random.Random(family)
        for number in range(PER_FAMILY):
            yield _placed(f"{family}-{number}", disguise(grammar.expand(family, rng), rng), rng)


def _japanese() -> Iterator[Case]:
    rng = random.Random("japanese")
    for number in range(JAPANESE):
        if number % 3:
            yield _placed(f"japanese-{number}", japanese.sentence(rng), rng)
        else:
            request = _form_of(japanese.fields(rng, rng.randint(2, 23)), rng)
            yield Case(f"japanese-{number}", "a form", request.raw())


def _planted() -> Iterator[Case]:
    rng = random.Random("planted")
    families = tuple(grammar.FAMILIES)
    for number in range(JAPANESE):
        attack = grammar.expand(rng.choice(families), rng) if number % 2 else rng.choice(packaged())
        yield _placed(f"planted-{number}", japanese.planted(attack, rng), rng)


def _placed(name: str, text: str, rng: random.Random) -> Case:
    place = rng.choice(PLACES)
    return Case(name, f"{place.__name__.removeprefix('_')}: {text[:80]!r}", place(text, rng).raw())


def _form_of(fields: list[tuple[str, str]], rng: random.Random) -> Request:
    kind = rng.randrange(3)
    if kind == 0:
        return form(fields)
    if kind == 1:
        return json_request(dict(fields))
    return multipart([part(as_bytes(name), as_bytes(value)) for name, value in fields])
