"""From the configuration to the rule sets in force. Reads and compiles the files that it names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from policy.problems import PolicyInvalid
from policy.rule_book import RuleChoice
from policy.rule_set import Exclusion, RuleSet, RuleSetFiles, load_rule_set
from relay.base.errors import ConfigInvalid, Problem
from relay.settings.model import HostFile

Progress = Callable[[str, int, int], None]  # rule set, patterns compiled, of how many


def load_rules(settings: HostFile, progress: Progress | None = None) -> RuleChoice:
    """Raises ConfigInvalid with every problem of every rule set."""
    problems: list[Problem] = []
    sets: dict[str, RuleSet] = {}
    for files in rule_set_files(settings):
        try:
            sets[files.name] = load_rule_set(files, cache=_cache(settings), progress=_named(progress, files.name))
        except PolicyInvalid as error:
            problems += [Problem(*problem) for problem in error.problems]
    if problems:
        raise ConfigInvalid(problems)
    by_tenant = {tenant.name: tenant.rule_set for tenant in settings.tenant if tenant.rule_set is not None}
    return RuleChoice(sets, settings.policy.rule_set, by_tenant)


def rule_set_files(settings: HostFile) -> list[RuleSetFiles]:
    """What each [[rule_set]] names, with its exclusions."""
    return [
        RuleSetFiles(
            name=declared.name,
            setup=tuple(declared.setup),
            rules=tuple(declared.rules),
            paranoia_level=declared.paranoia_level,
            inbound_threshold=declared.inbound_threshold,
            outbound_threshold=declared.outbound_threshold,
            mode=declared.mode,
            reading=declared.reading,
            exclusions=tuple(
                Exclusion(
                    rule=one.rule,
                    target=one.target,
                    route=one.route,
                    reason=one.reason,
                    expires=date.fromisoformat(one.expires),
                )
                for one in settings.rule_exclusion
                if one.rule_set == declared.name
            ),
        )
        for declared in settings.rule_set
    ]


def _cache(settings: HostFile) -> Path | None:
    return None if settings.host.cache_dir is None else Path(settings.host.cache_dir)


def _named(progress: Progress | None, name: str) -> Callable[[int, int], None] | None:
    return None if progress is None else lambda done, total: progress(name, done, total)
