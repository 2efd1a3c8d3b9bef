"""How the commands `check`, `nft` and `certs` speak: problems on stderr, results on stdout, JSON where a machine reads."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from relay.base.errors import ConfigInvalid, Problem

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # argparse gives this type no public name
else:
    Subparsers = object

EX_OK = 0
EX_CONFIG = ConfigInvalid.exit_code


def add_command(
    subparsers: Subparsers, name: str, summary: str, epilog: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    """A sub-command with its examples and exit codes; the caller runs `namespace.run(namespace)`."""
    parser = subparsers.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def say_problems(problems: Iterable[Problem], warnings: Iterable[Problem] = ()) -> None:
    """Each with its place, and what to mend below it."""
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    for word, style, found in (("error", "bold red", problems), ("warning", "bold yellow", warnings)):
        for problem in found:
            where = f"{problem.path}:{problem.line}" if problem.line else problem.path
            line = Text.assemble((where, "bold"), ": ", (word, style), f": {problem.message}")
            console.print(line, Text(f"    mend: {problem.mend}"), sep="\n")


def as_objects(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """For `--json`."""
    return [
        {"path": problem.path, "line": problem.line, "message": problem.message, "mend": problem.mend}
        for problem in problems
    ]


def say_json(value: object) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")
