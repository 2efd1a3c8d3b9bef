"""`python -m bench.worst`: the input that costs the rules stage most, looked for among inputs made from the rules' own patterns.

All paranoia levels on, nothing interrupts, and all phases run, as `policy.offline` runs them: each rule is asked about everything.
Exit code 1: an input was found that takes more CPU time than the bound allows for its size. Run it alone on the machine;
with `--again FILE` it only measures what an earlier run wrote down.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from rich.console import Console

from bench.rules import crs4, rulesets
from bench.worst import report
from bench.worst.attribution import attribute
from bench.worst.carriers import Exchange
from bench.worst.known import KNOWN
from bench.worst.meter import Cost, Meter, Stage
from bench.worst.patterns import seeds, sought
from bench.worst.recipe import Recipe, of_json
from bench.worst.search import Search
from policy import offline
from policy.engine.program import Program

_CACHE = Path("out/rules-cache")
_TEN = 10
_FINAL_RUNS = 5  # runs of each of the worst, of which the least is reported
_CANDIDATES = 30  # that are measured again at the end
_PROGRESS_SECONDS = 1.0
_PLAIN = "The quick brown fox jumps over the lazy dog and then, having rested, walks home. "


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    console = Console() if sys.stdout.isatty() else Console(width=200, no_color=True, highlight=False)
    try:
        rules = _load(options)
    except rulesets.RulesMissing as missing:
        print(f"worst: no search: {missing}", file=sys.stderr)
        return 1
    meter = Meter(_stage(rules))
    started = time.monotonic()
    if options.again is not None:
        written = json.loads(options.again.read_text(encoding="utf-8"))["worst"]
        worst = [meter.cost(of_json(entry["recipe"]), runs=_FINAL_RUNS) for entry in written]
    else:
        worst = _search(rules, meter, options)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    found = json.dumps({"worst": [{"recipe": cost.recipe.as_json()} for cost in worst]})
    options.out.write_text(found + "\n", encoding="utf-8")  # for --again, whatever happens to what follows
    findings = sorted(
        (_finding(meter, rules.program, cost) for cost in worst), key=lambda finding: -finding.worst_share
    )
    console.print(report.table(findings))
    about = {"rules": options.rules, "level": options.level, "reading": options.reading, "seed": options.seed}
    figures = report.as_json(findings, **about, seconds=round(time.monotonic() - started), runs=meter.runs)
    options.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    worst_share = max(finding.worst_share for finding in findings)
    console.print(
        f"{meter.runs:,} runs; the worst takes {worst_share:.0%} of what is allowed; recipes in {options.out}"
        + ("" if worst_share <= 1 else "\nThe bound is broken.")
    )
    return int(worst_share > 1)


def _search(rules: offline.Grader, meter: Meter, options: argparse.Namespace) -> list[Cost]:
    rng = random.Random(options.seed)
    search = Search(meter, chain(KNOWN, seeds(sought(rules.ruleset), rng)), rng)
    progress = Console(stderr=True, highlight=False)
    end = time.monotonic() + options.seconds
    shown = 0.0
    with progress.status("searching") as status:
        while (now := time.monotonic()) < end:
            worst = search.step()
            if now - shown >= _PROGRESS_SECONDS:
                shown = now
                status.update(
                    f"{end - now:,.0f} s left, {search.tried:,} recipes; worst {worst.ms_per_100_kib:.1f} ms/100 KiB"
                    f" ({worst.recipe.carrier})"
                )
        status.update("measuring the worst again")
        for cost in search.apart(_CANDIDATES):
            search.again(cost, _FINAL_RUNS)
    return search.apart(_TEN)


def _finding(meter: Meter, program: Program, cost: Cost) -> report.Finding:
    plain = meter.cost(Recipe("form", "", _PLAIN, "", size=max(cost.bytes, 2_048)), runs=_FINAL_RUNS)
    grown = meter.grown(cost.recipe, report.SIZES, runs=3)
    return report.Finding(cost, plain.seconds, grown, attribute(program, cost.recipe.exchange()))


def _stage(rules: offline.Grader) -> Stage:
    def stage(exchange: Exchange) -> None:
        offline.evaluate(rules, exchange.request, exchange.response)

    return stage


def _load(options: argparse.Namespace) -> offline.Grader:
    """The rules as the comparison with ModSecurity loads them: detecting only."""
    _CACHE.mkdir(parents=True, exist_ok=True)
    release = {"crs3": rulesets.crs3, "crs4": crs4.release}[options.rules]()
    with tempfile.TemporaryDirectory(prefix="sekisho-worst-") as name:
        files = rulesets.files(release, options.level, Path(name))
        return offline.load(files, reading=options.reading, cache=_CACHE)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.worst", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3_600.0, help="how long to search (3600)")
    parser.add_argument("--seed", type=int, default=1, help="of the randomness (1)")
    parser.add_argument(
        "--rules", choices=("crs3", "crs4"), default="crs3", help="Debian's CRS 3.3 or bench.rules.crs4"
    )
    parser.add_argument("--level", type=int, choices=rulesets.LEVELS, default=4, help="paranoia level (4: all rules)")
    parser.add_argument("--reading", choices=("characters", "strict"), default="characters", help="as in production")
    parser.add_argument("--again", type=Path, metavar="FILE", help="no search: measure the recipes of this file again")
    parser.add_argument(
        "--out", type=Path, default=Path("out/worst.json"), help="where the recipes go (out/worst.json)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
