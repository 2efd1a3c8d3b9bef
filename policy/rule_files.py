"""What a rule set was made from, so that one whose files have not changed need not be compiled again.

`loaded` compiles, or takes over the program of before; the mode and the exclusions are always made anew, which takes no time: they
are what an operator changes in a hurry. A file that changes while it is read is seen as changed by the next `loaded`, never missed:
rules are digested as they are parsed, and the files that rules read themselves before they are compiled.
"""

from __future__ import annotations

import glob
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from policy.operators.table import FROM_FILE
from policy.regular_file import read_regular
from policy.rule_set import Progress, RuleSet, RuleSetFiles, compile_rule_set, read_rules, retuned
from policy.seclang import ast

_ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Footprint:
    """`named`: each pattern and Include, with the files that it meant. `contents`: each file read ▸ SHA-256, hexadecimal."""

    named: tuple[tuple[str, tuple[str, ...]], ...]
    contents: Mapping[str, str]

    def now(self) -> Footprint:
        """The same patterns and files as they are on disk."""
        named = tuple((pattern, _matching(pattern)) for pattern, _ in self.named)
        return Footprint(named, {path: _digest(path) for path in self.contents})


@dataclass(frozen=True, slots=True)
class LoadedRuleSet:
    """A rule set in force, with what it was made from."""

    files: RuleSetFiles
    footprint: Footprint
    rules: RuleSet

    @property
    def digest(self) -> str:
        """Of all that decides how it judges: the files' contents and every setting. Hexadecimal SHA-256."""
        settings = {name: str(value) for name, value in asdict(self.files).items() if name != "exclusions"}
        exclusions = [[one.rule, one.target, one.route, str(one.expires)] for one in self.files.exclusions]
        contents = sorted(self.footprint.contents.items())
        described = json.dumps([settings, exclusions, contents, self.rules.program.digest])
        return hashlib.sha256(described.encode()).hexdigest()


def loaded(
    files: RuleSetFiles,
    *,
    before: LoadedRuleSet | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> LoadedRuleSet:
    """Raises PolicyInvalid with every problem, each with its file and line. `before`: the rule set of this name until now."""
    if before is not None and _compiled_from(before.files) == _compiled_from(files):
        footprint = before.footprint.now()
        if footprint == before.footprint:
            return LoadedRuleSet(files, footprint, retuned(before.rules, files))
    read = read_rules(files)
    footprint = _footprint(files, read)
    rules = compile_rule_set(files, read, cache=cache, progress=progress)
    if before is not None:
        rules = _remembering(rules, before.rules)
    return LoadedRuleSet(files, footprint, rules)


def _compiled_from(files: RuleSetFiles) -> RuleSetFiles:
    """What the program depends on."""
    return replace(files, mode="enforce", exclusions=())


def _remembering(rules: RuleSet, before: RuleSet) -> RuleSet:
    """Counters of addresses and sessions outlive a change of rules, unless their timeout is another."""
    old, new = before.program, rules.program
    if old.settings.collection_timeout_s != new.settings.collection_timeout_s:
        return rules
    return replace(rules, program=replace(new, records=old.records))


def _footprint(files: RuleSetFiles, read: ast.RuleSet) -> Footprint:
    contents = dict(read.contents)
    patterns = tuple((pattern, _matching(pattern)) for pattern in (*files.setup, *files.rules))
    named = tuple((pattern, tuple(path for path in paths if path in contents)) for pattern, paths in patterns)
    contents |= {path: _digest(path) for path in dict.fromkeys(_read_by_rules(read))}
    return Footprint((*named, *read.included), contents)


def _read_by_rules(read: ast.RuleSet) -> Iterator[str]:
    """The files of phrases and addresses that operators name, and the Unicode map."""
    if read.settings.unicode_map is not None:
        yield read.settings.unicode_map.file
    for link in _links(read.rules):
        if link.operator is not None and link.operator.name.lower() in FROM_FILE:
            for name in link.operator.argument.split():
                yield str(Path(link.position.file).parent / name)


def _links(rules: Sequence[ast.Rule]) -> Iterable[ast.Rule]:
    return (link for rule in rules for link in rule.links)


def _matching(pattern: str) -> tuple[str, ...]:
    return tuple(sorted(glob.glob(pattern)))  # noqa: PTH207 - Path.glob takes no absolute patterns


def _digest(path: str) -> str:
    try:
        return hashlib.sha256(read_regular(Path(path))).hexdigest()
    except (OSError, ValueError):  # a ValueError: the name has a NUL in it
        return _ABSENT
