"""A rule set ready to run: immutable, shared by all exchanges.

`compile_rules` is the way to make one. Every mistake that only shows here (a pattern, a file of phrases, a macro) is collected, so
that an operator mends all of them at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from policy.engine.folding import fold, marker_places
from policy.engine.idle import IdleRules
from policy.engine.later import foresee, later_links
from policy.engine.narrow import NarrowRules
from policy.engine.records import Records
from policy.engine.rule import Rule
from policy.engine.scanplan import make_plan
from policy.engine.sieve import Sieve, make_sieve, steps_of
from policy.engine.unread import unread
from policy.seclang import ast
from policy.seclang.faults import Problem, SecLangInvalid
from policy.transformations.code_points import UnicodeMap, UnicodeMapInvalid, parse_unicode_map
from policy.variables.facts import Options

Reading = Literal["strict", "characters"]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Phase:
    """The rules of one phase in order. `markers`: name ▸ the ordinals of the first rule behind each marker of that name.

    Where rules were folded away their ordinals are missing. `total` counts all rules as written.
    """

    rules: tuple[Rule, ...]
    markers: Mapping[str, tuple[int, ...]]
    total: int
    sieve: Sieve
    narrow: NarrowRules
    idle: IdleRules
    unsifted: tuple[int, ...]
    """Places in `rules` of those that none of these three answers for, and that have an effect."""

    def behind(self, marker: str, ordinal: int) -> int | None:
        """The ordinal behind the next marker of this name at or after `ordinal`; None if there is none."""
        return next((place for place in self.markers.get(marker, ()) if place >= ordinal), None)


@dataclass(frozen=True, slots=True)
class Program:
    """`tx`: what TX holds before the first rule, `tx_names` spellings of its names that are not lower case.

    `records` is the one thing in it that changes: the persistent collections.
    """

    settings: ast.Settings
    reading: Reading
    phases: Mapping[int, Phase]
    options: Options
    tx: Mapping[bytes, bytes]
    records: Records
    digest: str
    tx_names: Mapping[bytes, bytes]


def compile_rules(
    ruleset: ast.RuleSet,
    *,
    reading: Reading = "characters",
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Program:
    """Raises SecLangInvalid with everything that is wrong. `cache`: a directory for compiled patterns.

    `progress` is called with (done, total), over all databases together.
    """
    settings = ruleset.settings
    folded = fold(ruleset.phases, _unicode_map(settings))
    if folded.problems:
        raise SecLangInvalid(folded.problems)
    characters = reading == "characters"
    compiled = {number: tuple([one.compiled for one in folded.phases[number]]) for number in ruleset.phases}
    plans = {number: make_plan(rules, characters=characters) for number, rules in compiled.items()}
    later = later_links([rule for rules in compiled.values() for rule in rules])
    steps = sum([steps_of(plan) for plan in plans.values()]) + (len(later) + 1 if later else 0)
    told = None if progress is None else _in_all(progress, steps)
    foresee(later, characters=characters, cache=cache, progress=told)
    phases = {}
    for number, rules in compiled.items():
        sieve = make_sieve(plans[number], characters=characters, cache=cache, progress=told)
        markers, total = marker_places(ruleset.phases[number])
        idle = IdleRules(folded.phases[number], folded.tx, characters=characters)
        answered = sieve.rules | idle.rules
        narrow = NarrowRules(rules, answered, characters=characters)
        answered |= narrow.rules | unread(number, folded.phases[number])
        unsifted = tuple(place for place in range(len(rules)) if place not in answered)
        phases[number] = Phase(rules, markers, total, sieve, narrow, idle, unsifted)
    return Program(
        settings,
        reading,
        phases,
        options_of(settings, strict=reading == "strict"),
        folded.tx,
        Records(settings.collection_timeout_s),
        ruleset.digest,
        folded.tx_names,
    )


def _in_all(progress: Progress, total: int) -> Progress:
    """For each of several databases in turn: tells of them as of one."""
    before = 0

    def tell(done: int, of: int) -> None:
        nonlocal before
        progress(before + done, total)
        if done == of:
            before += of

    return tell


def _unicode_map(settings: ast.Settings) -> UnicodeMap | None:
    """Raises SecLangInvalid."""
    named = settings.unicode_map
    if named is None:
        return None
    try:
        return parse_unicode_map(Path(named.file).read_text(encoding="utf-8"), named.code_page)
    except (OSError, UnicodeDecodeError, UnicodeMapInvalid) as error:
        mend = "name a unicode.mapping file and a code page that is in it, or take SecUnicodeMapFile out"
        raise SecLangInvalid([Problem(ast.Position(named.file, 0), f"no Unicode map: {error}", mend)]) from error


def options_of(settings: ast.Settings, *, strict: bool = False) -> Options:
    """What the directives say about reading bodies; 0 means no limit there."""
    return Options(
        strict=strict,
        argument_separator=ast.raw(settings.argument_separator),
        arguments_limit=settings.arguments_limit or None,
        request_body_limit=settings.request_body_limit or _UNLIMITED,
        request_body_partial=settings.request_body_limit_action is ast.LimitAction.PROCESS_PARTIAL,
        request_body_no_files_limit=settings.request_body_no_files_limit or None,
        json_depth_limit=settings.request_body_json_depth,
        upload_file_limit=settings.upload_file_limit,
        upload_extract=settings.upload_extract,
        xml_into_args=settings.parse_xml_into_args.value.lower(),
        response_body_limit=settings.response_body_limit or _UNLIMITED,
        response_body_partial=settings.response_body_limit_action is ast.LimitAction.PROCESS_PARTIAL,
    )


_UNLIMITED: Final = 2**63 - 1  # bytes; more than any message that this process can hold
