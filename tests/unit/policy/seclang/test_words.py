from __future__ import annotations

from pathlib import Path

import pytest

from policy.seclang.word import Status
from policy.seclang.words import KINDS, Kind, as_markdown
from tests.unit.policy.operators.test_table import MANUAL
from tests.unit.policy.seclang.effects import EFFECTS
from tests.unit.policy.seclang.test_effects import FILES
from tests.unit.policy.transformations.cases import STRICT
from tests.unit.policy.variables.test_table import EXPECTED

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


TRIED = {
    "seclang/test_effects.py": {word for case in EFFECTS for word in case.words.split()} | FILES,
    "seclang/test_load.py": {"Include", "IncludeOptional"},
    "engine/test_records.py": {"SecCollectionTimeout"},
    "variables/test_table.py": set(EXPECTED),
    "operators/test_table.py": set(MANUAL),
    "transformations/cases.py": {name for cases in STRICT.values() for name, _, _ in cases},
}
"""What the tables of these files try, one row each at least; the two without a table are looked through by hand."""


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.title)
def test_every_supported_word_is_in_the_table_of_its_test(kind: Kind) -> None:
    for word in kind.words.values():
        assert (ROOT / "tests/unit/policy" / kind.test(word)).is_file()
        if word.status is Status.SUPPORTED:
            assert word.name.lower() in {name.lower() for name in TRIED[kind.test(word)]}, word.name
