"""The effective settings on a terminal: coloured, aligned, and never read as markup."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from relay.base.errors import Problem
from relay.settings.load import read_host
from relay.settings.report import say_problems
from relay.settings.show import say_settings, tables
from tests.unit.settings.lab import make


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_every_value_is_shown_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, config = make(tmp_path)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "200")
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    say_settings(read_host(config.host_file))
    shown = screen.getvalue()
    assert "\x1b[" in shown
    for expected in ("[front]", "[[gate]]", "tls_min_version", '["127.0.0.1:18443"]', "sekisho.toml:10"):
        assert expected in shown


def test_each_row_has_a_value_and_a_source(tmp_path: Path) -> None:
    _, config = make(tmp_path)
    rows = [row for _, rows in tables(read_host(config.host_file)) for row in rows]
    assert len(rows) > 80
    assert all(row.value and (row.source == "default" or row.source.startswith("sekisho.toml:")) for row in rows)


def test_brackets_in_a_problem_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    say_problems([Problem("a.toml", 3, "[[gate]] 1: [bold]x[/bold]", "write [limits]")], [Problem("b", 0, "m", "n")])
    assert capsys.readouterr().err.splitlines() == [
        "a.toml:3: error: [[gate]] 1: [bold]x[/bold]",
        "    mend: write [limits]",
        "b: warning: m",
        "    mend: n",
    ]
