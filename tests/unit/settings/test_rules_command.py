"""`sekisho policy rules`, as an operator and a script see it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from relay import cli
from tests.ruled import RULES, configuration


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return configuration(tmp_path_factory.mktemp("rules"))


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    return tmp_path / "xdg" / "sekisho"


def run(*arguments: object) -> int:
    return cli.main(["policy", "rules", *map(str, arguments)])


def test_the_rules_of_the_configuration(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--config", config) == 0
    lines = capsys.readouterr().out.splitlines()
    place = f"{config.parent.parent}/ruled/rules.conf"
    assert lines[0].split("\t") == ["101", "1", "critical", "evaluated", f"{place}:1", "attack-generic", "Probe"]
    assert lines[1].split("\t") == ["102", "2", "critical", "scanned", f"{place}:2", "attack-sqli", "Union"]
    assert "small: ルール 5 rules, mode enforce, reading characters" in lines
    assert any(line.split()[:2] == ["3", "scanned"] for line in lines)
    assert any(line.split() == ["1", "attack-sqli"] for line in lines)


def test_files_without_a_configuration(tmp_path: Path, own_cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in (("a.conf", RULES), ("b.conf", 'SecAction "id:7,phase:1,pass,nolog,setvar:tx.a=1"')):
        (tmp_path / name).write_text(text)
    assert run("--rules", tmp_path / "a.conf", tmp_path / "b*.conf", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert [rule["id"] for rule in said["rules"]] == [101, 7, 102, 104, 949, 105]
    assert (said["rule_set"], said["mode"], said["reading"]) == ("files", "enforce", "characters")
    assert said["rules"][1]["form"] == "always"  # a rule before it may have ended the request
    assert said["rules"][0]["severity"] == "critical"
    assert sum(said["forms"].values()) == 6
    assert said["tags"]["attack-sqli"] == 1
    assert list(own_cache.iterdir())  # asking again takes no compiling


def test_a_rule_set_by_its_name(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--config", config, "--rule-set", "small", "--json") == 0
    assert json.loads(capsys.readouterr().out)["rule_set"] == "small"


@pytest.mark.parametrize("as_json", [False, True])
def test_problems_have_their_place_and_what_to_mend(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    broken = tmp_path / "broken.conf"
    broken.write_text('SecRuleEngine On\nSecRule ARGZ "x" "id:1,phase:1"\nSecRule ARGS "@rx (" "id:2,phase:1"\n')
    plain = tmp_path / "plain.toml"
    plain.write_text("[host]\n")
    cases = [
        (("--rules", broken), f"{broken}:2"),
        (("--rules", tmp_path / "absent*.conf"), f"{tmp_path}/absent*.conf"),
        (("--config", plain), f"{plain}:1"),
        (("--config", tmp_path / "absent.toml"), f"{tmp_path}/absent.toml"),
        (("--config", config, "--rule-set", "crs"), str(config)),
        (("--rules", broken, "--rule-set", "crs"), "--rule-set"),
    ]
    assert len(cases) == 6
    for arguments, place in cases:
        assert run(*arguments, *(["--json"] if as_json else [])) == 78
        said = capsys.readouterr()
        if as_json:
            problem = json.loads(said.out)["problems"][0]
            assert place in (problem["path"], f"{problem['path']}:{problem['line']}")
            assert problem["mend"]
        else:
            assert said.err.startswith(f"{place}: error: ")
            assert "\n    mend: " in said.err


def test_which_rule_set_is_meant_when_none_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = configuration(tmp_path)
    text = config.read_text()
    config.write_text(text.replace('rule_set = "small"\n', "", 1))
    assert run("--config", config, "--json") == 0  # the only one
    capsys.readouterr()
    rules = tmp_path / "ruled" / "rules.conf"
    with config.open("a") as file:
        file.write(f'\n[[rule_set]]\nname = "other"\nrules = ["{rules}"]\n')
    assert run("--config", config) == 78
    assert "give --rule-set with one of: small, other" in capsys.readouterr().err
    config.write_text(text.replace('rule_set = "small"\n', "", 1).partition("[[rule_set]]")[0])
    assert run("--config", config) == 78
    assert "no rule set is declared" in capsys.readouterr().err


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("rules", "test", "explain"):
        with pytest.raises(SystemExit) as ended:
            cli.main(["policy", command, "--help"])
        assert ended.value.code == 0
        said = capsys.readouterr().out
        assert "examples:\n  sekisho policy " in said
        assert "exit codes: 0 " in said
