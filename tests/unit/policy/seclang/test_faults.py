from __future__ import annotations

from policy.seclang.ast import Position
from policy.seclang.faults import Problem, SecLangError, SecLangInvalid, WordError


def test_a_problem_says_where_what_and_how_to_mend_it() -> None:
    problem = Problem(Position("f", 3), "no id", "add one")
    assert str(problem) == "f:3: no id\n    mend: add one"
    assert SecLangError(*problem).problem == problem
    assert str(SecLangInvalid([problem, problem])) == f"{problem}\n{problem}"


def test_a_word_knows_no_place() -> None:
    error = WordError("no id", "add one")
    assert (error.message, error.mend, str(error)) == ("no id", "add one", "no id")
