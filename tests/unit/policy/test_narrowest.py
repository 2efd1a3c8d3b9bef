"""The narrowest exclusion, for each way in which a rule can have matched; and that it does let the same request pass."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from policy.narrowest import DAYS, REASON_TO_FILL_IN, Proposal, Reach, as_toml, expires, narrowest
from policy.rule_set import Exclusion, RuleSetFiles, read_rules
from policy.seclang.ast import Rule
from policy.trial import try_bytes
from tests.unit.policy.rule_sets import rule_set, write_rules

RULES = {
    1: r'SecRule REQUEST_COOKIES|!REQUEST_COOKIES:/__utm/|ARGS_NAMES|ARGS "@rx (?i)union\s+select" "id:1,phase:2,deny,t:none"',
    2: r'SecRule REQUEST_URI "@contains union+select" "id:2,phase:1,deny"',
    3: r'''SecRule TX:anomaly_score "@ge 5" "id:3,phase:2,deny,tag:'anomaly-evaluation'"''',
    4: r'''SecRule REQUEST_METHOD "@streq GET" "id:4,phase:2,deny,chain"
    SecRule ARGS:q "@contains union" "t:none"''',
    5: r'''SecRule ARGS:q "@contains select" "id:5,phase:2,deny,chain"
    SecRule MATCHED_VARS "@contains union" "t:none"''',
    6: r'SecRule &ARGS "@gt 0" "id:6,phase:2,deny"',
    7: r'SecAction "id:7,phase:2,deny"',
    8: r'SecRule ARGS:/^q/ "@contains union" "id:8,phase:2,deny"',
}
REQUEST = b"GET /a?q=union+select HTTP/1.1\nHost: a.example\n\n"
NOW_MS = 1_795_392_000_000  # 2026-11-23 00:00:00 UTC
DAY = date(2026, 11, 23).toordinal()

CASES = [
    (1, "ARGS:q", "ARGS:q", Reach.VALUE),
    (1, "ARGS_NAMES:q", "ARGS_NAMES:q", Reach.VALUE),
    (1, "ARGS", "ARGS", Reach.COLLECTION),
    (1, "REQUEST_COOKIES", "REQUEST_COOKIES", Reach.COLLECTION),
    (1, "REQUEST_HEADERS:user-agent", None, Reach.RULE),
    (1, "", None, Reach.RULE),
    (1, "ARGS:氏名", None, Reach.RULE),
    (2, "REQUEST_URI", "REQUEST_URI", Reach.VARIABLE),
    (3, "TX:anomaly_score", None, Reach.NONE),
    (4, "ARGS:q", None, Reach.RULE),
    (5, "MATCHED_VARS", None, Reach.RULE),
    (6, "ARGS", None, Reach.RULE),
    (7, "", None, Reach.RULE),
    (8, "ARGS:q", "ARGS:q", Reach.VALUE),
    (8, "ARGS", None, Reach.RULE),
]


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Rule]:
    path = write_rules(tmp_path_factory.mktemp("rules"), "\n".join(RULES.values()))
    return {rule.id: rule for rule in read_rules(RuleSetFiles(name="x", rules=(str(path),))).rules}


def test_cases(rules: dict[int, Rule]) -> None:
    assert len(CASES) == 15
    assert {number for number, *_ in CASES} == set(rules) - {99_000}
    for number, target, left_out, reach in CASES:
        assert narrowest(number, target, "memo", rules[number]) == Proposal(number, left_out, "memo", reach), target


def test_a_rule_that_is_there_no_more() -> None:
    assert narrowest(9, "ARGS:q", None, None) == Proposal(9, "ARGS:q", None, Reach.VALUE)
    assert narrowest(9, "TX:anomaly_score", None, None).reach is Reach.NONE
    assert narrowest(9, "", None, None).reach is Reach.RULE


@pytest.mark.parametrize("number", [1, 2, 4, 5, 6, 7, 8])
def test_what_is_proposed_lets_the_same_request_pass(tmp_path: Path, number: int, rules: dict[int, Rule]) -> None:
    trial = try_bytes(rule_set(tmp_path, RULES[number]), REQUEST, None, "memo", DAY)
    assert trial.is_refused
    found = trial.hits[0].fired
    proposal = narrowest(number, found.target.decode(), "memo", rules[number])
    left_out = Exclusion(
        rule=number,
        target=proposal.target,
        route=proposal.route,
        reason="harmless in this field",
        expires=expires(NOW_MS),
    )
    with_it = rule_set(tmp_path, RULES[number], exclusions=(left_out,))
    assert not try_bytes(with_it, REQUEST, None, "memo", DAY).is_refused
    assert try_bytes(with_it, REQUEST, None, "other", DAY).is_refused


def test_the_last_day_is_counted_in_japan() -> None:
    assert expires(NOW_MS) == date.fromordinal(DAY + DAYS)
    midnight_in_japan = NOW_MS - 9 * 3_600_000
    assert expires(midnight_in_japan) == date.fromordinal(DAY + DAYS)
    assert expires(midnight_in_japan - 1) == date.fromordinal(DAY + DAYS - 1)


def test_toml() -> None:
    text = as_toml(Proposal(942100, 'XML://@a"b\\c', "memo", Reach.VALUE), "crs", date(2027, 2, 21))
    assert tomllib.loads(text) == {
        "rule_exclusion": [
            {
                "rule_set": "crs",
                "rule": 942100,
                "target": 'XML://@a"b\\c',
                "route": "memo",
                "reason": REASON_TO_FILL_IN,
                "expires": "2027-02-21",
            }
        ]
    }
    bare = tomllib.loads(as_toml(Proposal(1, None, None, Reach.RULE), "crs", date(2027, 2, 21)))
    assert bare["rule_exclusion"][0].keys() == {"rule_set", "rule", "reason", "expires"}
