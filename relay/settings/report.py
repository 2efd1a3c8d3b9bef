"""How the commands speak: problems and progress on stderr, results on stdout, JSON where a machine reads."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from relay.base.errors import ConfigInvalid, Problem

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # argparse gives this type no public name
else:
    Subparsers = object

EX_OK = 0
EX_CONFIG = ConfigInvalid.exit_code
COMPILING = "コンパイル compiling"  # a rule set


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


def failed(problems: Sequence[Problem], status: int, *, as_json: bool) -> int:
    """Tell what ends a command; its exit code."""
    if as_json:
        say_json({"problems": as_objects(problems)})
    else:
        say_problems(problems)
    return status


@contextmanager
def told_progress(doing: str) -> Iterator[Callable[[str, int, int], None] | None]:
    """A bar for each thing that takes its time, by (its name, done, of how many); nothing where nobody looks on."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(name: str, done: int, of: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(f"{doing} {name}")
            bars.update(tasks[name], completed=done, total=of)

        yield tell


def say_json(value: object) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")
