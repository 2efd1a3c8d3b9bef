"""Reading `sekisho.toml` and `gate.toml` (docs/spec/config.md).

Every problem of a file is found in one go, each with its line and what to mend, and raised together as `ConfigInvalid`;
nothing else is ever raised. Key files are not touched here: each role can read only its own, and `sekisho check` looks at all.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

import msgspec
from msgspec import Struct, inspect

from relay.base.errors import ConfigInvalid, Problem
from relay.settings.convert import Reading, Tree, convert_table
from relay.settings.model import GateFile, HostFile
from relay.settings.relations import relate_gate, relate_host
from relay.settings.toml_lines import TomlPath, key_lines

HOST_FILE = Path("/etc/sekisho/sekisho.toml")
GATE_FILE = Path("/etc/sekisho/gate.toml")
FILE_BYTES = 1 << 20  # a configuration with 1,000 tenants has about 300 KB

S = TypeVar("S", bound=Struct)

_PLACE = re.compile(r"\(at line (?P<line>[0-9]+), column [0-9]+\)")
_AT_END = "(at end of document)"


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    """A file as read, with the place of each of its values."""

    path: Path
    settings: S
    lines: dict[TomlPath, int]

    def source(self, path: TomlPath) -> str:
        """`sekisho.toml:12`, or "default"."""
        return f"{self.path.name}:{self.lines[path]}" if path in self.lines else "default"


def load_host(path: Path) -> HostFile:
    """`sekisho.toml`. Raises ConfigInvalid."""
    return read_host(path).settings


def load_gate(path: Path) -> GateFile:
    """`gate.toml`. Raises ConfigInvalid."""
    return read_gate(path).settings


def read_host(path: Path) -> Loaded[HostFile]:
    """`load_host`, with the places."""
    return _read(path, HostFile, relate_host)


def load_host_again(path: Path) -> HostFile:
    """`load_host`, by a role in its walls: the files that it names are not looked at. Raises ConfigInvalid."""
    return _read(path, HostFile, relate_host, looks=False).settings


def read_gate(path: Path) -> Loaded[GateFile]:
    """`load_gate`, with the places."""
    return _read(path, GateFile, relate_gate)


def read_overrides(path: Path) -> Tree:
    """A file whose tables are laid over a `sekisho.toml`: nothing is required in it, but what it has must be right.

    Only what it has is in the result; paths are absolute, as they start at this file's own directory.
    """
    document, reading = _parse(path)
    reading.partial = True
    tree = convert_table(reading, _shape(HostFile), document) or {}
    _raise_if_any(reading.problems)
    return tree


def _read(path: Path, model: type[S], relate: Callable[[Reading, Tree], None], *, looks: bool = True) -> Loaded[S]:
    document, reading = _parse(path)
    reading.looks = looks
    tree = convert_table(reading, _shape(model), document) or {}
    relate(reading, tree)
    _raise_if_any(reading.problems)
    return Loaded(path, msgspec.convert(tree, model), reading.lines)


def _parse(path: Path) -> tuple[dict[str, Any], Reading]:
    text = _text(path)
    try:
        tree = tomllib.loads(text)
    except RecursionError:
        problem = Problem(str(path), 0, "is nested too deeply", "write tables no deeper than the shipped examples")
    except ValueError as error:
        problem = _syntax(path, text, str(error))
    else:
        return tree, Reading(str(path), path.absolute().parent, key_lines(text))
    raise ConfigInvalid([problem])


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES + 1)
    except FileNotFoundError:
        problem = Problem(str(path), 0, "does not exist", "name the file, or copy it from config/ in the distribution")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        problem = Problem(str(path), 0, f"cannot be read: {reason}", "correct the path or its permissions")
    else:
        if len(raw) <= FILE_BYTES:
            return _decode(path, raw)
        problem = Problem(
            str(path), 0, f"is larger than {FILE_BYTES} bytes", "this is not a configuration file of Sekisho"
        )
    raise ConfigInvalid([problem])


def _decode(path: Path, raw: bytes) -> str:
    try:
        return raw.decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problem = Problem(str(path), line, "is not UTF-8 text", "save the file as UTF-8")
        raise ConfigInvalid([problem]) from error


def _syntax(path: Path, text: str, message: str) -> Problem:
    found = _PLACE.search(message)
    line = int(found["line"]) if found else text.count("\n") + 1 if _AT_END in message else 0
    what = _PLACE.sub("", message).replace(_AT_END, "").strip()
    return Problem(str(path), line, f"is not TOML: {what}", "correct this line or the one before it (https://toml.io)")


def _raise_if_any(problems: list[Problem]) -> None:
    if problems:
        raise ConfigInvalid(sorted(problems, key=lambda problem: problem.line))


@functools.cache
def _shape(model: type[Struct]) -> inspect.StructType:
    return cast(inspect.StructType, inspect.type_info(model))
