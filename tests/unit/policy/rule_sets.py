"""Small rule sets for tests of what is around the engine."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from policy.rule_set import Exclusion, Mode, RuleSet, RuleSetFiles, load_rule_set

RULES = r"""
SecRule REQUEST_HEADERS:X-Probe "@streq one" "id:101,phase:1,deny,status:403,msg:'Probe %{MATCHED_VAR}',tag:'attack-probe',severity:2"
SecRule ARGS "@rx (?i)union\s+select" "id:102,phase:2,deny,status:403,t:none,msg:'Union',tag:'attack-sqli',severity:2"
SecRule ARGS:memo "@contains suspicious" "id:103,phase:2,pass,msg:'Seen',severity:4"
SecRule REQUEST_BODY "@contains %0A%0A%0A" "id:104,phase:2,deny,msg:'Blank lines'"
SecRule RESPONSE_BODY "@contains Traceback" "id:105,phase:4,deny,msg:'Stack trace'"
SecRule REQUEST_HEADERS:User-Agent|REQUEST_COOKIES|ARGS_NAMES "@contains marked" "id:106,phase:2,deny,msg:'Marked'"
"""


def write_rules(directory: Path, text: str = RULES, name: str = "rules.conf") -> Path:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


def rule_set(
    directory: Path, text: str = RULES, *, mode: Mode = "enforce", exclusions: tuple[Exclusion, ...] = ()
) -> RuleSet:
    path = write_rules(directory, text)
    return load_rule_set(RuleSetFiles(name="small", rules=(str(path),), mode=mode, exclusions=exclusions))


def exclusion(rule: int, target: str | None = None, route: str | None = None, expires: str = "2030-03-31") -> Exclusion:
    return Exclusion(
        rule=rule, target=target, route=route, reason="harmless in this field", expires=date.fromisoformat(expires)
    )
