"""The tables of characters in docs/spec/policy.md section 5, row by row and cell by cell."""

from __future__ import annotations

import pytest

from policy.repertoire import REPERTOIRES
from tests.arch.sources import ROOT
from tests.unit.policy.fields.characters import AROUND, outcome

DOCUMENT = (ROOT / "docs/spec/policy.md").read_text("utf-8")


def rows(columns: list[str]) -> list[list[str]]:
    """The rows of the table of characters that has these columns: a code point, and what becomes of it in each."""
    head = "| kind | character | " + " | ".join(f"`{name}`" for name in columns) + " |\n"
    assert DOCUMENT.count(head) == 1
    table = DOCUMENT.partition(head)[2].partition("\n\n")[0].splitlines()[1:]
    return [line.removeprefix("| ").removesuffix(" |").split(" | ")[1:] for line in table]


def character_of(cell: str) -> str:
    return chr(int(cell.split()[0].removeprefix("U+"), 16))


BY_CLASS = rows(list(AROUND))
BY_REPERTOIRE = rows(list(REPERTOIRES))


@pytest.mark.parametrize("row", BY_CLASS, ids=lambda row: row[0].split()[0])
def test_by_class(row: list[str]) -> None:
    assert [outcome(name, character_of(row[0])) for name in AROUND] == row[1:]


@pytest.mark.parametrize("row", BY_REPERTOIRE, ids=lambda row: row[0].split()[0])
def test_by_repertoire(row: list[str]) -> None:
    character = character_of(row[0])
    assert [outcome("text", character, name, "ab{}cd") for name in REPERTOIRES] == row[1:]


def test_rows_are_counted() -> None:
    assert (len(BY_CLASS), len(BY_REPERTOIRE)) == (44, 17)
