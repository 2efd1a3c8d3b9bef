"""The tables of the log's specification are those of the types."""

from __future__ import annotations

from relay.tree.record_tables import as_markdown
from tests.arch.sources import ROOT


def test_the_specification_holds_the_tables() -> None:
    assert as_markdown().strip() in (ROOT / "docs/spec/log.md").read_text("utf-8")
