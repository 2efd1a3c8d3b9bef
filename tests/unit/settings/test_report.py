"""What takes its time is told to who looks on, and to nobody else."""

from __future__ import annotations

import io

import pytest

from relay.settings.report import told_progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_for_each_thing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with told_progress("コンパイル compiling") as tell:
        assert tell is not None
        for done in range(4):
            tell("one", done, 3)
        tell("two", 5, 7)
    said = terminal.getvalue()
    for words in ("コンパイル compiling one", "3/3", "コンパイル compiling two", "5/7"):
        assert words in said


def test_nothing_into_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    with told_progress("compiling") as tell:
        assert tell is None
    assert capsys.readouterr().err == ""
