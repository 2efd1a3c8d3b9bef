"""The corpus's figures as a table for people and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from bench.corpus.measure import Caught, Refusals

MISTAKEN_RULE = 941310  # takes the bytes of Japanese in UTF-8 for brackets of a single-byte encoding
JUDGE = f"ModSecurity without {MISTAKEN_RULE}"

Measured = Mapping[tuple[str, int], Refusals]  # by engine and level


def table(measured: Measured, engines: Sequence[str], levels: Sequence[int]) -> Table:
    """Refused texts, per hundred, of each kind; the last row has all of them, with the number refused."""
    grid = Table(title="Japanese texts refused", title_justify="left")
    grid.add_column("texts")
    grid.add_column("number", justify="right")
    columns = [(engine, level) for engine in engines for level in levels if (engine, level) in measured]
    for engine, level in columns:
        grid.add_column(f"{engine}\nlevel {level}", justify="right")
    first = measured[columns[0]]
    for kind in first.asked:
        shares = (measured[column].refused[kind] / measured[column].asked[kind] for column in columns)
        grid.add_row(kind, f"{first.asked[kind]:,}", *(_share(share) for share in shares))
    grid.add_section()
    totals = (f"{_share(measured[column].share)}\n{measured[column].refused.total():,}" for column in columns)
    grid.add_row("all", f"{first.asked.total():,}", *totals)
    return grid


def _share(share: float) -> str:
    return "0" if share == 0 else f"{100 * share:.2f} %"


def print_rules(console: Console, measured: Measured, examples: int) -> None:
    """Which rules took part in refusals, most frequent first, and texts that were refused."""
    for (engine, level), found in measured.items():
        if found.rules:
            rules = ", ".join(f"{rule} × {count:,}" for rule, count in found.rules.most_common(8))
            console.print(f"{engine}, level {level}: {rules}", highlight=False)
        for kind, text, fired in found.examples[:examples]:
            console.print(f"    {kind}: {text[:120]!r} {fired}", highlight=False, markup=False, soft_wrap=True)


def print_planted(console: Console, count: int, by_engine: Mapping[str, Caught]) -> None:
    for engine, found in by_engine.items():
        console.print(
            f"{count:,} attacks inside Japanese text, level 1: {engine} refuses {len(found.refused):,}; "
            f"{len(found.refused_without):,} of these texts it refuses without the attack too",
            highlight=False,
        )
    if (missed := missed_attacks(by_engine)) is not None:
        console.print(
            f"refused by {JUDGE}, because of the attack, and not by Sekisho: {len(missed):,}", highlight=False
        )


def missed_attacks(by_engine: Mapping[str, Caught]) -> frozenset[int] | None:
    """What the judge refuses, and would not refuse without the attack, and Sekisho lets pass."""
    if "Sekisho" not in by_engine:
        return None
    judge = by_engine[JUDGE]
    return judge.refused - judge.refused_without - by_engine["Sekisho"].refused


def as_json(measured: Measured, count: int, by_engine: Mapping[str, Caught]) -> dict[str, object]:
    missed = missed_attacks(by_engine)
    return {
        "refusals": [
            {
                "engine": engine,
                "level": level,
                "asked": found.asked.total(),
                "refused": found.refused.total(),
                "by_kind": {kind: found.refused[kind] for kind in found.asked},
                "rules": dict(found.rules.most_common()),
            }
            for (engine, level), found in measured.items()
        ],
        "planted": {"count": count, **{engine: len(found.refused) for engine, found in by_engine.items()}},
        "missed": None if missed is None else len(missed),
    }
