"""What a reload may read, and what of a changed configuration takes a restart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from relay.base.errors import ConfigInvalid, Problem
from relay.settings.load import load_host, load_host_again
from relay.settings.model import HostFile
from relay.settings.rule_reload import cache_fault, differences, readable_again, with_walls_in_mind
from relay.settings.rules import LoadedRules, load_rule_sets
from tests.unit.settings.lab import edit, make
from tests.unit.settings.test_rules import write_rules


@pytest.fixture
def config(tmp_path: Path) -> Path:
    _, lab = make(tmp_path / "lab")
    write_rules(lab.host_file)
    return lab.host_file


def test_rule_sets_do_not_differ_from_rule_sets(config: Path) -> None:
    before = load_host(config)
    edit(config, 'mode = "detect"', 'mode = "off"')
    edit(config, '\nrule_set = "one"', '\nrule_set = "two"')
    edit(config, 'sealing_key = "', 'rule_set = "one"\nsealing_key = "')
    assert differences(before, load_host(config)) == []


def test_what_else_differs_is_named(config: Path) -> None:
    before = load_host(config)
    edit(config, "workers = 1", "workers = 2")
    edit(config, '"127.0.0.1:19464"', '"127.0.0.1:19465"')
    edit(config, 'hosts = ["localhost", "127.0.0.1"]', 'hosts = ["localhost"]')
    config.write_text(config.read_text() + "\n[limits]\nconnections = 1000\n")
    assert differences(before, load_host(config)) == [
        "exporter.listen",
        "front.workers",
        "limits.connections",
        "tenant",
    ]


def test_a_role_in_its_walls_does_not_look_at_what_it_does_not_need(config: Path) -> None:
    before = load_host(config)
    anchor = Path(before.gate[0].anchor)
    anchor.unlink()
    with pytest.raises(ConfigInvalid, match="does not exist"):
        load_host(config)
    assert load_host_again(config) == before
    edit(config, "workers = 1", "workers = 0")
    with pytest.raises(ConfigInvalid, match="workers"):
        load_host_again(config)


def places(config: Path, settings: HostFile, closed: bool, rules: LoadedRules | None = None) -> set[Path]:
    loaded = load_rule_sets(settings) if rules is None else rules
    found = readable_again(config, settings, loaded, lambda _: closed)
    assert len(found) == len(set(found))
    return set(found)


def test_directories_are_readable_where_nothing_secret_is_in_them(config: Path) -> None:
    settings = load_host(config)
    home = config.parent
    assert places(config, settings, closed=False) == {config, home / "rules"}
    assert places(config, settings, closed=True) == {home, home / "rules"}


def test_the_cache_is_readable_where_there_is_one(config: Path) -> None:
    settings = load_host(config)
    assert settings.host.cache_dir is not None
    cache = Path(settings.host.cache_dir)
    cache.mkdir()
    assert cache in places(config, settings, closed=False)
    assert cache_fault(cache) is None
    assert list(cache.iterdir()) == []


def test_a_cache_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    assert isinstance(cache_fault(tmp_path / "none"), FileNotFoundError)


def test_rules_beside_keys_or_log_are_readable_one_by_one(config: Path) -> None:
    settings = load_host(config)
    beside = [Path(settings.host.keys_dir), Path(settings.host.keys_dir).parent, Path(settings.ledger.directory)]
    for directory in beside:
        directory.mkdir(exist_ok=True)
        (directory / "own.conf").write_text("")
        sets = [*settings.rule_set[:1]]
        sets[0] = type(sets[0])(name="one", rules=[f"{directory}/*.conf"])
        changed = type(settings)(
            **{name: getattr(settings, name) for name in settings.__struct_fields__ if name != "rule_set"},
            rule_set=sets,
        )
        assert places(config, changed, closed=False) == {config, directory / "own.conf"}
    assert len(beside) == 3


def test_a_link_leads_to_both_its_places(config: Path, tmp_path: Path) -> None:
    settings = load_host(config)
    elsewhere = tmp_path / "elsewhere/deep"
    elsewhere.mkdir(parents=True)
    rule = config.parent / "rules/one.conf"
    rule.rename(elsewhere / "one.conf")
    rule.symlink_to(elsewhere / "one.conf")
    assert places(config, settings, closed=False) == {config, config.parent / "rules", elsewhere}


def test_files_right_below_the_root_do_not_open_it(config: Path) -> None:
    settings = load_host(config)
    rules = load_rule_sets(settings)
    named = replace(rules.sets["one"].footprint, contents={"/etc/passwd": "", "/none.conf": ""})
    odd = replace(rules, sets={"one": replace(rules.sets["one"], footprint=named)})
    assert Path("/etc/passwd") in places(config, settings, closed=False, rules=odd)
    assert not {Path("/etc"), Path("/")} & places(config, settings, closed=False, rules=odd)


def test_what_is_no_matter_of_the_walls_keeps_its_mend(tmp_path: Path) -> None:
    (tmp_path / "wrong.conf").write_text("SecNonsense On")
    problems = [
        Problem(str(tmp_path / name), 1, "wrong", "mend it") for name in ("wrong.conf", "none.conf", "none/*.conf")
    ]
    assert with_walls_in_mind(problems) == problems
