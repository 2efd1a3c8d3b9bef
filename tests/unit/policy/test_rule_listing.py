"""What each rule compiled to, as an operator is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy.rule_listing import Form, ListedRule, list_rules, totals_by_form, totals_by_tag
from policy.rule_set import RuleSetFiles, compile_rule_set, read_rules
from tests.unit.policy.rule_sets import write_rules

RULES = r"""
SecAction "id:1,phase:1,pass,nolog,setvar:tx.level=1"
SecRule TX:level "@lt 1" "id:2,phase:1,deny,msg:'Never'"
SecRule REQUEST_METHOD "!@within GET POST" "id:3,phase:1,deny,msg:'Method',severity:CRITICAL,tag:'attack-protocol'"
SecRule ARGS "@rx union\s+select" "id:4,phase:2,deny,msg:'Union',severity:2,tag:'attack-sqli',tag:'level/1'"
SecRule ARGS "@detectXSS" "id:5,phase:2,deny,tag:'attack-xss',tag:'level/1',tag:'level/1'"
SecRule REMOTE_ADDR "@ipMatch 192.0.2.0/24" "id:6,phase:2,deny,chain"
    SecRule ARGS "@contains x" "t:lowercase"
SecAction "id:7,phase:2,pass,nolog,ctl:ruleRemoveById=4"
SecRule ARGS "@rx four" "id:8,phase:2,pass,nolog,setvar:tx.level=+1"
SecRule TX:level "@ge 2" "id:9,phase:2,deny"
SecAction "id:10,phase:5,nolog,pass,setvar:tx.told=%{tx.level}"
"""
FORMS = {
    1: Form.FOLDED, 2: Form.FOLDED, 3: Form.REMEMBERED, 4: Form.SCANNED, 5: Form.PREFILTERED, 6: Form.EVALUATED, 7: Form.ALWAYS,
    8: Form.SCANNED, 9: Form.REMEMBERED, 10: Form.FOLDED,
}  # fmt: skip


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> list[ListedRule]:
    directory = tmp_path_factory.mktemp("rules")
    files = RuleSetFiles(name="small", rules=(str(write_rules(directory, RULES)),))
    read = read_rules(files)
    return list_rules(read, compile_rule_set(files, read).program)


def test_every_rule_has_its_form(listed: list[ListedRule]) -> None:
    assert {rule.id: rule.form for rule in listed} == FORMS
    assert set(FORMS.values()) == set(Form)


def test_what_is_said_of_a_rule(listed: list[ListedRule]) -> None:
    rules = {rule.id: rule for rule in listed}
    union = rules[4]
    assert (union.phase, union.severity, union.tags, union.message) == (2, 2, ("attack-sqli", "level/1"), "Union")
    assert (Path(union.file).name, union.line, union.links) == ("rules.conf", 5, 1)
    assert (rules[3].severity, rules[7].severity) == (2, 255)
    assert rules[6].links == 2
    assert [rule.id for rule in listed] == list(range(1, 11))


def test_totals(listed: list[ListedRule]) -> None:
    assert totals_by_tag(listed) == {"level/1": 2, "attack-protocol": 1, "attack-sqli": 1, "attack-xss": 1}
    assert list(totals_by_tag(listed)) == ["level/1", "attack-protocol", "attack-sqli", "attack-xss"]
    assert totals_by_form(listed) == dict.fromkeys(Form, 1) | {Form.FOLDED: 3, Form.REMEMBERED: 2, Form.SCANNED: 2}
