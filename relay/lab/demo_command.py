"""`sekisho demo`: the main job, told on the terminal. Exit code 0 only when everything it tells truly happened."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import trio
from rich.console import Console

from relay.base.errors import ConfigInvalid, SekishoError
from relay.lab.demo import play
from relay.lab.telling import Telling
from relay.settings.report import EX_CONFIG, EX_OK, Subparsers, add_command, say_problems

_EX_FAILED = 1
_EPILOG = """examples:
  sekisho demo
  sekisho demo --keep /tmp/demo      keep the lab's files, log and what the roles printed

exit codes: 0 all as promised, 1 something was not, 78 configuration"""


def add_parser(subparsers: Subparsers) -> None:
    parser = add_command(
        subparsers, "demo", "show the main job on a lab of this machine, in under a minute (実演)", _EPILOG, run
    )
    parser.add_argument("--keep", type=Path, metavar="DIR", help="new directory whose files stay for looking at")


def run(options: argparse.Namespace) -> int:
    if options.keep is None:
        with tempfile.TemporaryDirectory(prefix="sekisho-demo-") as directory:
            return _play(Path(directory))
    options.keep.mkdir(parents=True, exist_ok=True)
    return _play(options.keep.absolute())


def _play(directory: Path) -> int:
    tell = Telling(Console())
    tell.opening(str(directory))
    code = EX_OK
    try:
        trio.run(play, directory, tell)
    except* ConfigInvalid as group:
        say_problems(
            problem for error in _leaves(group) if isinstance(error, ConfigInvalid) for problem in error.problems
        )
        code = EX_CONFIG
    except* (SekishoError, trio.TooSlowError, OSError) as group:
        tell.failed("; ".join(str(error) for error in _leaves(group)), str(directory / "roles.log"))
        code = _EX_FAILED
    return code


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in _leaves(inner)]
    return [error]
