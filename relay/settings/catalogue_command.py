"""`sekisho policy catalogue`: the register for the council, on the terminal, as CSV or as a page to print."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from policy.catalogue import (
    HEADINGS,
    KINDS,
    LANGUAGES,
    Destination,
    Entry,
    Item,
    entries,
    in_language,
    lines,
    service_of,
)
from policy.file_words import size_words
from policy.load import read_routes
from relay.base.errors import ConfigInvalid, Problem
from relay.settings.catalogue_page import as_page
from relay.settings.load import load_gate, load_host
from relay.settings.model import HostFile
from relay.settings.report import EX_CONFIG, EX_OK, Subparsers, add_command, failed

EX_USAGE = 2
_BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes a CSV file for one in Shift_JIS
FORMATS = ("table", "csv", "html")
_PIPED_COLUMNS = 200  # width where nobody's terminal says: a line of the longest procedure fits
_EPILOG = """\
Without --config: the installed catalogue, or that of DIR; where requests go is then not known. What the register shows is made of
the declarations that the front loads: what does not stand in it does not cross.

examples:
  sekisho policy catalogue                                                    the installed catalogue, on the terminal
  sekisho policy catalogue --config /etc/sekisho/sekisho.toml                 with the gates of each tenant (送信先)
  sekisho policy catalogue --config sekisho.toml --gate-config gate.toml      and its applications
  sekisho policy catalogue --config sekisho.toml --format html > register.html
  sekisho policy catalogue --format csv --lang en procedures/ > register.csv

exit codes: 0 printed, 2 wrong usage, 78 the configuration or the procedures have problems
"""


def add_commands(commands: Subparsers) -> None:
    parser = add_command(
        commands,
        "catalogue",
        "print the register for the council: procedure, item, destination (登録簿)",
        _EPILOG,
        _run,
    )
    parser.add_argument("directories", metavar="DIR", nargs="*", type=Path, help="directories of procedure files")
    parser.add_argument("--config", metavar="FILE", type=Path, help="sekisho.toml: its procedures, and where they go")
    parser.add_argument("--gate-config", metavar="FILE", type=Path, help="gate.toml: the application of each tenant")
    parser.add_argument("--format", choices=FORMATS, default="table", help="default: table")
    parser.add_argument("--lang", choices=LANGUAGES, default="ja", help="of headings and labels; default: ja")


def _run(arguments: argparse.Namespace) -> int:
    misused = _misuse(arguments)
    if misused is not None:
        return failed([misused], EX_USAGE, as_json=False)
    directories: list[Path] = arguments.directories
    destinations = None
    try:
        if arguments.config is not None:
            host = load_host(arguments.config)
            directories = [Path(directory) for directory in host.policy.procedures]
            destinations = _destinations(host, _applications(arguments.gate_config))
    except ConfigInvalid as invalid:
        return failed(invalid.problems, EX_CONFIG, as_json=False)
    routes, problems = read_routes(directories)
    if problems:
        return failed([Problem(*problem) for problem in problems], EX_CONFIG, as_json=False)
    catalogue = entries(routes, destinations)
    if arguments.format == "csv":
        sys.stdout.write(_BYTE_ORDER_MARK)
        csv.writer(sys.stdout).writerows(lines(catalogue, arguments.lang))  # RFC 4180
    elif arguments.format == "html":
        sys.stdout.write(as_page(catalogue, arguments.lang, unconfirmed=not directories))
    else:
        _say(catalogue, arguments.lang)
    return EX_OK


def _misuse(arguments: argparse.Namespace) -> Problem | None:
    if arguments.config is not None and arguments.directories:
        return Problem("--config", 0, "names the procedures already", "leave out either it or the directories")
    if arguments.config is None and arguments.gate_config is not None:
        return Problem("--gate-config", 0, "says nothing without the tenants of a sekisho.toml", "give --config too")
    return None


def _applications(gate_config: Path | None) -> dict[str, str]:
    """Tenant -> address of its application. Raises ConfigInvalid."""
    return {} if gate_config is None else {one.tenant: one.url for one in load_gate(gate_config).application}


def _destinations(host: HostFile, applications: dict[str, str]) -> list[Destination]:
    addresses = {gate.name: f"{gate.name} ({gate.address})" for gate in host.gate}
    return [
        Destination(
            tenant.name, tuple(addresses.get(gate, gate) for gate in tenant.gates), applications.get(tenant.name, "")
        )
        for tenant in host.tenant
    ]


def _say(catalogue: Sequence[Entry], language: str) -> None:
    width = None if sys.stdout.isatty() else _PIPED_COLUMNS
    console = Console(highlight=False, emoji=False, markup=False, width=width)
    for entry in catalogue:
        console.print(Text(_title(entry, language), "bold"))
        for destination in entry.destinations or ():
            console.print(Text(f"    → {destination}", "cyan"))
        if entry.items:
            console.print(_table(entry, language))
        console.print()


def _title(entry: Entry, language: str) -> str:
    route, procedure = entry.route, entry.procedure
    where = f"{route.method} {route.path}"
    if procedure is None:
        return f"{route.id}  {where}"
    until = procedure.effective_until or ""
    return (
        f"{service_of(procedure, language)} {procedure.number}  {procedure.name}  {procedure.department}  "
        f"v{procedure.version} {procedure.effective_from}..{until}  {where}"
    )


def _table(entry: Entry, language: str) -> Table:
    table = Table(header_style="dim", box=None, padding=(0, 1), show_edge=False)
    for key in ("kind", "item", "label", "field", "class", "required"):
        table.add_column(in_language(HEADINGS[key], language), overflow="fold")
    for item in entry.items:
        kind = in_language(KINDS[item.kind], language)
        words = (kind, item.words, in_language(item.label, language), item.name, _class(item, language))
        table.add_row(*map(Text, words), Text(in_language(item.need, language)))
    return table


def _class(item: Item, language: str) -> str:
    """Of a file with its bounds, and what is done with it."""
    if item.kind != "file":
        return item.field_class
    size = in_language(size_words(item.max_bytes), language)
    return f"{item.field_class}; {size} × {item.repeat}; {in_language(item.done, language)}"
