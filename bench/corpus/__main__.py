"""`python -m bench.corpus`: what the Core Rule Set refuses of 60,000 Japanese texts, run by ModSecurity 3 and by Sekisho.

And of 1,500 attacks inside such texts. Both engines block, with the set-up that CRS comes with but for the paranoia
level; a text is refused if the answer is not 200. Sekisho reads characters, as in production.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from bench.corpus import debian, measure, planted, report, texts
from bench.rules import crs4, rulesets
from bench.rules.modsecurity import ModSecurity3
from bench.rules.sekisho import SekishoRules

_OUT = Path("out/corpus")
_ENGINES: dict[str, Callable[[Sequence[Path]], ModSecurity3 | SekishoRules]] = {
    "ModSecurity": ModSecurity3,
    "Sekisho": lambda files: SekishoRules(files, reading="characters"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        _run(options)
    except (rulesets.RulesMissing, debian.TextsMissing, planted.AttacksMissing) as missing:
        print(f"corpus: no figures: {missing}", file=sys.stderr)
        return 1
    return 0


def _run(options: argparse.Namespace) -> None:
    progress = Console(stderr=True, highlight=False)
    release = crs4.release() if options.crs4 else rulesets.crs3()
    corpus = texts.build(debian.unpacked(_OUT))[:: options.every]
    measured: dict[tuple[str, int], measure.Refusals] = {}
    caught: dict[str, measure.Caught] = {}
    with tempfile.TemporaryDirectory(prefix="sekisho-corpus-") as name:
        attacks, caught[report.JUDGE] = _attacks(release, corpus, Path(name))
        for engine in options.engines:
            for level in options.levels:
                rules = _ENGINES[engine](_files(release, level, Path(name), ()))
                with progress.status(f"{engine}, level {level}") as status:
                    measured[engine, level] = measure.refusals(
                        rules.grade,
                        corpus,
                        lambda number, status=status, line=f"{engine}, level {level}": status.update(
                            f"{line}: {number:,}"
                        ),
                    )
                if level == 1:
                    caught[engine] = measure.caught(rules.grade, attacks)
                rules.close()
    console = Console() if sys.stdout.isatty() else Console(width=150, no_color=True, highlight=False)
    console.print(f"{release.name}; {len(corpus):,} texts")
    console.print(report.table(measured, options.engines, options.levels))
    report.print_planted(console, len(attacks), caught)
    report.print_rules(console, measured, options.show)
    if (missed := report.missed_attacks(caught)) is not None:
        for number in sorted(missed)[: options.show]:
            console.print(f"    missed: {attacks[number].attack!r}", highlight=False, markup=False)
    path = _OUT / f"{release.name}.json"
    path.write_text(json.dumps(report.as_json(measured, len(attacks), caught), indent=1) + "\n")
    progress.print(f"written to {path}")


def _attacks(
    release: rulesets.Release, corpus: Sequence[texts.Text], directory: Path
) -> tuple[list[planted.Planted], measure.Caught]:
    """The attacks, and which of them ModSecurity refuses without the rule that takes Japanese for an attack."""
    judge = ModSecurity3(_files(release, 1, directory, (report.MISTAKEN_RULE,)))
    try:
        attacks = planted.plant(corpus, judge)
        return attacks, measure.caught(judge.grade, attacks)
    finally:
        judge.close()


def _files(release: rulesets.Release, level: int, directory: Path, without: Sequence[int]) -> Sequence[Path]:
    """What is loaded: blocking, and without the rules named and those that only a fault of ModSecurity fires."""
    removed = (*without, *(crs4.NOT_COMPILED if release.name == crs4.NAME else ()))
    exclusions = directory / f"exclusions-{len(removed)}.conf"
    exclusions.write_text("".join(f"SecRuleRemoveById {rule}\n" for rule in removed))
    return (*rulesets.files(release, level, directory, engine="On"), exclusions)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.corpus", description=__doc__)
    parser.add_argument("--crs4", action="store_true", help="the CRS 4 of bench/rules/crs4.py instead of Debian's 3.3")
    parser.add_argument("--levels", type=_levels, default=rulesets.LEVELS, help="paranoia levels, by comma (1,2,3,4)")
    parser.add_argument("--engines", type=_engines, default=tuple(_ENGINES), help="by comma: " + ",".join(_ENGINES))
    parser.add_argument("--every", type=int, default=1, help="only every N-th text, for a quick look")
    parser.add_argument("--show", type=int, default=0, help="how many refused texts to show of each engine and level")
    return parser


def _levels(value: str) -> tuple[int, ...]:
    return tuple(int(level) for level in value.split(","))


def _engines(value: str) -> tuple[str, ...]:
    return tuple(value.split(","))


if __name__ == "__main__":
    sys.exit(main())
