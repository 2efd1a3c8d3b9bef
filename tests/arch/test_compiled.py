"""What is tested is what runs: every module that setup.py names is loaded as mypyc compiled it (docs/adr/0012)."""

from __future__ import annotations

import importlib
import runpy
from pathlib import Path

import pytest

from tests.arch.sources import ROOT

LEAST = 60  # modules


def test_what_is_to_be_compiled_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("SEKISHO_COMPILE", raising=False)
    monkeypatch.setattr("setuptools.setup", lambda **_: None)
    paths = runpy.run_path("setup.py")["everything"]
    assert len(paths) >= LEAST
    loaded = {path: Path(str(importlib.import_module(path[:-3].replace("/", ".")).__file__)) for path in paths}
    assert [path for path, file in loaded.items() if file.suffix != ".so"] == []  # `make test` compiles them
