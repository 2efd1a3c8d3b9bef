from __future__ import annotations

from pathlib import Path

from policy.seclang.words import KINDS, as_markdown

ROOT = Path(__file__).parents[4]


def test_the_document_is_current() -> None:
    assert (ROOT / "docs/seclang.md").read_text(encoding="utf-8") == as_markdown(), (
        "python -m policy.seclang.words > docs/seclang.md"
    )


def test_every_word_has_its_row() -> None:
    rows = [line.split("`")[1] for line in as_markdown().split("## Compared")[0].splitlines() if line.startswith("| `")]
    assert len(rows) == sum(len(kind.words) for kind in KINDS)
    assert {kind.title for kind in KINDS} == {
        "Directives",
        "Variables",
        "Operators",
        "Transformations",
        "Actions",
        "ctl",
    }


def test_every_kind_names_a_test_of_its_text() -> None:
    for kind in KINDS:
        assert (ROOT / kind.tests[0]).is_file(), kind.tests[0]
