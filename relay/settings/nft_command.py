"""`sekisho nft`: the packet filter of a DMZ host, printed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from relay.base.errors import ConfigInvalid
from relay.settings.load import HOST_FILE, load_host
from relay.settings.nft import ruleset
from relay.settings.report import EX_CONFIG, EX_OK, Subparsers, add_command, say_problems

_EPILOG = """\
The rules name the users sekisho-front, sekisho-egress, sekisho-ledger, sekisho-exporter and, where [scanner] is set,
sekisho-scanner, or those that the `user` keys of the configuration name. These users must exist where the rules are loaded.

examples:
  sekisho nft                                        print the rules of /etc/sekisho/sekisho.toml
  sekisho nft --config sekisho.toml | nft -c -f -    only check them
  sekisho nft > sekisho.nft && nft -f sekisho.nft    load them

exit codes: 0 printed, 2 wrong usage, 78 the configuration has problems
"""


def add_parser(subparsers: Subparsers) -> None:
    parser = add_command(
        subparsers, "nft", "print the nftables rules of a DMZ host (パケットフィルター)", _EPILOG, _run
    )
    parser.add_argument("--config", metavar="FILE", type=Path, default=HOST_FILE, help=f"default: {HOST_FILE}")


def _run(arguments: argparse.Namespace) -> int:
    try:
        settings = load_host(arguments.config)
    except ConfigInvalid as invalid:
        say_problems(invalid.problems)
        return EX_CONFIG
    sys.stdout.write(ruleset(settings))
    return EX_OK
