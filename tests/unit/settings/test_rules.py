"""From the configuration to rule sets: what is taken over, what their digest depends on."""

from __future__ import annotations

from pathlib import Path

import pytest

from relay.base.errors import ConfigInvalid
from relay.settings.load import load_host
from relay.settings.model import HostFile
from relay.settings.rules import load_rule_sets, load_rules
from tests.unit.settings.lab import edit, make

RULE = 'SecRule ARGS:memo "@contains x" "id:{id},phase:2,deny"\n'
SETS = """
[[rule_set]]
name = "one"
rules = ["rules/one.conf"]

[[rule_set]]
name = "two"
rules = ["rules/two.conf"]
mode = "detect"

[[rule_exclusion]]
rule_set = "two"
rule = 2
reason = "harmless in this field"
expires = "2030-03-31"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    _, lab = make(tmp_path / "lab")
    write_rules(lab.host_file)
    return lab.host_file


def write_rules(config: Path) -> None:
    rules = config.parent / "rules"
    rules.mkdir()
    for number, name in enumerate(("one", "two"), 1):
        (rules / f"{name}.conf").write_text(RULE.format(id=number))
    config.write_text(config.read_text() + SETS)
    edit(config, "open_routes = false", 'open_routes = false\nrule_set = "one"')


def settings_with(config: Path, old: str, new: str) -> HostFile:
    edit(config, old, new)
    return load_host(config)


def test_what_the_configuration_names_is_loaded(config: Path) -> None:
    choice = load_rules(load_host(config))
    assert {name: (one.mode, len(one.exclusions)) for name, one in choice.sets.items()} == {
        "one": ("enforce", 0),
        "two": ("detect", 1),
    }
    assert (choice.default, choice.by_tenant) == ("one", {})


def test_only_what_has_changed_is_compiled(config: Path) -> None:
    first = load_rule_sets(load_host(config))
    (config.parent / "rules/two.conf").write_text(RULE.format(id=3))
    again = load_rule_sets(load_host(config), before=first)
    kept = {name: again.sets[name].rules.program.phases is first.sets[name].rules.program.phases for name in first.sets}
    assert kept == {"one": True, "two": False}


def test_the_digest_is_that_of_all_that_decides(config: Path) -> None:
    digests = [load_rule_sets(load_host(config)).digest]
    for old, new in (
        ('mode = "detect"', 'mode = "off"'),
        ("rule = 2\n", "rule = 2\ntarget = 'ARGS:memo'\n"),
        ('\nrule_set = "one"', '\nrule_set = "two"'),
        ('sealing_key = "', 'rule_set = "one"\nsealing_key = "'),
        ('expires = "2030-03-31"', 'expires = "2030-04-30"'),
    ):
        digests.append(load_rule_sets(settings_with(config, old, new)).digest)
    (config.parent / "rules/one.conf").write_text(RULE.format(id=3))
    digests.append(load_rule_sets(load_host(config)).digest)
    assert len(set(digests)) == len(digests) == 7
    assert load_rule_sets(load_host(config)).digest == digests[-1]


def test_problems_of_all_rule_sets_are_told_together(config: Path) -> None:
    for name in ("one", "two"):
        (config.parent / f"rules/{name}.conf").write_text("SecNonsense 1\n")
    with pytest.raises(ConfigInvalid) as caught:
        load_rules(load_host(config))
    assert [(Path(one.path).name, one.line) for one in caught.value.problems] == [("one.conf", 1), ("two.conf", 1)]


def test_the_files_that_were_read(config: Path) -> None:
    rules = load_rule_sets(load_host(config))
    assert rules.files() == [config.parent / "rules/one.conf", config.parent / "rules/two.conf"]
