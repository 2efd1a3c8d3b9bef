from __future__ import annotations

import pytest

from policy.seclang.ast import Position
from policy.seclang.faults import Problem
from policy.seclang.lexer import Directive, directives


def read(text: str) -> list[tuple[str, ...]]:
    """Each directive as its name and arguments."""
    found = list(directives(text, "f"))
    assert not [entry for entry in found if isinstance(entry, Problem)], found
    return [
        (entry.name, *(argument.text for argument in entry.arguments))
        for entry in found
        if isinstance(entry, Directive)
    ]


CASES: list[tuple[str, list[tuple[str, ...]]]] = [
    ("", []),
    ("\n \t\n\\\n", []),
    ("SecRuleEngine On", [("SecRuleEngine", "On")]),
    ("  SecRuleEngine\tOn  \n", [("SecRuleEngine", "On")]),
    ("SecRuleEngine On # for now", [("SecRuleEngine", "On")]),
    ("# SecRuleEngine On", []),
    ('SecRule ARGS "a b" "id:1"', [("SecRule", "ARGS", "a b", "id:1")]),
    ("SecRule ARGS 'a b' 'id:1'", [("SecRule", "ARGS", "a b", "id:1")]),
    ('SecRule ARGS "a\\"b" x', [("SecRule", "ARGS", 'a\\"b', "x")]),
    ('SecRule ARGS "a\\\\" x', [("SecRule", "ARGS", "a\\\\", "x")]),
    ('SecRule ARGS "" x', [("SecRule", "ARGS", "", "x")]),
    ('SecRule ARGS \\\n  "a" \\\n\t"id:1"', [("SecRule", "ARGS", "a", "id:1")]),
    (
        'SecRule ARGS "a" \\\r\n  "id:1,\\\r\n  pass"\r\nSecMarker X\r\n',
        [("SecRule", "ARGS", "a", "id:1,  pass"), ("SecMarker", "X")],
    ),
    ('SecRule ARGS "a" "id:1" \\\n\nSecMarker X', [("SecRule", "ARGS", "a", "id:1"), ("SecMarker", "X")]),
    ('SecAction "id:1,\\\npass"', [("SecAction", "id:1,pass")]),
    ('SecAction "a\\\\\\\nb"', [("SecAction", "a\\\\b")]),
    ('SecAction "a\\\\\nb"', [("SecAction", "a\\\\\nb")]),
    ('SecAction "a\\\n\\\nb"', [("SecAction", "ab")]),
    ('SecAction "a\nb"', [("SecAction", "a\nb")]),
    ("SecRule ARGS:a\\.b x", [("SecRule", "ARGS:a\\.b", "x")]),
    ("SecMarker A\\\nB", [("SecMarker", "A", "B")]),
    ('#SecRule ARGS "a" \\\n  "id:1,\\\n  pass"\nSecMarker X', [("SecMarker", "X")]),
    ("#SecAction \\\n  x\nSecMarker X", [("SecMarker", "X")]),
    ("# a sentence \\\nSecMarker X", [("SecMarker", "X")]),
    ("#SecMarker A \\\nSecMarker X", [("SecMarker", "X")]),
    ("SecRuleRemoveByTag a#b", [("SecRuleRemoveByTag", "a#b")]),
    ("\ufeffSecRuleEngine On", [("SecRuleEngine", "On")]),
    ("SecMarker X \\", [("SecMarker", "X")]),
    ("\\", []),
    ("SecMarker 日本語", [("SecMarker", "日本語")]),
]


@pytest.mark.parametrize(("text", "wanted"), CASES)
def test_text_becomes_directives(text: str, wanted: list[tuple[str, ...]]) -> None:
    assert read(text) == wanted


def test_the_cases_are_all_there() -> None:
    assert len({text for text, _ in CASES}) == 30


PROBLEMS = [
    ('SecRule ARGS "a', "opens an argument that never ends", 1),
    ("SecRule ARGS 'a", "opens an argument that never ends", 1),
    ('SecRule ARGS "a\\"', "opens an argument that never ends", 1),
    ('\nSecRule ARGS "a"b', "directly after the quotation mark", 2),
    ('SecRule "a""b"', "directly after the quotation mark", 1),
    ('"SecRule" ARGS', "an argument without a directive", 1),
]


@pytest.mark.parametrize(("text", "message", "line"), PROBLEMS)
def test_what_cannot_be_read_is_a_problem_of_its_line(text: str, message: str, line: int) -> None:
    (problem,) = [entry for entry in directives(text, "f") if isinstance(entry, Problem)]
    assert message in problem.message
    assert problem.position == Position("f", line)
    assert problem.mend


def test_reading_goes_on_after_a_problem() -> None:
    found = list(directives('SecRule ARGS "a"b c\nSecMarker X\nSecRule "y"z\nSecMarker Y', "f"))
    assert [isinstance(entry, Problem) for entry in found] == [True, False, True, False]
    assert [entry.position.line for entry in found] == [1, 2, 3, 4]


def test_each_argument_knows_its_line_and_whether_it_was_quoted() -> None:
    (found,) = directives('\n\nSecRule ARGS \\\n "a\nb" \\\n c', "f")
    assert isinstance(found, Directive)
    assert found.position == Position("f", 3)
    assert [(argument.position.line, argument.quoted) for argument in found.arguments] == [
        (3, False),
        (4, True),
        (6, False),
    ]


def test_the_key_of_a_directive_has_no_case() -> None:
    (found,) = directives("secRULEengine On", "f")
    assert isinstance(found, Directive)
    assert (found.name, found.key) == ("secRULEengine", "secruleengine")


def test_each_character_of_an_argument_knows_its_line() -> None:
    (found,) = directives('\nSecAction "a\\\nb\nc\\\\d\\\n\\\ne\\"f"', "f")
    assert isinstance(found, Directive)
    (argument,) = found.arguments
    assert argument.text == 'ab\nc\\\\de\\"f'
    lines = [argument.position_at(at).line for at in range(len(argument.text))]
    assert lines == [2, 3, 3, 4, 4, 4, 4, 6, 6, 6, 6]
