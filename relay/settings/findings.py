"""What `sekisho check` found: problems, which end in exit code 78, and warnings, which do not."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from certs.load import CertInvalid
from relay.base.errors import ConfigInvalid, Problem
from relay.envelope.keys import KeyInvalid
from relay.settings.convert import name_of
from relay.settings.load import Loaded
from relay.settings.toml_lines import TomlPath, nearest_line


@dataclass(slots=True)
class Findings:
    """Everything is told at the line of the configuration that leads to it."""

    loaded: Loaded[Any]
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def problem(self, path: TomlPath, message: str, mend: str) -> None:
        self.problems.append(self._at(path, message, mend))

    def warning(self, path: TomlPath, message: str, mend: str) -> None:
        self.warnings.append(self._at(path, message, mend))

    def told_at(self, path: TomlPath, file: str = "") -> Told:
        """What the code below raises about certificates and keys becomes problems at `path`. `file`: what is being read."""
        return Told(self, path, file)

    def _at(self, path: TomlPath, message: str, mend: str) -> Problem:
        line = nearest_line(self.loaded.lines, path)
        return Problem(str(self.loaded.path), line, f"{name_of(path)}{message}", mend)


class Told:
    """Ends the block at the first error that it can tell, and goes on after the block."""

    def __init__(self, findings: Findings, path: TomlPath, file: str) -> None:
        self._findings = findings
        self._path = path
        self._file = file

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: TracebackType | None) -> bool:
        if isinstance(error, CertInvalid):
            for fault in error.faults:
                self._findings.problem(self._path, f"{fault.path} {fault.message}", fault.mend)
        elif isinstance(error, ConfigInvalid):
            for problem in error.problems:
                self._findings.problem(self._path, f"{problem.path}: {problem.message}", problem.mend)
        elif isinstance(error, KeyInvalid):
            mend = "make the pair again with `sekisho certs keygen`, or copy it again"
            self._findings.problem(self._path, f"{self._file}: {error}", mend)
        else:
            return False
        return True
