"""`sekisho policy openapi`: whose routes, of which day; and what is wrong is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from relay.cli import main
from relay.settings.openapi_command import refusals
from tests.ruled import configuration


def test_the_installed_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "openapi", "--on", "2026-11-23"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["info"]["version"] == "2026-11-23"
    assert "/procedures/dog-death-notice" in made["paths"]
    assert "servers" not in made


def test_before_any_procedure(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "openapi", "--on", "1999-01-01"]) == 0
    assert "/procedures/dog-death-notice" not in json.loads(capsys.readouterr().out)["paths"]


def test_a_tenant_of_a_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = str(configuration(tmp_path))
    assert main(["policy", "openapi", "--config", config]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["info"]["title"] == "Sekisho 関所 city-a"
    assert set(made["paths"]) == {"/memo"}
    assert [server["url"].startswith("https://") for server in made["servers"]] == [True]
    assert main(["policy", "openapi", "--config", config, "--tenant", "city-z"]) == 78
    assert "city-a" in capsys.readouterr().err


def test_a_tenant_without_a_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "openapi", "--tenant", "minato"]) == 78
    assert "give --config too" in capsys.readouterr().err


def test_a_configuration_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "openapi", "--config", "/nowhere/sekisho.toml"]) == 78
    assert capsys.readouterr().out == ""


def test_statuses_are_those_of_refusals() -> None:
    assert {400, 403, 404, 405, 413, 415, 422, 503} <= set(refusals())
    assert min(refusals()) >= 400
