"""What a record may hold of a policy's findings and names: the strictness of `relay.tree.record`, met ahead instead of by a failure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

from relay.tree.record import (
    FINDING_DETAIL_PATTERN,
    FINDINGS_MAX,
    MESSAGE_CHARS,
    TAG_PATTERN,
    TAGS_MAX,
    TARGET_PATTERN,
    Finding,
    RuleMatch,
)


class _RuleLike(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def phase(self) -> int: ...
    @property
    def message(self) -> str: ...
    @property
    def tags(self) -> tuple[str, ...]: ...
    @property
    def severity(self) -> int: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def exhausted(self) -> bool: ...


class _FindingLike(Protocol):
    @property
    def stage(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def detail(self) -> str: ...
    @property
    def rule(self) -> _RuleLike | None: ...


_DETAIL_ALLOWED = re.compile(FINDING_DETAIL_PATTERN)
_TARGET_ALLOWED = re.compile(TARGET_PATTERN)
_MESSAGE_LEFT_OUT = re.compile(r"[0-9]{10,}|[^ !#-\[\]-~]+")
_TAG_ALLOWED = re.compile(TAG_PATTERN)


def bounded_target(name: str) -> str:
    """What a record may hold of a declared name: nothing where its type does not allow it."""
    return name if _TARGET_ALLOWED.match(name) else ""


def bounded_findings(findings: Iterable[_FindingLike]) -> tuple[Finding, ...]:
    """What a record may hold of a policy's findings: a target or detail that its type does not allow becomes empty.

    At most FINDINGS_MAX; when there are more, each rule stands there once before any does twice, and the last one says how
    many were left out.
    """
    every = list(findings)
    kept = every if len(every) <= FINDINGS_MAX else _most_telling(every)
    bounded = [
        Finding(
            str(finding.stage),
            str(finding.code),
            bounded_target(finding.target),
            finding.detail if _DETAIL_ALLOWED.match(finding.detail) else "",
            None if finding.rule is None else _bounded_rule(finding.rule),
        )
        for finding in kept
    ]
    if len(kept) < len(every):
        bounded.append(Finding("record", "findings_left_out", "", str(len(every) - len(kept))))
    return tuple(bounded)


def _most_telling(every: list[_FindingLike]) -> list[_FindingLike]:
    """As many as leave room for the word about the rest, in their order."""
    seen: set[int] = set()
    firsts: list[int] = []
    repeats: list[int] = []
    for place, finding in enumerate(every):
        is_repeat = finding.rule is not None and finding.rule.id in seen
        (repeats if is_repeat else firsts).append(place)
        if finding.rule is not None:
            seen.add(finding.rule.id)
    return [every[place] for place in sorted((firsts + repeats)[: FINDINGS_MAX - 1])]


def _bounded_rule(rule: _RuleLike) -> RuleMatch:
    return RuleMatch(
        rule.id,
        rule.phase,
        _MESSAGE_LEFT_OUT.sub("?", rule.message[:MESSAGE_CHARS]),
        tuple([tag for tag in rule.tags if _TAG_ALLOWED.match(tag)][:TAGS_MAX]),
        rule.severity,
        rule.start,
        rule.end,
        rule.exhausted,
    )
