"""The command `sekisho`. Each sub-command lives beside what it is about; this file only knows where.

A role's process imports nothing but that role: the roles are dispatched before any other module is loaded, so that their
import closures stay what the design says.
"""

from __future__ import annotations

import argparse
import importlib
import sys

_ROLES = ("front", "egress", "ledger", "exporter", "scanner", "gate")
# modules with an `add_parser(subparsers)`, in the order in which the help shows them
_COMMANDS = (
    "relay.lab.demo_command",
    "relay.lab.lab_command",
    "relay.settings.check_command",
    "relay.run_command",
    "relay.settings.certs_command",
    "relay.ledger.log_commands",
    "policy.commands",
    "relay.settings.nft_command",
)
# modules with an `add_commands(commands)` that add to a command of another one
_FURTHER = {
    "policy.commands": (
        "relay.settings.catalogue_command",
        "relay.settings.openapi_command",
        "relay.settings.rules_command",
        "relay.settings.trial_command",
        "relay.ledger.explain_command",
        "relay.ledger.shadow_command",
    ),
}
_DESCRIPTION = """Sekisho (関所): the checkpoint between the Internet and the LGWAN.
インターネットと LGWAN の間の関所。申請を検査し、封をし、記録してから通します。"""
_EPILOG = """roles, each a process of its own (systemd starts them; `sekisho run` starts all of a host):
  front | egress | ledger | exporter | scanner | gate      sekisho ROLE --help

examples:
  sekisho demo                                   the main job, told on the terminal
  sekisho lab --dir /tmp/lab                     the whole topology on this machine, left running
  sekisho check --config /etc/sekisho/sekisho.toml
  sekisho log verify /var/lib/sekisho/log --key log.vkey"""


def main(argv: list[str] | None = None) -> int:
    arguments = sys.argv[1:] if argv is None else argv
    if arguments and arguments[0] in _ROLES:
        role_main = importlib.import_module(f"relay.{arguments[0]}.__main__").main
        return int(role_main(arguments[1:]))
    parser = argparse.ArgumentParser(
        prog="sekisho", description=_DESCRIPTION, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in _COMMANDS:
        commands = importlib.import_module(module).add_parser(subparsers)
        for further in _FURTHER.get(module, ()):
            importlib.import_module(further).add_commands(commands)
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0


if __name__ == "__main__":
    sys.exit(main())
