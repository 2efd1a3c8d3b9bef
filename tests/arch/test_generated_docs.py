"""Documents that are made from tables are what the tables say now."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from policy.seclang import words
from relay.base import limits, reasons
from relay.ops import metric_table
from tests import matrix
from tests.arch.sources import ROOT

GENERATED: dict[str, Callable[[], str]] = {
    "docs/reasons.md": reasons.as_markdown,
    "docs/limits.md": limits.as_markdown,
    "docs/metrics.md": metric_table.as_markdown,
    "docs/seclang.md": words.as_markdown,
}


@pytest.mark.parametrize("name", GENERATED)
def test_it_is_current(name: str) -> None:
    module = GENERATED[name].__module__
    assert (ROOT / name).read_text(encoding="utf-8") == GENERATED[name](), f"python -m {module} > {name}"


@pytest.mark.parametrize("readme", matrix.READMES, ids=lambda path: path.name)
def test_the_matrix_of_the_readmes_is_current(readme: Path) -> None:
    text = readme.read_text(encoding="utf-8")
    assert text.count(matrix.BEGIN) == text.count(matrix.END) == 1
    assert text == matrix.in_readme(text), "python -m tests.matrix --write"
