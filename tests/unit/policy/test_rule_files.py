"""A rule set whose files have not changed keeps its program; whatever it was made from is noticed when it changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from policy.engine.evaluate import Run
from policy.problems import PolicyInvalid
from policy.rule_files import LoadedRuleSet, loaded
from policy.rule_set import RuleSetFiles
from policy.seclang.ast import EngineMode
from policy.variables.facts import RequestFacts
from policy.variables.transaction import Transaction
from tests.unit.policy.rule_sets import exclusion, write_rules

RULES = """
Include more/*.conf
IncludeOptional later.conf
SecRule ARGS "@pmFromFile words.data more.data" "id:201,phase:2,deny"
SecRule REMOTE_ADDR "@ipMatchFromFile sources.data" "id:202,phase:1,deny"
SecAction "id:203,phase:1,pass,nolog,initcol:ip=%{REMOTE_ADDR},setvar:ip.seen=+1"
"""


@pytest.fixture
def files(tmp_path: Path) -> RuleSetFiles:
    (tmp_path / "more").mkdir()
    write_rules(tmp_path, RULES)
    write_rules(tmp_path, 'SecAction "id:301,phase:1,pass,nolog"', "more/10.conf")
    for name, text in (("words.data", "union"), ("more.data", "select"), ("sources.data", "192.0.2.1")):
        write_rules(tmp_path, text + "\n", name)
    setup = write_rules(tmp_path, 'SecAction "id:101,phase:1,pass,nolog,setvar:tx.own=1"', "setup.conf")
    return RuleSetFiles(name="x", setup=(str(setup),), rules=(f"{tmp_path}/*rules.conf",))


def mode_of(one: LoadedRuleSet) -> EngineMode:
    return one.rules.program.settings.rule_engine


def test_what_has_not_changed_is_not_compiled_again(files: RuleSetFiles) -> None:
    first = loaded(files)
    again = loaded(files, before=first)
    assert again.rules.program.phases is first.rules.program.phases
    assert again == replace(first, rules=again.rules) and again.digest == first.digest


def test_mode_and_exclusions_hold_without_compiling(files: RuleSetFiles) -> None:
    first = loaded(files)
    digests = {first.digest}
    for mode, engine in (("detect", EngineMode.DETECTION_ONLY), ("off", EngineMode.ON), ("enforce", EngineMode.ON)):
        changed = replace(files, mode=mode, exclusions=(exclusion(201, "ARGS:memo"),))  # type: ignore[arg-type]  # a Mode
        one = loaded(changed, before=first)
        assert one.rules.program.phases is first.rules.program.phases
        assert (one.rules.mode, mode_of(one), len(one.rules.exclusions)) == (mode, engine, 1)
        fresh = loaded(changed)
        assert (fresh.rules.mode, mode_of(fresh), fresh.digest) == (mode, engine, one.digest)
        digests.add(one.digest)
    assert len(digests) == 4
    back = loaded(files, before=one)
    assert (back.rules.mode, mode_of(back), back.rules.exclusions, back.digest) == (
        "enforce",
        EngineMode.ON,
        (),
        first.digest,
    )


CHANGES: list[tuple[str, Callable[[Path], object]]] = [
    ("a rule file", lambda home: write_rules(home, RULES + "\n# seen\n")),
    ("the set-up file", lambda home: write_rules(home, "", "setup.conf")),
    ("another file that the pattern names", lambda home: write_rules(home, "", "other-rules.conf")),
    ("an included file", lambda home: write_rules(home, "", "more/10.conf")),
    ("another file that an Include names", lambda home: write_rules(home, "", "more/20.conf")),
    ("an included file that is gone", lambda home: (home / "more/10.conf").unlink()),
    ("a file that was optional", lambda home: write_rules(home, "", "later.conf")),
    ("a list of words", lambda home: write_rules(home, "insert\n", "words.data")),
    ("the second list of words", lambda home: write_rules(home, "insert\n", "more.data")),
    ("a list of addresses", lambda home: write_rules(home, "192.0.2.2\n", "sources.data")),
]  # fmt: skip


def test_there_are_ten_changes() -> None:
    assert len(CHANGES) == 10


@pytest.mark.parametrize(("what", "change"), CHANGES, ids=[name for name, _ in CHANGES])
def test_what_a_rule_set_was_made_from_is_noticed(
    files: RuleSetFiles, tmp_path: Path, what: str, change: Callable[[Path], object]
) -> None:
    if what == "an included file that is gone":
        write_rules(tmp_path, "", "more/20.conf")
    first = loaded(files)
    change(tmp_path)
    again = loaded(files, before=first)
    assert again.rules.program.phases is not first.rules.program.phases
    assert again.digest != first.digest


@pytest.mark.parametrize(
    "changed", [{"paranoia_level": 2}, {"inbound_threshold": 9}, {"reading": "strict"}, {"setup": ()}]
)
def test_a_setting_that_the_program_depends_on(files: RuleSetFiles, changed: dict[str, object]) -> None:
    first = loaded(files)
    again = loaded(replace(files, **changed), before=first)  # type: ignore[arg-type]  # fields of RuleSetFiles
    assert again.rules.program.phases is not first.rules.program.phases
    assert again.digest != first.digest


def test_broken_rules_and_wrong_exclusions_are_problems(files: RuleSetFiles, tmp_path: Path) -> None:
    first = loaded(files)
    with pytest.raises(PolicyInvalid, match="exclusion of rule 201"):
        loaded(replace(files, exclusions=(exclusion(201, "NONSENSE:x"),)), before=first)
    write_rules(tmp_path, 'SecRule ARGS "@rx (" "id:1,phase:2,deny"', "more/10.conf")
    with pytest.raises(PolicyInvalid) as caught:
        loaded(files, before=first)
    (problem,) = caught.value.problems
    assert (problem.path, problem.line) == (f"{tmp_path}/more/10.conf", 1)


def test_counters_of_addresses_outlive_a_change(files: RuleSetFiles, tmp_path: Path) -> None:
    first = loaded(files)
    Run(first.rules.program, Transaction(RequestFacts(method=b"GET", uri=b"/"))).phase(1)
    assert first.rules.program.records.count("IP") == 1
    write_rules(tmp_path, RULES + "\n# seen\n")
    assert loaded(files, before=first).rules.program.records is first.rules.program.records
    write_rules(tmp_path, RULES + "\nSecCollectionTimeout 60\n")
    assert loaded(files, before=first).rules.program.records.count("IP") == 0
