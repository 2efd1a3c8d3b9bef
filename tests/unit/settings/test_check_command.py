"""`sekisho check` as an operator and as a script sees it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from relay.settings import check_command
from relay.settings.pki import LabConfig, Pki
from tests.unit.settings.lab import make


@pytest.fixture
def lab(tmp_path: Path) -> tuple[Pki, LabConfig]:
    return make(tmp_path)


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser(prog="sekisho")
    check_command.add_parser(parser.add_subparsers())
    chosen = parser.parse_args(["check", *arguments])
    code: int = chosen.run(chosen)
    return code


def test_every_setting_is_shown_with_its_place(lab: tuple[Pki, LabConfig], capsys: pytest.CaptureFixture[str]) -> None:
    _, config = lab
    assert run("--config", str(config.host_file)) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert 'tls_min_version = "1.3"  # default' in lines
    assert 'listen          = ["127.0.0.1:18443"]  # sekisho.toml:10' in lines
    assert "jsonl       = " in said.out
    assert "interface       = (none)  # default" in lines
    assert sum(line.startswith("[") for line in lines) == 10
    assert sum("  # " in line for line in lines) > 80
    assert lines[-1] == f"ok: {config.host_file}, 0 warnings"
    assert said.err == ""


def test_a_gate_is_checked_by_its_own_file(lab: tuple[Pki, LabConfig], capsys: pytest.CaptureFixture[str]) -> None:
    _, config = lab
    assert run("--gate", str(config.gate_files[0]), "--quiet") == 0
    assert capsys.readouterr().out == f"\nok: {config.gate_files[0]}, 0 warnings\n"


def test_problems_have_their_place_and_what_to_mend(
    lab: tuple[Pki, LabConfig], capsys: pytest.CaptureFixture[str]
) -> None:
    pki, config = lab
    (pki.relay_directory / "keys" / "permit").chmod(0o644)
    assert run("--config", str(config.host_file), "--quiet") == 78
    said = capsys.readouterr()
    assert said.out == ""
    key = pki.relay_directory / "keys" / "permit"
    assert said.err.splitlines() == [
        f"{config.host_file}:13: error: [egress] permit_key: {key}: the key has mode 0644",
        "    mend: chmod 0400",
        f"{config.host_file}:17: error: [ledger] permit_key: {key}: the key has mode 0644",
        "    mend: chmod 0400",
    ]
    assert run("--config", str(config.host_file), "--quiet", "--without-keys") == 0


def test_json_holds_settings_sources_problems_and_warnings(
    lab: tuple[Pki, LabConfig], capsys: pytest.CaptureFixture[str]
) -> None:
    pki, config = lab
    (pki.relay_directory / "keys" / "city-a").unlink()
    assert run("--config", str(config.host_file), "--json") == 78
    said = json.loads(capsys.readouterr().out)
    assert said["settings"]["front"]["workers"] == 1
    assert said["sources"]["front"]["workers"] == "sekisho.toml:11"
    assert said["sources"]["limits"]["fields"] == "default"
    assert said["sources"]["gate"][0]["name"] == "sekisho.toml:26"
    assert [problem["line"] for problem in said["problems"]] == [39]
    assert set(said["problems"][0]) == {"path", "line", "message", "mend"}
    assert said["warnings"] == []


def test_json_of_a_file_that_cannot_be_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run("--config", str(tmp_path / "none.toml"), "--json") == 78
    said = json.loads(capsys.readouterr().out)
    assert said["settings"] is None
    assert len(said["problems"]) == 1


def test_warnings_alone_do_not_fail(lab: tuple[Pki, LabConfig], capsys: pytest.CaptureFixture[str]) -> None:
    _, config = lab
    text = config.host_file.read_text()
    config.host_file.write_text("".join(line for line in text.splitlines(True) if not line.startswith("crl = ")))
    assert run("--config", str(config.host_file), "--quiet") == 0
    said = capsys.readouterr()
    assert ": warning: [[gate]] 1: has no `crl`" in said.err
    assert said.out.endswith(", 1 warnings\n")


def test_help_shows_examples_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run("--help")
    assert left.value.code == 0
    said = capsys.readouterr().out
    assert "examples:" in said
    assert "exit codes: 0 nothing wrong" in said


@pytest.mark.parametrize("wrong", [["--config", "a", "--gate", "b"], ["--no-such-option"], ["extra"]])
def test_wrong_usage_is_2(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        run(*wrong)
    assert left.value.code == 2
    assert "usage: " in capsys.readouterr().err
