"""`sekisho check`: the configuration, and all that it names, before anything starts."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from relay.settings.check import Checked, check_gate, check_host
from relay.settings.load import GATE_FILE, HOST_FILE
from relay.settings.report import (
    EX_CONFIG,
    EX_OK,
    Subparsers,
    add_command,
    as_objects,
    say_json,
    say_problems,
)
from relay.settings.show import as_object, say_settings

_EPILOG = """\
Looks at the file, the certificates and revocation lists, the key files, the procedures, the rule sets (which it compiles
as a front does), and the walls that this kernel can put up. Prints every setting with the line that it came from, and
every problem with what to mend.

examples:
  sekisho check                               /etc/sekisho/sekisho.toml, on the DMZ host
  sekisho check --gate /etc/sekisho/gate.toml     on a gate
  sekisho check --without-keys                where systemd hands over the private keys (LoadCredential=)
  sekisho check --json | jq .problems         for a machine

exit codes: 0 nothing wrong (there may be warnings), 2 wrong usage, 78 there are problems
"""


def add_parser(subparsers: Subparsers) -> None:
    parser = add_command(
        subparsers,
        "check",
        "check the configuration, certificates, keys, procedures and rules (設定の検査)",
        _EPILOG,
        _run,
    )
    add_choice_of_file(parser)
    parser.add_argument("--quiet", action="store_true", help="do not print the settings")


def add_choice_of_file(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--config", metavar="FILE", type=Path, default=HOST_FILE, help=f"default: {HOST_FILE}")
    which.add_argument(
        "--gate",
        metavar="FILE",
        type=Path,
        nargs="?",
        const=GATE_FILE,
        help=f"a gate.toml instead; default: {GATE_FILE}",
    )
    parser.add_argument("--without-keys", action="store_true", help="do not look at private keys")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def checked_by(arguments: argparse.Namespace, *, certificates_only: bool = False) -> Checked:
    now = datetime.now(UTC)
    keys = not arguments.without_keys
    if arguments.gate is not None:
        return check_gate(arguments.gate, now, keys=keys, certificates_only=certificates_only)
    return check_host(arguments.config, now, keys=keys, certificates_only=certificates_only)


def _run(arguments: argparse.Namespace) -> int:
    checked = checked_by(arguments)
    if arguments.json:
        say_json(
            (as_object(checked.loaded) if checked.loaded else {"settings": None, "sources": None})
            | {"problems": as_objects(checked.problems), "warnings": as_objects(checked.warnings)}
        )
    else:
        if checked.loaded and not arguments.quiet:
            say_settings(checked.loaded)
        say_problems(checked.problems, checked.warnings)
        say_summary(checked)
    return EX_CONFIG if checked.problems else EX_OK


def say_summary(checked: Checked) -> None:
    if not checked.problems:
        print(f"\nok: {checked.loaded.path if checked.loaded else ''}, {len(checked.warnings)} warnings")
