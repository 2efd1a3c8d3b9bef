from __future__ import annotations

from collections.abc import Mapping

from policy.operators import table as operators
from policy.seclang.rule_words import OPERATORS, PERSISTENT, TRANSFORMATIONS, VARIABLES
from policy.seclang.word import Shape, Status, Word
from policy.transformations import table as transformations
from policy.variables import table as variables

OF_THE_ENGINE = {
    "GLOBAL", "HIGHEST_SEVERITY", "IP", "MATCHED_VAR", "MATCHED_VARS", "MATCHED_VARS_NAMES", "MATCHED_VAR_NAME", "MSC_PCRE_ERROR",
    "MSC_PCRE_LIMITS_EXCEEDED", "RESOURCE", "RULE", "SESSION", "SESSIONID", "TX", "USER", "USERID", "WEBAPPID",
}  # fmt: skip


def names(words: Mapping[str, Word], status: Status) -> set[str]:
    return {name for name, word in words.items() if word.status is status}


def counts(words: Mapping[str, Word]) -> list[int]:
    return [len(names(words, status)) for status in Status]


def test_the_tables_are_whole() -> None:
    assert counts(VARIABLES) == [103, 2, 24]
    assert counts(OPERATORS) == [31, 2, 7]
    assert counts(TRANSFORMATIONS) == [38, 0, 0]


def test_what_is_not_supported_says_why() -> None:
    for words in (VARIABLES, OPERATORS, TRANSFORMATIONS):
        assert all(bool(word.note) is (word.status is not Status.SUPPORTED) for word in words.values())


def test_what_persists_is_a_collection() -> None:
    assert all(VARIABLES[name.lower()].shape is Shape.OPTIONAL for name in PERSISTENT)


def test_the_transformations_are_those_that_there_are() -> None:
    assert set(TRANSFORMATIONS) == set(transformations.TRANSFORMATIONS)


def test_the_operators_are_those_that_there_are() -> None:
    assert names(OPERATORS, Status.REFUSED) == set(operators.REFUSED)
    assert names(OPERATORS, Status.WITHOUT_EFFECT) == set(operators.INERT)


def test_the_variables_are_those_that_a_transaction_or_the_engine_has() -> None:
    known = names(VARIABLES, Status.SUPPORTED) | names(VARIABLES, Status.WITHOUT_EFFECT)
    assert {name.upper() for name in known} == set(variables.TABLE) | OF_THE_ENGINE
