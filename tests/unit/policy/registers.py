"""The register of the source, as docs/source/register.tsv has it."""

from __future__ import annotations

from pathlib import Path

ABOUT = Path(__file__).parents[3] / "docs" / "source"
REGISTER = ABOUT / "register.tsv"
COMMON = slice(
    3, 15
)  # the columns of the twelve common items; before them number, name, department; behind them the others


def register() -> tuple[list[str], dict[int, list[str]]]:
    """The heading, and the rows by number."""
    heading, *rows = [line.split("\t") for line in REGISTER.read_text(encoding="utf-8").splitlines()]
    return heading, {int(row[0]): row for row in rows}


def own_items(row: list[str]) -> list[str]:
    """その他の項目 of a row."""
    return row[15].split(" / ") if row[15] else []
