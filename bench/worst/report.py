"""The ten worst inputs: as a table, and as recipes in a file that anybody can run again."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table

from bench.worst.meter import SECONDS_PER_100_KIB, Cost

SIZES = (
    64 * 1024,
    256 * 1024,
    1024 * 1024,
)  # at which the worst are measured, to show that cost grows as the input does
_SHOWN = 60  # characters of a pump
_PARTS = 3  # parts of the engine that are named for each input
_LEAST_PART = 0.05  # share of the time below which a part is not named


@dataclass(frozen=True, slots=True)
class Finding:
    """`plain`: seconds that a plain text of the same size takes. `grown`: the costs at SIZES."""

    cost: Cost
    plain: float
    grown: Sequence[Cost]
    parts: Mapping[str, float]

    @property
    def worst_share(self) -> float:
        return max(self.cost.share, *(cost.share for cost in self.grown))

    @property
    def exponent(self) -> float | None:
        """Of the size, in the cost: 1 is linear. None where a greater size was hopeless."""
        if len(self.grown) < len(SIZES):
            return None
        first, last = self.grown[0], self.grown[-1]
        return math.log(last.seconds / first.seconds) / math.log(last.bytes / first.bytes)

    @property
    def leading(self) -> list[tuple[str, float]]:
        """Parts of the engine with their shares, the greatest first."""
        total = sum(self.parts.values()) or 1.0
        shares = sorted(((name, seconds / total) for name, seconds in self.parts.items()), key=lambda part: -part[1])
        return [(name, share) for name, share in shares[:_PARTS] if share >= _LEAST_PART]


def table(findings: Sequence[Finding]) -> Table:
    bound = f"{SECONDS_PER_100_KIB * 1_000:.0f}"
    made = Table(title=f"The worst inputs; at most {bound} ms of CPU per 100 KiB are allowed")
    for name in ("ms/100 KiB", "bytes", "× plain", *(_size(size) for size in SIZES), "growth"):
        made.add_column(name, justify="right")
    made.add_column("made from")
    made.add_column("the time goes into")
    for finding in findings:
        cost, recipe = finding.cost, finding.cost.recipe
        grown = [f"{one.ms_per_100_kib:.0f}" for one in finding.grown]
        exponent = finding.exponent
        made.add_row(
            f"{cost.ms_per_100_kib:.0f}",
            f"{cost.bytes:,}",
            f"{cost.seconds / finding.plain:.1f}",
            *(grown + ["-"] * (len(SIZES) - len(grown))),
            "-" if exponent is None else f"n^{exponent:.2f}",
            f"{recipe.carrier}{' names' if recipe.named else ''} × {recipe.values}, {_pump(recipe.pump)}"
            + (f", rule {', '.join(map(str, recipe.rules))}" if recipe.rules else ""),
            ", ".join(f"{name} {share:.0%}" for name, share in finding.leading),
        )
    return made


def as_json(findings: Sequence[Finding], **about: object) -> dict[str, object]:
    return {
        **about,
        "bound_ms_per_100_kib": SECONDS_PER_100_KIB * 1_000,
        "worst_ms_per_100_kib": max((finding.worst_share for finding in findings), default=0.0)
        * SECONDS_PER_100_KIB
        * 1_000,
        "worst": [_entry(finding) for finding in findings],
    }


def _entry(finding: Finding) -> dict[str, object]:
    cost = finding.cost
    return {
        "recipe": cost.recipe.as_json(),
        "bytes": cost.bytes,
        "cpu_ms": round(cost.seconds * 1_000, 3),
        "ms_per_100_kib": round(cost.ms_per_100_kib, 2),
        "times_a_plain_text": round(cost.seconds / finding.plain, 2),
        "at_sizes": {str(one.bytes): round(one.seconds * 1_000, 3) for one in finding.grown},
        "growth_exponent": None if finding.exponent is None else round(finding.exponent, 3),
        "shares": {name: round(share, 3) for name, share in finding.leading},
    }


def _pump(text: str) -> str:
    """On one line, with nothing that a terminal would obey."""
    shown = text.encode("unicode_escape", "surrogatepass").decode("ascii")
    return shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "…"


def _size(size: int) -> str:
    return f"{size // 1024} KiB" if size < 1024 * 1024 else f"{size // 1024 // 1024} MiB"
