"""Which rules a command of `sekisho policy` is about: a rule set of a configuration, or files that are named on the command line.

What is compiled is kept, so that asking again takes a second: in the configuration's `cache_dir` where this user may read it,
else in the user's own cache.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from policy.problems import PolicyInvalid
from policy.rule_set import RuleSet, RuleSetFiles, compile_rule_set, read_rules
from policy.seclang import ast
from relay.base.errors import ConfigInvalid, Problem
from relay.settings.load import HOST_FILE, load_host
from relay.settings.model import HostFile
from relay.settings.report import COMPILING, told_progress
from relay.settings.rules import rule_set_files

FILES = "files"  # the name of a rule set that stands in no configuration
_OWN_CACHE_MODE = 0o700  # what is loaded from there is trusted


@dataclass(frozen=True, slots=True)
class RuleSource:
    """`settings` is None where the rules were named as files; `path` is the configuration's."""

    settings: HostFile | None
    path: Path
    files: tuple[RuleSetFiles, ...]

    def named(self, name: str) -> RuleSetFiles:
        """Raises ConfigInvalid."""
        found = next((one for one in self.files if one.name == name), None)
        if found is None:
            known = ", ".join(one.name for one in self.files)
            mend = f"write one of: {known}" if known else "declare one by [[rule_set]]"
            raise ConfigInvalid([Problem(str(self.path), 0, f"there is no [[rule_set]] named `{name}`", mend)])
        return found

    def default(self) -> RuleSetFiles:
        """That of [policy], or the only one. Raises ConfigInvalid."""
        chosen = None if self.settings is None else self.settings.policy.rule_set
        if chosen is not None:
            return self.named(chosen)
        if len(self.files) == 1:
            return self.files[0]
        if not self.files:
            raise ConfigInvalid(
                [Problem(str(self.path), 0, "no rule set is declared", "declare one by [[rule_set]], or give --rules")]
            )
        known = ", ".join(one.name for one in self.files)
        mend = f"give --rule-set with one of: {known}"
        raise ConfigInvalid(
            [Problem(str(self.path), 0, "several rule sets are declared, and [policy] names none", mend)]
        )


def add_choice_of_rules(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--config", metavar="FILE", type=Path, default=HOST_FILE, help=f"default: {HOST_FILE}")
    which.add_argument(
        "--rules",
        metavar="FILE",
        nargs="+",
        help="files of rules instead, or patterns such as 'rules/*.conf', in order",
    )
    parser.add_argument(
        "--rule-set", metavar="NAME", help="a [[rule_set]] of the configuration; default: that of [policy]"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def rule_source(arguments: argparse.Namespace) -> RuleSource:
    """Raises ConfigInvalid."""
    if arguments.rules is None:
        settings = load_host(arguments.config)
        return RuleSource(settings, arguments.config, tuple(rule_set_files(settings)))
    if arguments.rule_set is not None:
        raise ConfigInvalid(
            [Problem("--rule-set", 0, "names a rule set of a configuration", "leave it out beside --rules")]
        )
    return RuleSource(None, Path(), (RuleSetFiles(name=FILES, rules=tuple(arguments.rules)),))


def compiled(source: RuleSource, files: RuleSetFiles) -> tuple[ast.RuleSet, RuleSet]:
    """The rules as written, and as they are evaluated. Raises ConfigInvalid."""
    try:
        read = read_rules(files)
        with told_progress(COMPILING) as tell:
            progress = None if tell is None else partial(tell, files.name)
            return read, compile_rule_set(files, read, cache=_cache(source.settings), progress=progress)
    except PolicyInvalid as invalid:
        raise ConfigInvalid([Problem(*problem) for problem in invalid.problems]) from invalid


def _cache(settings: HostFile | None) -> Path | None:
    if settings is not None and settings.host.cache_dir is not None and os.access(settings.host.cache_dir, os.R_OK):
        return Path(settings.host.cache_dir)
    own = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sekisho"
    try:
        own.mkdir(_OWN_CACHE_MODE, parents=True, exist_ok=True)
    except OSError:
        return None
    return own
