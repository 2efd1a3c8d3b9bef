from __future__ import annotations

import pytest

from policy.transformations.table import find
from tests.unit.policy.transformations.cases import STRICT

CASES = STRICT["comments"]


@pytest.mark.parametrize(("name", "value", "result"), CASES)
def test_strictly_as_modsecurity(name: str, value: bytes, result: bytes) -> None:
    assert find(name).strict(value) == result


def test_strict_cases_are_counted() -> None:
    assert len(CASES) == 25
