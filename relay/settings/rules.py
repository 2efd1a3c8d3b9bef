"""From the configuration to the rule sets in force. Reads and compiles the files that it names.

They can be changed while a front runs (docs/spec/config.md section 11): `load_rule_sets` takes over from `before` what has not
changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from policy.problems import PolicyInvalid
from policy.rule_book import RuleChoice
from policy.rule_files import LoadedRuleSet, loaded
from policy.rule_set import Exclusion, RuleSetFiles
from relay.base.errors import ConfigInvalid, Problem
from relay.settings.model import HostFile

Progress = Callable[[str, int, int], None]  # rule set, patterns compiled, of how many


@dataclass(frozen=True, slots=True)
class LoadedRules:
    """Every rule set with what it was made from, and which one judges what."""

    sets: Mapping[str, LoadedRuleSet]
    default: str | None
    by_tenant: Mapping[str, str]

    @property
    def choice(self) -> RuleChoice:
        return RuleChoice({name: one.rules for name, one in self.sets.items()}, self.default, self.by_tenant)

    @property
    def digest(self) -> str:
        """Of all that decides how these rules judge. Hexadecimal SHA-256; docs/spec/config.md section 11.4."""
        described = [
            sorted((name, one.digest) for name, one in self.sets.items()),
            self.default,
            sorted(self.by_tenant.items()),
        ]
        return hashlib.sha256(json.dumps(described).encode()).hexdigest()

    def files(self) -> list[Path]:
        """Every file that was read, without those that are not there."""
        named = {path for one in self.sets.values() for path in one.footprint.contents}
        return sorted(path for path in map(Path, named) if path.exists())


def load_rules(settings: HostFile, progress: Progress | None = None) -> RuleChoice:
    """Raises ConfigInvalid with every problem of every rule set."""
    return load_rule_sets(settings, progress=progress).choice


def load_rule_sets(
    settings: HostFile, *, before: LoadedRules | None = None, progress: Progress | None = None
) -> LoadedRules:
    """Raises ConfigInvalid with every problem of every rule set. What `before` has of unchanged files is not compiled again."""
    problems: list[Problem] = []
    sets: dict[str, LoadedRuleSet] = {}
    for files in rule_set_files(settings):
        old = None if before is None else before.sets.get(files.name)
        try:
            sets[files.name] = loaded(files, before=old, cache=_cache(settings), progress=_named(progress, files.name))
        except PolicyInvalid as error:
            problems += [Problem(*problem) for problem in error.problems]
    if problems:
        raise ConfigInvalid(problems)
    by_tenant = {tenant.name: tenant.rule_set for tenant in settings.tenant if tenant.rule_set is not None}
    return LoadedRules(sets, settings.policy.rule_set, by_tenant)


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
            lists_noauditlog=settings.policy.open_routes,
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
