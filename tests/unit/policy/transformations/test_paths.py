from __future__ import annotations

import pytest

from policy.transformations import paths
from policy.transformations.table import find
from tests.unit.policy.transformations.cases import STRICT

CASES = STRICT["paths"]


@pytest.mark.parametrize(("name", "value", "result"), CASES)
def test_strictly_as_modsecurity(name: str, value: bytes, result: bytes) -> None:
    assert find(name).strict(value) == result


def test_strict_cases_are_counted() -> None:
    assert len(CASES) == 33


def test_both_spellings_are_one_function() -> None:
    assert find("normalisePath").strict is find("normalizePath").strict
    assert find("normalisePathWin").strict is find("normalizePathWin").strict


def test_a_path_in_normal_form_is_the_same_object() -> None:
    for path in (b"/a/b.c/d/", b"a", b"/", b".a/b", b""):
        assert paths.normalise_path(path) is path
        assert paths.normalise_path_win(path) is path
