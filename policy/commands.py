"""`sekisho policy list|check`: the catalogue on the terminal. `python -m policy` is the same without the daemon.

The commands of `sekisho policy` that are about rules read the configuration or the log, so that relay adds them (`relay.cli`).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from policy.load import INSTALLED, read_routes
from policy.problems import Problem
from policy.route import Route

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

EXIT_OK = 0
EXIT_INVALID = 78  # EX_CONFIG of sysexits.h, as relay.base.errors.ConfigInvalid

_EXAMPLE = """examples:
  %(prog)s check config/procedures
  %(prog)s list --json
  %(prog)s catalogue --format html > register.html
  %(prog)s rules --rule-set crs
  %(prog)s test request.http
  %(prog)s explain 01999c3e-5b1c-7d0a-8f00-0123456789ab
  %(prog)s shadow --since 2026-11-01
"""


def add_parser(subparsers: Subparsers) -> Subparsers:
    """Add `policy` to a command line; its commands, so that others can be added. Each leaf sets `run`, which takes the
    arguments and returns the exit status.
    """
    parser = subparsers.add_parser(
        "policy",
        help="list and check the procedures; list, try and tune the rules (手続とルール)",
        description="The procedures that may cross, and the rules that judge them.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return add_commands(parser)


def add_commands(parser: argparse.ArgumentParser) -> Subparsers:
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add(commands, "check", "say what is wrong in procedure files, with file, line and what to mend", run_check)
    _add(commands, "list", "list the routes and how many fields each takes", run_list)
    return commands


def _add(commands: Subparsers, name: str, words: str, run: Callable[[argparse.Namespace], int]) -> None:
    parser = commands.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}. Exit status: 0, or 78.")
    parser.add_argument("directories", metavar="DIR", nargs="*", type=Path, help="default: the installed catalogue")
    parser.add_argument("--json", action="store_true", help="write JSON")
    parser.set_defaults(run=run)


def run_check(arguments: argparse.Namespace) -> int:
    """Print every problem, or how many routes there are."""
    routes, problems = read_routes(arguments.directories)
    if arguments.json:
        print(json.dumps({"routes": len(routes), "problems": [problem._asdict() for problem in problems]}))
    elif problems:
        _print_problems(problems)
    else:
        where = ", ".join(map(str, arguments.directories or [INSTALLED]))
        print(f"{where}: {len(routes)} routes, no problem")
    return EXIT_INVALID if problems else EXIT_OK


def run_list(arguments: argparse.Namespace) -> int:
    """Print one line for each route."""
    routes, problems = read_routes(arguments.directories)
    if arguments.json:
        print(json.dumps([_as_json(route) for route in routes], ensure_ascii=False))
    else:
        for route in routes:
            procedure = route.procedure
            number, name = (f"{procedure.number:>3}", procedure.name) if procedure else ("  -", "-")
            bodies = ",".join(sorted(route.body_kinds)) or "-"
            print(
                f"{number}  {route.method:<6} {route.path:<40} {len(route.form.fields):>3} fields  {bodies:<25} {name}"
            )
    if problems and not arguments.json:
        _print_problems(problems)
    return EXIT_INVALID if problems else EXIT_OK


def _print_problems(problems: list[Problem]) -> None:
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problem{'s' if len(problems) > 1 else ''}")


def _as_json(route: Route) -> dict[str, object]:
    procedure = route.procedure
    return {
        "id": route.id,
        "method": route.method,
        "path": route.path,
        "mode": route.mode,
        "stages": list(route.stages),
        "body": sorted(route.body_kinds),
        "body_bytes": route.body_bytes,
        "tenants": None if route.tenants is None else sorted(route.tenants),
        "procedure": procedure
        and {
            "number": procedure.number,
            "name": procedure.name,
            "department": procedure.department,
            "version": procedure.version,
            "effective_from": procedure.effective_from.isoformat(),
            "effective_until": procedure.effective_until and procedure.effective_until.isoformat(),
        },
        "fields": [
            {
                "name": field.name,
                "item": field.declaration.item,
                "class": field.field_class.name,
                "required": field.required,
                "label_ja": field.declaration.label_ja,
                "label_en": field.declaration.label_en,
            }
            for field in route.form.fields.values()
        ],
        "query": list(route.query.fields),
        "source": f"{route.source}:{route.source_line}",
    }
