"""What a reload of the rule sets may read, and what of a changed configuration it leaves to a restart.

A front reads its configuration and its rules again from inside its walls, so these must let it: `readable_again` names the places,
and takes care that none of them holds keys or the log (docs/spec/sandbox.md section 6).
"""

from __future__ import annotations

import glob
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import msgspec

from relay.base.errors import Problem
from relay.settings.model import HostFile
from relay.settings.rules import LoadedRules

_RESTART: Final = (
    "restart the front, which reads only where rules lay at its start; let its user read the file and its directory"
)
_TOP_PARTS: Final = 2  # `/` and `/etc` are no directories of rules


def differences(before: HostFile, now: HostFile) -> list[str]:
    """What differs beside the rule sets and takes a restart: `front.listen`, `limits.body_bytes`, `tenant`; in order."""
    old, new = _beside_rules(before), _beside_rules(now)
    found: list[str] = []
    for table in sorted(old.keys() | new.keys()):
        left, right = old.get(table), new.get(table)
        if isinstance(left, dict) and isinstance(right, dict):
            found += [f"{table}.{key}" for key in sorted(left.keys() | right.keys()) if left.get(key) != right.get(key)]
        elif left != right:
            found.append(table)
    return found


def _beside_rules(settings: HostFile) -> dict[str, Any]:
    tree: dict[str, Any] = msgspec.to_builtins(settings)
    for table in ("rule_set", "rule_exclusion"):
        tree.pop(table, None)
    for table in (tree["policy"], *tree["tenant"]):
        table.pop("rule_set", None)
    return tree


def cache_fault(directory: Path) -> OSError | None:
    """Why compiled rules cannot be kept there; None where they can."""
    probe = directory / f".probe.{secrets.token_hex(8)}"
    try:
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        return error
    return None


def readable_again(
    config: Path, settings: HostFile, rules: LoadedRules, closed: Callable[[Path], bool]
) -> tuple[Path, ...]:
    """What a process has to be let read so that it can load the rule sets again (docs/spec/sandbox.md section 6).

    `closed`: whether file modes keep the process out of a place.
    """
    secret = [place for place in _secret_places(settings) if not closed(place)]
    found: dict[Path, None] = {}
    for path in (config.absolute(), *_named_places(settings), *rules.files()):
        for place in dict.fromkeys((path, path.resolve())):
            found.update(dict.fromkeys(_openings(place, secret)))
    if settings.host.cache_dir is not None:
        found[Path(settings.host.cache_dir)] = None
    return tuple(path for path in found if _is_reached(path))


def with_walls_in_mind(problems: Iterable[Problem]) -> list[Problem]:
    """Where it is the walls that keep a reload from what a problem is about, a restart mends it, and no change of file modes."""
    return [replace(problem, mend=_RESTART) if _is_kept_from(Path(problem.path)) else problem for problem in problems]


def _is_kept_from(path: Path) -> bool:
    """A pattern, or a file, that may not be looked for, or not be read."""
    for place in (path.parent, path):
        try:
            os.close(os.open(place, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK))
        except PermissionError:
            return True
        except OSError:
            continue
    return False


def _is_reached(path: Path) -> bool:
    try:
        path.stat()
    except OSError:
        return False
    return True


def _openings(path: Path, secret: Sequence[Path]) -> Iterator[Path]:
    """The directory of a file, so that another file may take its place; only the file where the directory holds more than that."""
    directory = path.parent
    too_much = len(directory.parts) <= _TOP_PARTS or any(place.is_relative_to(directory) for place in secret)
    yield path if too_much else directory


def _secret_places(settings: HostFile) -> list[Path]:
    """What a front must not be let read because of rules that lie beside it."""
    host, ledger = settings.host, settings.ledger
    named = [host.keys_dir, ledger.directory, *([] if ledger.jsonl is None else [ledger.jsonl])]
    return [real for name in named for real in dict.fromkeys((Path(name), Path(name).resolve()))]


def _named_places(settings: HostFile) -> Iterator[Path]:
    """Where rules are looked for; with a wildcard in the directory's name, only what was found."""
    for one in settings.rule_set:
        for pattern in (*one.setup, *one.rules):
            path = Path(pattern)
            if not glob.has_magic(str(path.parent)):
                yield path
