"""`sekisho policy explain TRANSFER`: why a transfer was refused, and what would let its like pass."""

from __future__ import annotations

import argparse
import unicodedata
from pathlib import Path

from relay.base.errors import ConfigInvalid, IntegrityBroken, Problem
from relay.base.ids import parse_transfer_id
from relay.ledger import explain_words, reader
from relay.ledger.explain import explain
from relay.ops.clock import now_ms
from relay.settings.load import HOST_FILE, load_host
from relay.settings.model import HostFile
from relay.settings.report import EX_CONFIG, EX_OK, Subparsers, add_command, failed, say_json
from relay.tree.record import Record

EX_NOT_FOUND = 1  # also: the log does not fit together

_EPILOG = """\
TRANSFER is the reference that a citizen quotes (受付番号, Sekisho-Transfer). Says which stage refused and what it found; for rules
also the narrowest exclusion, ready to paste into sekisho.toml: write the reason, then run `sekisho check` and reload.

examples:
  sekisho policy explain 01999c3e-5b1c-7d0a-8f00-0123456789ab
  sekisho policy explain 01999c3e-5b1c-7d0a-8f00-0123456789ab --config /tmp/lab/sekisho.toml
  sekisho policy explain 01999c3e-5b1c-7d0a-8f00-0123456789ab --json | jq -r '.exclusions[].toml'

exit codes: 0 explained, 1 no record of this transfer, 2 wrong usage, 78 the configuration has problems
"""


def add_commands(commands: Subparsers) -> None:
    parser = add_command(
        commands,
        "explain",
        "say why a transfer was refused, and the narrowest exclusion (拒否の理由と除外)",
        _EPILOG,
        _run,
    )
    parser.add_argument("transfer", metavar="TRANSFER", type=transfer_as_quoted, help="the reference of the transfer")
    parser.add_argument("--config", metavar="FILE", type=Path, default=HOST_FILE, help=f"default: {HOST_FILE}")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−ー－ｰ"), "-")


def transfer_as_quoted(text: str) -> str:
    """As people write it down: capitals, full-width letters, other dashes and blanks. Raises ArgumentTypeError."""
    plain = unicodedata.normalize("NFKC", text.translate(_DASHES)).lower()
    try:
        return parse_transfer_id("".join(plain.split()))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _run(arguments: argparse.Namespace) -> int:
    try:
        settings = load_host(arguments.config)
        records = _records(arguments.config, settings, arguments.transfer)
    except ConfigInvalid as invalid:
        return failed(invalid.problems, EX_CONFIG, as_json=arguments.json)
    except IntegrityBroken as broken:
        directory = settings.ledger.directory
        problem = Problem(directory, 0, f"the log does not fit together: {broken}", "run `sekisho log verify` on it")
        return failed([problem], EX_NOT_FOUND, as_json=arguments.json)
    if not records:
        mend = "check the reference; another relay of the municipality may have taken the request"
        problem = Problem(settings.ledger.directory, 0, f"no record of transfer {arguments.transfer}", mend)
        return failed([problem], EX_NOT_FOUND, as_json=arguments.json)
    explanation = explain(records, settings, now_ms())
    if arguments.json:
        say_json(explain_words.as_object(arguments.transfer, records, explanation))
    else:
        explain_words.say(arguments.transfer, records, explanation)
    return EX_OK


def _records(config: Path, settings: HostFile, transfer: str) -> list[Record]:
    """Raises ConfigInvalid, IntegrityBroken."""
    directory = Path(settings.ledger.directory)
    if not directory.is_dir():
        mend = "correct directory under [ledger], or run this where the log is"
        raise ConfigInvalid([Problem(str(config), 0, f"there is no log directory {directory}", mend)])
    try:
        return [record for _, record in reader.find(directory, transfer=transfer)]
    except OSError as error:
        mend = "run this as a user who may read the log, such as sekisho-ledger"
        problem = Problem(str(error.filename or directory), 0, f"cannot be read: {error.strerror}", mend)
        raise ConfigInvalid([problem]) from error
