"""Where rules are tried out, those with `noauditlog` are listed too, and nothing else about them changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from policy.engine.evaluate import Run
from policy.rule_set import RuleSetFiles, load_rule_set
from policy.variables.facts import RequestFacts
from policy.variables.transaction import Transaction
from tests.unit.policy.rule_sets import write_rules

RULES = """
SecAction "id:1,phase:1,pass,log,noauditlog,msg:'Sum'"
SecAction "id:2,phase:1,pass,nolog,noauditlog"
SecMarker END
SecAction "id:3,phase:1,deny,status:409,log"
"""


@pytest.mark.parametrize(("lists_noauditlog", "listed"), [(False, [3]), (True, [1, 3])])
def test_what_is_listed(tmp_path: Path, lists_noauditlog: bool, listed: list[int]) -> None:
    files = RuleSetFiles(name="small", rules=(str(write_rules(tmp_path, RULES)),))
    program = load_rule_set(replace(files, lists_noauditlog=lists_noauditlog)).program
    run = Run(program, Transaction(RequestFacts(method=b"GET", uri=b"/"), program.options))
    decision = run.phase(1)
    assert decision is not None and decision.status == 409
    assert [fired.id for fired in run.fired] == listed
