"""A rule set as an operator declares it: SecLang files with their settings between them, the mode, and the exclusions.

`load_rule_set` reads and compiles; what it gives is immutable and shared by all requests. The Core Rule Set takes its settings
from TX variables that must be set behind its set-up file and ahead of its rules: that is where `tuning` goes.
"""

from __future__ import annotations

import glob
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

from policy.engine.ctl import compile_ctl
from policy.engine.program import Program, compile_rules
from policy.engine.variables import Effect
from policy.error_log import for_error_log
from policy.problems import PolicyInvalid, Problem
from policy.seclang import ast
from policy.seclang.faults import SecLangInvalid, WordError
from policy.seclang.load import Source, load
from policy.variables.limits import REQUEST_BODY_BYTES_DEFAULT, RESPONSE_BODY_BYTES_DEFAULT

Mode = Literal["enforce", "detect", "off"]
Reading = Literal["strict", "characters"]
Progress = Callable[[int, int], None]

TUNING_RULE_ID = 99_000  # 1 to 99,999 are for local use (ModSecurity reference manual, id)

# What a file may change again: bodies are read, and one over the limit is refused and never cut.
_BASE = f"""
SecRequestBodyAccess On
SecRequestBodyLimit {REQUEST_BODY_BYTES_DEFAULT}
SecRequestBodyLimitAction Reject
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain text/html text/xml application/json
SecResponseBodyLimit {RESPONSE_BODY_BYTES_DEFAULT}
SecResponseBodyLimitAction ProcessPartial
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """A rule that is not to look at a target, on a route, until a day (JST, inclusive). None: every target, every route."""

    rule: int
    target: str | None
    route: str | None
    reason: str
    expires: date

    @property
    def as_ctl(self) -> str:
        return (
            f"ruleRemoveById={self.rule}" if self.target is None else f"ruleRemoveTargetById={self.rule};{self.target}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSetFiles:
    """What to load. `setup` and `rules`: files or globs, in order. A threshold or level of None: as the files say."""

    name: str
    setup: tuple[str, ...] = ()
    rules: tuple[str, ...]
    paranoia_level: int | None = None
    inbound_threshold: int | None = None
    outbound_threshold: int | None = None
    mode: Mode = "enforce"
    reading: Reading = "characters"
    exclusions: tuple[Exclusion, ...] = ()
    lists_noauditlog: bool = False  # where rules are tried out (policy.error_log)


@dataclass(frozen=True, slots=True)
class ActiveExclusion:
    """An exclusion ready to be put into effect on one request."""

    route: str | None
    last_day: int  # proleptic ordinal, JST
    effect: Effect


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Ready to judge. `messages`: rule id ▸ its `msg` as written, with no macro filled in."""

    name: str
    mode: Mode
    program: Program
    messages: Mapping[int, str]
    exclusions: tuple[ActiveExclusion, ...]

    def effects(self, route: str, day: int) -> list[Effect]:
        """What is to be left out on this route today."""
        return [one.effect for one in self.exclusions if one.route in (None, route) and day <= one.last_day]


def load_rule_set(files: RuleSetFiles, *, cache: Path | None = None, progress: Progress | None = None) -> RuleSet:
    """Raises PolicyInvalid with every problem, each with its file and line."""
    return compile_rule_set(files, read_rules(files), cache=cache, progress=progress)


def read_rules(files: RuleSetFiles) -> ast.RuleSet:
    """The rules as they are written, not compiled. Raises PolicyInvalid."""
    problems: list[Problem] = []
    sources = _sources(files, problems)
    if problems:
        raise PolicyInvalid(problems)
    try:
        read = load(sources)
    except SecLangInvalid as invalid:
        raise PolicyInvalid(_problems_of(invalid)) from invalid
    if files.lists_noauditlog:
        read = for_error_log(read)
    return replace(read, settings=_in_mode(read.settings, files.mode))


def compile_rule_set(
    files: RuleSetFiles, read: ast.RuleSet, *, cache: Path | None = None, progress: Progress | None = None
) -> RuleSet:
    """`read`: what `read_rules` gave for the same files. Raises PolicyInvalid."""
    exclusions = _exclusions(files)
    try:
        program = compile_rules(read, reading=files.reading, cache=cache, progress=progress)
    except SecLangInvalid as invalid:
        raise PolicyInvalid(_problems_of(invalid)) from invalid
    return RuleSet(files.name, files.mode, program, _messages(read), exclusions)


def retuned(rules: RuleSet, files: RuleSetFiles) -> RuleSet:
    """The same compiled rules in another mode and with other exclusions; takes no time. Raises PolicyInvalid."""
    program = replace(rules.program, settings=_in_mode(rules.program.settings, files.mode))
    return replace(rules, mode=files.mode, program=program, exclusions=_exclusions(files))


def _in_mode(settings: ast.Settings, mode: Mode) -> ast.Settings:
    """The mode is the operator's word: many files, Debian's recommended one among them, come with SecRuleEngine DetectionOnly."""
    return replace(settings, rule_engine=ast.EngineMode.DETECTION_ONLY if mode == "detect" else ast.EngineMode.ON)


def _exclusions(files: RuleSetFiles) -> tuple[ActiveExclusion, ...]:
    """Raises PolicyInvalid."""
    problems: list[Problem] = []
    exclusions = [_active(files.name, one, problems) for one in files.exclusions]
    if problems:
        raise PolicyInvalid(problems)
    return tuple(one for one in exclusions if one is not None)


def _problems_of(invalid: SecLangInvalid) -> list[Problem]:
    return [Problem(one.position.file, one.position.line, one.message, one.mend) for one in invalid.problems]


def _sources(files: RuleSetFiles, problems: list[Problem]) -> list[Path | Source]:
    return [
        Source("sekisho: defaults", _BASE),
        *_paths(files.name, files.setup, problems),
        Source(f"sekisho: settings of rule set {files.name}", _tuning(files)),
        *_paths(files.name, files.rules, problems),
    ]


def _paths(name: str, patterns: Sequence[str], problems: list[Problem]) -> list[Path]:
    """The files that each pattern names, those of one pattern in the order of their names."""
    found: list[Path] = []
    for pattern in patterns:
        matched = sorted(glob.glob(pattern))  # noqa: PTH207 - Path.glob takes no absolute patterns
        if not matched:
            problems.append(
                Problem(pattern, 0, f"rule set {name}: no such file", "install it, or name the files that are there")
            )
        found += [Path(path) for path in matched]
    return found


def _tuning(files: RuleSetFiles) -> str:
    """Names of CRS 3 and CRS 4; a name that the rules do not know does nothing."""
    wanted: list[tuple[str, int]] = []
    if files.paranoia_level is not None:
        level = files.paranoia_level
        wanted += [
            ("paranoia_level", level),
            ("executing_paranoia_level", level),
            ("blocking_paranoia_level", level),
            ("detection_paranoia_level", level),
        ]
    if files.inbound_threshold is not None:
        wanted.append(("inbound_anomaly_score_threshold", files.inbound_threshold))
    if files.outbound_threshold is not None:
        wanted.append(("outbound_anomaly_score_threshold", files.outbound_threshold))
    if not wanted:
        return ""
    setting = ",".join(f"setvar:tx.{name}={value}" for name, value in wanted)
    return f'SecAction "id:{TUNING_RULE_ID},phase:1,pass,nolog,t:none,{setting}"\n'


def _active(name: str, exclusion: Exclusion, problems: list[Problem]) -> ActiveExclusion | None:
    try:
        effect = compile_ctl(exclusion.as_ctl)
    except WordError as error:
        problems.append(
            Problem(f"rule set {name}", 0, f"exclusion of rule {exclusion.rule}: {error.message}", error.mend)
        )
        return None
    if effect is None:
        return None
    return ActiveExclusion(exclusion.route, exclusion.expires.toordinal(), effect)


def _messages(read: ast.RuleSet) -> dict[int, str]:
    return {rule.id: rule.argument("msg") or "" for rule in read.rules}
