from __future__ import annotations

import pytest

from policy.seclang.ast import OperatorCall
from policy.seclang.faults import WordError
from policy.seclang.operators import parse_operator
from policy.seclang.rule_words import OPERATORS
from policy.seclang.word import Shape, Status, Word

CASES = [
    ("^a", OperatorCall("rx", "^a")),
    ("!^a", OperatorCall("rx", "^a", negated=True)),
    ("! ^a", OperatorCall("rx", " ^a", negated=True)),
    ("@rx ^a", OperatorCall("rx", "^a")),
    ("@rx  ^a ", OperatorCall("rx", " ^a ")),
    ("@RX ^a", OperatorCall("rx", "^a")),
    ("!@rx ^a", OperatorCall("rx", "^a", negated=True)),
    ("@rx\t^a", OperatorCall("rx", "^a")),
    ('@rx a\\"b', OperatorCall("rx", 'a\\"b')),
    ("@rx a%{2}b", OperatorCall("rx", "a%{2}b")),
    ("@rx [%{]", OperatorCall("rx", "[%{]")),
    ("@streq %{tx.a}", OperatorCall("streq", "%{tx.a}")),
    ("@detectSQLi", OperatorCall("detectsqli", "")),
    ("@detectSQLi ", OperatorCall("detectsqli", "")),
    ("!@unconditionalMatch", OperatorCall("unconditionalmatch", "", negated=True)),
    ("@pm a b |41|", OperatorCall("pm", "a b |41|")),
    ("@pmFromFile a.data", OperatorCall("pmfromfile", "a.data")),
    ("a@rx", OperatorCall("rx", "a@rx")),
    # four backslashes, as rules for Apache have them where they mean one
    (r"@rx [a-z]:\\\\inet", OperatorCall("rx", r"[a-z]:\\\\?inet")),
    (r"(?:^|[^\\\\])\\\\[cde]", OperatorCall("rx", r"(?:^|[^\\\\])\\\\?[cde]")),
    (r"@rx []\\\\x]\\\\\d\\\\$", OperatorCall("rx", r"[]\\\\x]\\\\?\d\\\\?$")),
    (
        r"@rx [[:alpha:]\\\\]|\\\\*|\\\\{2}|\\\\\\|\[\\\\$",
        OperatorCall("rx", r"[[:alpha:]\\\\]|\\\\*|\\\\{2}|\\\\?\\|\[\\\\?$"),
    ),
    (r"!@rx \\\\a", OperatorCall("rx", r"\\\\a", negated=True)),
    (r"!\\\\a", OperatorCall("rx", r"\\\\a", negated=True)),
    (r"@contains \\\\a", OperatorCall("contains", r"\\\\a")),
]


@pytest.mark.parametrize(("text", "wanted"), CASES)
def test_text_becomes_an_operator(text: str, wanted: OperatorCall) -> None:
    assert parse_operator(text) == wanted


def test_the_cases_are_all_there() -> None:
    assert len({text for text, _ in CASES}) == 25


PROBLEMS = [
    ("", "the operator is empty"),
    ("!", "the operator is empty"),
    ("@foo a", "there is no operator @foo"),
    ("@example\\.org$", "neither an operator nor clearly a pattern"),
    (" @rx a", "neither an operator nor clearly a pattern"),
    ("! @rx a", "neither an operator nor clearly a pattern"),
    ("!!@rx a", "neither an operator nor clearly a pattern"),
    ("@rx", "@rx needs an argument"),
    ("@streq ", "@streq needs an argument"),
    ("@detectSQLi a", "@detectSQLi takes no argument"),
    ("@unconditionalMatch %{tx.a}", "takes no argument"),
    ("@streq %{foo}", "names no variable"),
    ("a%{foo}", "names no variable"),
    ("@streq %{tx.a", "never ends"),
]


@pytest.mark.parametrize(("text", "message"), PROBLEMS)
def test_what_is_no_operator_is_refused(text: str, message: str) -> None:
    with pytest.raises(WordError) as raised:
        parse_operator(text)
    assert message in raised.value.message
    assert raised.value.mend


@pytest.mark.parametrize("word", OPERATORS.values(), ids=lambda word: word.name)
def test_every_operator_is_read_as_its_row_says(word: Word) -> None:
    text = f"@{word.name}" + ("" if word.shape is Shape.NONE else " 1")
    if word.status is Status.REFUSED:
        with pytest.raises(WordError, match="is refused"):
            parse_operator(text)
    else:
        assert parse_operator(text).name == word.name.lower()


def test_the_nearest_operator_is_proposed() -> None:
    with pytest.raises(WordError) as raised:
        parse_operator("@beginWith a")
    assert "beginsWith" in raised.value.mend


@pytest.mark.parametrize("text", ["@rx a", "!@streq b", "@detectXSS"])
def test_an_operator_is_shown_as_it_is_written(text: str) -> None:
    assert str(parse_operator(text)).lower() == text.lower()
