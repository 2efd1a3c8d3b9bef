"""`sekisho log verify | tail | search | show`: for auditors and operators, on a host that need not run a ledger.

Exit codes: 0 done and found; 1 the log does not verify, or nothing was found; 2 wrong usage, or nothing to read.
What is printed on a terminal has colours and both languages; elsewhere it is plain, and with --json one object a line.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import functools
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import trio
from rich.text import Text

from relay.base.errors import IntegrityBroken
from relay.base.ids import parse_transfer_id
from relay.base.rfc3339 import format_time
from relay.ledger import log_words, reader
from relay.ledger.verify import verify
from relay.settings.report import told_progress
from relay.tree.checkpoint import open_checkpoint
from relay.tree.merkle import inclusion_proof, leaf_hash, verify_inclusion
from relay.tree.note import Verifier
from relay.tree.record import KIND_NAMES, Record, encode_record

EXIT_OK: Final = 0
EXIT_NOT_FOUND: Final = 1  # also: does not verify
EXIT_USAGE: Final = 2
FOLLOW_INTERVAL_S: Final = 0.25


class _Unusable(Exception):
    """Exit code 2, with the words to say."""


def add_parser(subparsers: Any) -> None:
    """Add `log` and its commands. Each sets `run`: a function of the parsed arguments that returns the exit code."""
    log = subparsers.add_parser(
        "log",
        help="verify, follow and search the transfer log (転送記録の検証・閲覧)",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = log.add_subparsers(dest="log_command", required=True, metavar="COMMAND")
    _add_verify(commands)
    _add_tail(commands)
    _add_search(commands)
    _add_show(commands)


def _command(commands: Any, name: str, run: Callable[[argparse.Namespace], int], about: str, example: str) -> Any:
    parser = commands.add_parser(
        name,
        help=about,
        description=about,
        epilog=f"example:\n  {example}\n\nexit codes: 0 done and found, 1 does not verify or nothing found, 2 usage",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("directory", metavar="DIR", type=Path, help="the log's directory")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser


def _add_verify(commands: Any) -> None:
    parser = _command(
        commands,
        "verify",
        verify_command,
        "check every entry, tile, root and signature of a log (記録全体の検証)",
        "sekisho log verify /var/lib/sekisho/log --key log.vkey --checkpoint last-month.checkpoint",
    )
    parser.add_argument(
        "--key",
        metavar="VKEY|FILE",
        help="the log's public key, or a file with it; default: log.vkey beside DIR, which whoever changed DIR could change too",
    )
    parser.add_argument(
        "--checkpoint", metavar="FILE", type=Path, help="an earlier checkpoint that the log must continue"
    )


def _add_tail(commands: Any) -> None:
    parser = _command(
        commands,
        "tail",
        tail_command,
        "the newest records (最新の記録)",
        "sekisho log tail /var/lib/sekisho/log -n 20 --follow",
    )
    parser.add_argument("-n", dest="count", type=_count, default=10, metavar="N", help="how many (default 10)")
    parser.add_argument("--follow", action="store_true", help="go on until Ctrl-C")


def _add_search(commands: Any) -> None:
    parser = _command(
        commands,
        "search",
        search_command,
        "records that match all that is given (記録の検索)",
        "sekisho log search /var/lib/sekisho/log --kind refusal --reason field_undeclared --since 2026-11-01",
    )
    parser.add_argument("--transfer", metavar="ID", type=_transfer, help="the transfer id (Sekisho-Transfer)")
    parser.add_argument("--kind", choices=KIND_NAMES, help="a kind of record")
    parser.add_argument("--reason", metavar="R", help="the reason of a refusal, or the result of an outcome")
    parser.add_argument("--tenant", metavar="T", help="the municipality")
    parser.add_argument("--route", metavar="R", help="the procedure or route")
    parser.add_argument(
        "--since", metavar="T", type=moment, help="from this time on: 2026-11-01 or 2026-11-01T09:00:00+09:00"
    )
    parser.add_argument("--until", metavar="T", type=moment, help="before this time; without an offset it is UTC")


def _add_show(commands: Any) -> None:
    parser = _command(
        commands,
        "show",
        show_command,
        "all records of one transfer, each with its proof (一件の記録と証明)",
        "sekisho log show /var/lib/sekisho/log 01999c3e-5b1c-7d0a-8f00-0123456789ab --key log.vkey",
    )
    parser.add_argument("transfer", metavar="TRANSFER", type=_transfer, help="the transfer id (Sekisho-Transfer)")
    parser.add_argument(
        "--key", metavar="VKEY|FILE", help="the log's public key: also checks the checkpoint's signature"
    )


def _count(text: str) -> int:
    count = int(text)
    if count < 0:
        raise argparse.ArgumentTypeError("not less than 0")
    return count


def _transfer(text: str) -> str:
    try:
        return parse_transfer_id(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(str(exc)) from exc


def moment(text: str) -> str:
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(
            f"not a date or time such as 2026-11-01 or 2026-11-01T09:00:00+09:00: {text}"
        ) from exc
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return format_time(int(moment.timestamp()) * 1000 + moment.microsecond // 1000)


def _verifier(key: str) -> Verifier:
    """From the text of a vkey, or a file whose first line is one."""
    text = key
    if not _is_vkey(key):
        try:
            text = Path(key).read_text("utf-8").split("\n", 1)[0].strip()
        except (OSError, UnicodeDecodeError) as exc:
            raise _Unusable(f"--key is neither a vkey nor a readable file: {key}") from exc
    try:
        return Verifier.parse(text)
    except ValueError as exc:
        raise _Unusable(f"--key is not a vkey: {exc}") from exc


def _key_beside(directory: Path) -> str:
    """For trying things out. An auditor brings the key along, and is told so."""
    found = directory.absolute().parent / "log.vkey"
    if not found.is_file():
        raise _Unusable(f"no key: give --key VKEY or FILE (there is no {found} either)")
    print(f"sekisho log: using {found}; an auditor gives --key with a key kept elsewhere", file=sys.stderr)
    return str(found)


def _is_vkey(text: str) -> bool:
    return text.count("+") >= 2 and not Path(text).exists()


def _told(command: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """The command, with what can go wrong turned into words and an exit code."""

    @functools.wraps(command)
    def run(args: argparse.Namespace) -> int:
        try:
            return command(args)
        except IntegrityBroken as exc:
            if args.json:
                log_words.print_json({"ok": False, "error": str(exc)})
            else:
                log_words.console().print(Text(f"✗ 記録が合いません  the log does not verify: {exc}", "bold red"))
            return EXIT_NOT_FOUND
        except BrokenPipeError:  # whoever read our output has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return EXIT_OK
        except (_Unusable, OSError) as exc:
            print(f"sekisho log: {exc}", file=sys.stderr)
            return EXIT_USAGE

    return run


def _check_directory(directory: Path) -> None:
    if not directory.is_dir():
        raise _Unusable(f"no such directory: {directory}")


# --- verify -------------------------------------------------------------------------------------------------------


@_told
def verify_command(args: argparse.Namespace) -> int:
    _check_directory(args.directory)
    verifier = _verifier(args.key or _key_beside(args.directory))
    earlier = None if args.checkpoint is None else args.checkpoint.read_bytes()
    with told_progress("検証 verifying") as tell:
        progress = None if tell is None else functools.partial(tell, "")
        report = verify(args.directory, verifier, earlier=earlier, progress=progress)
    if args.json:
        log_words.print_json(log_words.report_fields(report))
    else:
        log_words.print_report(report)
    return EXIT_OK


# --- tail and search ----------------------------------------------------------------------------------------------


@_told
def tail_command(args: argparse.Namespace) -> int:
    _check_directory(args.directory)
    size = reader.snapshot(args.directory).size
    seen = _print_range(args, max(0, size - args.count), size)
    if args.follow:
        with contextlib.suppress(KeyboardInterrupt):
            trio.run(_follow, args, size)
        return EXIT_OK
    return EXIT_OK if seen else EXIT_NOT_FOUND


async def _follow(args: argparse.Namespace, seen: int) -> None:
    while True:
        size = reader.snapshot(args.directory).size
        if size > seen:
            _print_range(args, seen, size)
            seen = size
        await trio.sleep(FOLLOW_INTERVAL_S)


def _print_range(args: argparse.Namespace, start: int, end: int) -> int:
    if start == end:
        return 0
    return _print_records(args, reader.records(args.directory, start, end))


@_told
def search_command(args: argparse.Namespace) -> int:
    _check_directory(args.directory)
    found = reader.find(
        args.directory,
        transfer=args.transfer,
        kind=args.kind,
        reason=args.reason,
        tenant=args.tenant,
        route=args.route,
        since=args.since,
        until=args.until,
    )
    return EXIT_OK if _print_records(args, found) else EXIT_NOT_FOUND


def _print_records(args: argparse.Namespace, found: Iterator[tuple[int, Record]]) -> int:
    console = log_words.console()
    count = 0
    for index, record in found:
        count += 1
        if args.json:
            log_words.print_json({"index": index, "record": record})
        else:
            console.print(log_words.line(index, record))
    return count


# --- show ---------------------------------------------------------------------------------------------------------


@_told
def show_command(args: argparse.Namespace) -> int:
    _check_directory(args.directory)
    verifier = None if args.key is None else _verifier(args.key)
    at = reader.snapshot(args.directory)
    if verifier is not None:
        open_checkpoint(at.note, verifier.name, [verifier])
    hashes = reader.TileHashes(args.directory, at.checkpoint.size)
    found = list(reader.find(args.directory, transfer=args.transfer))
    shown = [(index, record, _proof(hashes, at, index, record)) for index, record in found]
    if args.json:
        log_words.print_json(log_words.shown_fields(args.transfer, at, shown, is_signed=verifier is not None))
    else:
        log_words.print_shown(args.transfer, at, shown, is_signed=verifier is not None)
    return EXIT_OK if shown else EXIT_NOT_FOUND


def _proof(hashes: reader.TileHashes, at: reader.Snapshot, index: int, record: Record) -> list[bytes] | None:
    """The inclusion proof, checked; None for a record that no checkpoint covers yet. Raises IntegrityBroken."""
    size = at.checkpoint.size
    if index >= size:
        return None
    proof = inclusion_proof(index, size, hashes.node)
    verify_inclusion(index, size, leaf_hash(encode_record(record)), proof, at.checkpoint.root)
    return proof
