"""A word of the rule language and what this engine does with it."""

from __future__ import annotations

import difflib
import enum
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple


class Status(enum.Enum):
    SUPPORTED = "supported"
    WITHOUT_EFFECT = "accepted, no effect"
    REFUSED = "refused"


class Shape(enum.Enum):
    """What may stand after the word."""

    NONE = "nothing"
    OPTIONAL = "an argument or nothing"
    REQUIRED = "an argument"


class Word(NamedTuple):
    """One row of the tables. `note`: what an accepted word leaves out, or why a refused one is refused."""

    name: str
    """As the reference manual writes it; compared without case."""
    status: Status
    shape: Shape
    note: str = ""


def table(*groups: Iterable[Word]) -> Mapping[str, Word]:
    """The words by their lower-case names. Raises ValueError for a name that stands twice."""
    words: dict[str, Word] = {}
    for word in (word for group in groups for word in group):
        if words.setdefault(word.name.lower(), word) is not word:
            raise ValueError(f"{word.name} stands twice in a table")
    return MappingProxyType(words)


def supported(shape: Shape, names: str) -> list[Word]:
    """A row for each of the space-separated names."""
    return [Word(name, Status.SUPPORTED, shape) for name in names.split()]


def without_effect(shape: Shape, note: str, names: str) -> list[Word]:
    return [Word(name, Status.WITHOUT_EFFECT, shape, note) for name in names.split()]


def refused(note: str, names: str) -> list[Word]:
    return [Word(name, Status.REFUSED, Shape.OPTIONAL, note) for name in names.split()]


def like(name: str, words: Mapping[str, Word]) -> str:
    """What to mend where `name` is not one of `words`: the nearest one, if there is a near one."""
    near = difflib.get_close_matches(name.lower(), words, n=1)
    return (
        f"write {words[near[0]].name}, if that is meant; docs/seclang.md lists all"
        if near
        else "docs/seclang.md lists all"
    )
