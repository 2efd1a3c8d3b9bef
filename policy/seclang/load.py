"""Files and texts to a RuleSet, in the order given. What is wrong is collected and raised together.

This is the only module of the package that reads files. Names after Include are relative to the file that includes; wildcards
are taken in order of names. A file that is included twice is read twice, as in ModSecurity 3, where duplicate ids then tell.
"""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from policy.regular_file import read_regular
from policy.seclang import exclusions, updates
from policy.seclang import settings as setting
from policy.seclang.action_list import parse_actions
from policy.seclang.ast import PHASES, Marker, Note, Position, Rule, RuleSet, Settings, UnicodeMap, raw
from policy.seclang.directive_words import DIRECTIVES
from policy.seclang.drafts import Defaults, Draft, defaults_of, finish
from policy.seclang.faults import Problem, SecLangError, SecLangInvalid, WordError
from policy.seclang.lexer import Directive, directives
from policy.seclang.rule_reader import RuleReader
from policy.seclang.word import Shape, Status, like

MAX_INCLUDE_DEPTH = 16
"""Files inside files. A chain of Includes longer than this is taken for a circle. Ours; ModSecurity 3 has no bound."""


@dataclass(frozen=True, slots=True)
class Source:
    """Rules that stand in no file. `name` is what positions call it; relative Includes start at the folder it names."""

    name: str
    text: str


def load(files: Sequence[Path | Source]) -> RuleSet:
    """Raises SecLangInvalid with every problem in every file."""
    loader = _Loader()
    for file in files:
        if isinstance(file, Source):
            loader.text(file.name, file.text, depth=0)
        else:
            loader.file(Position(str(file), 0), file, depth=0)
    return loader.finish()


class _Loader:
    def __init__(self) -> None:
        self._problems: list[Problem] = []
        self._settings = Settings()
        self._defaults: dict[int, Defaults] = {}
        self._updates: list[updates.Update] = []
        self._rules = RuleReader()
        self._files: list[str] = []
        self._contents: dict[str, str] = {}
        self._included: list[tuple[str, tuple[str, ...]]] = []
        self._digest = hashlib.sha256()

    def file(self, named_at: Position, path: Path, depth: int) -> None:
        try:
            content = read_regular(path)
        except (OSError, ValueError) as error:  # a ValueError: the name has a NUL in it
            reason = error.strerror if isinstance(error, OSError) else error
            self._problems.append(
                Problem(named_at, f"{path} cannot be read: {reason}", "check the name and who may read it")
            )
        else:
            self._contents[str(path)] = hashlib.sha256(content).hexdigest()
            self.text(str(path), content.decode("utf-8", "surrogateescape"), depth)

    def text(self, name: str, text: str, depth: int) -> None:
        self._files.append(name)
        for part in (raw(name), raw(text)):
            self._digest.update(len(part).to_bytes(8, "big") + part)
        for directive in directives(text, name):
            if isinstance(directive, Problem):
                self._problems.append(directive)
                continue
            try:
                self._directive(directive, depth)
            except WordError as error:
                self._problems.append(Problem(directive.position, error.message, error.mend))
            except SecLangError as error:
                self._problems.append(error.problem)
        try:
            self._rules.end_of_file()
        except SecLangError as error:
            self._problems.append(error.problem)

    def _directive(self, directive: Directive, depth: int) -> None:
        key, arguments = directive.key, [argument.text for argument in directive.arguments]
        word = DIRECTIVES.get(key)
        if word is None:
            raise WordError(f"there is no directive {directive.name}", like(directive.name, DIRECTIVES))
        if word.status is Status.REFUSED:
            raise WordError(f"{word.name} is refused: {word.note}", "take the directive out")
        if not arguments and word.shape is Shape.REQUIRED:
            raise WordError(f"{word.name} has no argument", f"write {word.name} and what it is to be, or take it out")
        if key in ("secrule", "secaction"):
            self._rules.rule(directive)
        else:
            self._rules.no_rule(directive)
            self._other(key, directive, arguments, depth)

    def _other(self, key: str, directive: Directive, arguments: list[str], depth: int) -> None:
        position = directive.position
        if key in setting.KEYS:
            self._settings = setting.with_directive(self._settings, key, arguments)
            unicode_map = self._settings.unicode_map
            if key == "secunicodemapfile" and unicode_map is not None:
                self._settings = replace(self._settings, unicode_map=_beside(unicode_map, position))
        elif key in updates.KEYS:
            self._updates.append(updates.read_update(position, directive.name, arguments))
        elif key == "secdefaultaction":
            self._default_action(position, arguments)
        elif key in ("include", "includeoptional"):
            self._include(position, arguments, optional=key == "includeoptional", depth=depth)
        elif key == "secmarker":
            self._rules.marker(position, arguments)
        else:
            self._settings = setting.without_effect(self._settings, DIRECTIVES[key].name)

    def _default_action(self, position: Position, arguments: list[str]) -> None:
        if len(arguments) != 1:
            raise WordError("one list of actions is expected", 'write SecDefaultAction "phase:2,pass,log"')
        given = defaults_of(position, parse_actions(arguments[0]))
        before = self._defaults.setdefault(given.phase, given)
        if before is not given:
            raise WordError(
                f"phase {given.phase} has its SecDefaultAction at {before.position}", "keep one for each phase"
            )

    def _include(self, position: Position, arguments: list[str], *, optional: bool, depth: int) -> None:
        if len(arguments) != 1:
            raise WordError("one file name is expected", "put quotation marks around a name with blanks")
        if depth >= MAX_INCLUDE_DEPTH:
            raise WordError(f"files include each other more than {MAX_INCLUDE_DEPTH} deep", "look for a circle")
        pattern = str(Path(position.file).parent / arguments[0])
        paths = _included(pattern, optional=optional)
        if not paths and not optional:
            raise WordError(f"no file is called {pattern}", "check the name, or write IncludeOptional")
        self._included.append((pattern, tuple(str(path) for path in paths)))
        for path in paths:
            self.file(position, path, depth + 1)

    def finish(self) -> RuleSet:
        drafts, notes = updates.apply(self._updates, self._rules.drafts)
        self._problems.extend(self._rules.duplicates())
        if self._problems:
            raise SecLangInvalid(self._problems)
        rules = {id(draft): finish(draft, self._defaults) for draft in drafts}
        phases: dict[int, list[Rule | Marker]] = {phase: [] for phase in PHASES}
        for entry in self._rules.entries:
            if isinstance(entry, Draft):
                rule = rules.get(id(entry))
                if rule is not None:
                    phases[rule.phase].append(rule)
            else:
                for phase in PHASES:
                    phases[phase].append(entry)
        return RuleSet(
            settings=self._settings,
            phases=MappingProxyType({phase: tuple(rules) for phase, rules in phases.items()}),
            files=tuple(self._files),
            digest=self._digest.hexdigest(),
            notes=(*self._rules.notes, *notes, *exclusions.in_vain(list(rules.values())), *_skips_to_nowhere(phases)),
            contents=MappingProxyType(self._contents),
            included=tuple(self._included),
        )


def _included(pattern: str, *, optional: bool) -> list[Path]:
    """The files that a name means, in order; one without wildcards is taken to exist, unless it is optional."""
    if glob.has_magic(pattern):
        return [Path(name) for name in sorted(glob.glob(pattern))]  # noqa: PTH207 - Path.glob takes no absolute patterns
    return [] if optional and not glob.glob(pattern) else [Path(pattern)]  # noqa: PTH207 - as above


def _skips_to_nowhere(phases: Mapping[int, Sequence[Rule | Marker]]) -> list[Note]:
    notes = []
    for entries in phases.values():
        ahead: set[str] = set()
        for entry in reversed(entries):
            if isinstance(entry, Marker):
                ahead.add(entry.name)
            elif (name := entry.argument("skipafter")) is not None and name not in ahead:
                message = f"rule {entry.id} skips to {name}, which does not follow in its phase: nothing after it is run there"
                notes.append(Note(entry.position, message))
    return notes


def _beside(unicode_map: UnicodeMap, position: Position) -> UnicodeMap:
    """The map as a file that is there, relative to the file that names it. Raises WordError."""
    path = Path(position.file).parent / unicode_map.file
    if not path.is_file():
        raise WordError(f"there is no file {path}", "check the name")
    return replace(unicode_map, file=str(path))
