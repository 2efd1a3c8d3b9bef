import argparse
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from policy.__main__ import main
from policy.commands import EXIT_INVALID, EXIT_OK, add_parser


def test_check_says_what_is_wrong(
    write: Callable[..., Path], procedure: str, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = write(procedure.replace("repeat = 2", "repeat = 0"))
    assert main(["check", str(directory)]) == EXIT_INVALID
    out = capsys.readouterr().out
    assert f"{directory}/00.toml:31: repeat is 0" in out
    assert "mend: write how many values" in out
    assert out.endswith("1 problem\n")


def test_check_of_the_installed_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == EXIT_OK
    assert "34 routes, no problem" in capsys.readouterr().out
    assert main(["check", "--json"]) == EXIT_OK
    assert json.loads(capsys.readouterr().out) == {"routes": 34, "problems": []}


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == EXIT_OK
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 34
    assert "居宅サービス計画作成依頼（変更）届" in lines[7]
    assert main(["list", "--json"]) == EXIT_OK
    routes = {route["id"]: route for route in json.loads(capsys.readouterr().out)}
    assert routes["care-plan-notice"]["procedure"]["number"] == 8
    assert len(routes["care-plan-notice"]["fields"]) == 24
    assert routes["status"]["procedure"] is None


def test_list_of_a_broken_directory_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", str(tmp_path / "absent")]) == EXIT_INVALID
    assert "no such directory" in capsys.readouterr().out


def test_the_parser_of_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    root = argparse.ArgumentParser(prog="sekisho")
    add_parser(root.add_subparsers(required=True))
    arguments = root.parse_args(["policy", "list"])
    assert arguments.run(arguments) == EXIT_OK
    with pytest.raises(SystemExit):
        root.parse_args(["policy", "--help"])
    assert "sekisho policy check config/procedures" in capsys.readouterr().out
