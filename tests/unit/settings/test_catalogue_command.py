"""`sekisho policy catalogue`, as an operator and a council see it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from policy.load import INSTALLED
from relay import cli
from tests.ruled import configuration

WITH_A_FILE = """\
format = 1
[route]
id = "sample"
mode = "exchange"
method = "POST"
path = "/sample"
body = ["multipart"]
stages = ["route", "normalise", "schema", "files"]
[[field]]
name = "memo"
label_ja = "備考"
label_en = "Notes"
class = "free_text"
max_chars = 200
[[attachment]]
name = "scan"
label_ja = "診断書"
label_en = "Certificate"
kinds = ["pdf", "jpeg"]
max_bytes = 5000000
required = true
repeat = 2
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return configuration(tmp_path_factory.mktemp("catalogue"))


def run(*arguments: object) -> int:
    return cli.main(["policy", "catalogue", *map(str, arguments)])


def test_the_installed_catalogue_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    lines = capsys.readouterr().out.splitlines()
    title = "電子申請 21  飼い犬の死亡届  衛生課  v1 2010-04-01..  POST /procedures/dog-death-notice"
    behind = lines[lines.index(title) + 1 :]
    assert behind[0].split() == ["区分", "項目", "欄の名称", "欄の符号", "形式", "必須"]
    assert behind[1].split() == ["共通項目", "ID", "利用者ID", "login_id", "login_id", "－"]
    assert len([line for line in lines if line.startswith(("電子申請 ", "電子調達 "))]) == 32
    assert "→" not in "".join(lines)


def test_where_it_goes_is_that_of_the_configuration(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--config", config) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["memo  POST /memo", "    → city-a: gate-1 (127.0.0.1:19001)"]
    assert run("--config", config, "--gate-config", config.parent / "gate-1.toml", "--lang", "en") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "    → city-a: gate-1 (127.0.0.1:19001) → http://127.0.0.1:18000"
    assert lines[2].split() == ["Kind", "Item", "Field", "Field", "name", "Class", "Required"]
    assert "Notes" in lines[3]


def test_csv_opens_in_a_spreadsheet(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--format", "csv", "--config", config, "--lang", "en") == 0
    out = capsys.readouterr().out
    assert out.startswith("\ufeffService,No.,")
    assert out.count("\r\n") == out.count("\n") == 2
    (line,) = csv.DictReader(out.removeprefix("\ufeff").splitlines())
    assert (line["Route"], line["Field name"], line["Tenant"]) == ("memo", "memo", "city-a")
    assert line["Goes to the gate"] == "gate-1 (127.0.0.1:19001)"


def test_the_page_says_whether_the_common_items_were_confirmed(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--format", "html") == 0
    assert 'class="note"' in capsys.readouterr().out
    assert run("--format", "html", "--config", config) == 0
    out = capsys.readouterr().out
    assert 'class="note"' not in out
    assert "city-a: gate-1 (127.0.0.1:19001)" in out
    assert run("--format", "html", "--lang", "en", INSTALLED) == 0
    assert '<html lang="en">' in capsys.readouterr().out


def test_files_are_on_the_terminal_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.toml").write_text(WITH_A_FILE, encoding="utf-8")
    assert run(tmp_path, "--lang", "en") == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "attached file" in line]
    shown = "pdf, jpeg; 5 MB (5,000,000 bytes) × 2; kind, content and viruses examined; refused if anything is wrong"
    assert " ".join(line.split("scan", 1)[1].split()) == f"{shown} yes"


def test_the_same_catalogue_gives_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    printed = []
    for _ in range(2):
        assert run("--format", "html") == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]


def test_a_catalogue_with_a_problem_is_not_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.toml").write_text("format = 1\nrout = 1\n", encoding="utf-8")
    assert run(tmp_path) == 78
    out, err = capsys.readouterr()
    assert out == ""
    assert f'{tmp_path}/a.toml:2: error: unknown key "rout"' in err
    assert run("--config", tmp_path / "absent.toml") == 78
    assert run("--config", tmp_path / "a.toml") == 78
    assert capsys.readouterr().out == ""


def test_what_cannot_be_meant_is_said(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--config", config, INSTALLED) == 2
    assert "names the procedures already" in capsys.readouterr().err
    assert run("--gate-config", config) == 2
    assert "give --config too" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        run("--format", "pdf")
    assert ended.value.code == 2


def test_help_has_examples_that_parse(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run("--help")
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert out.count("sekisho policy catalogue") >= 6
    assert "--format html > register.html" in out
