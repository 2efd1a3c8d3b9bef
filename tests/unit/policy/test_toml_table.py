from datetime import date

from policy.toml_lines import parse_toml
from policy.toml_table import Source, Table

TEXT = 'a = "x"\nb = 2\nc = true\nd = 2026-04-01\ne = ["p", "q"]\n[t]\nk = "v"\n[[l]]\nn = 1\n[[l]]\nn = 2\n'


def table() -> tuple[Table, Source]:
    document, lines = parse_toml(TEXT)
    source = Source("a.toml", lines)
    return Table(source, document, ()), source


def test_what_is_right_is_taken() -> None:
    top, source = table()
    assert top.text("a", "") == "x"
    assert top.integer("b", "", None, (2, 2)) == 2
    assert top.flag("c", "") is True
    assert top.day("d", "", required=True) == date(2026, 4, 1)
    assert top.texts("e", "") == ("p", "q")
    inner = top.table("t")
    assert inner is not None
    assert inner.rest() == {"k": "v"}
    assert [item.integer("n", "", None, (1, 2)) for item in top.tables("l")] == [1, 2]
    assert top.choice("mode", ("a", "b"), "b") == "b"
    top.end()
    inner.end()
    assert source.problems == []


def test_what_nobody_took_is_a_problem() -> None:
    top, source = table()
    assert top.text("a", "") == "x"
    top.end()
    assert [(problem.line, problem.message) for problem in source.problems] == [
        (2, 'unknown key "b" in the file'),
        (3, 'unknown key "c" in the file'),
        (4, 'unknown key "d" in the file'),
        (5, 'unknown key "e" in the file'),
        (6, 'unknown key "t" in the file'),
        (8, 'unknown key "l" in the file'),
    ]


def test_wrong_types_are_problems_and_give_nothing() -> None:
    top, source = table()
    assert top.text("b", "write b") is None
    assert top.integer("c", "write c", None, (0, 1)) is None
    assert top.flag("a", "write a") is False
    assert top.table("e") is None
    assert top.tables("t") == []
    assert top.texts("d", "write d") is None
    assert [(problem.line, problem.message) for problem in source.problems] == [
        (2, "b must be a string"),
        (3, "c must be an integer"),
        (1, "a must be true or false"),
        (5, "e must be a table"),
        (6, "t must be an array of tables"),
        (4, "d must be an array of strings that are not empty"),
    ]
    assert all(problem.mend for problem in source.problems)


def test_a_day_or_a_word_in_its_place() -> None:
    top, source = table()
    assert (top.day_or("a", "x", "mend"), top.day_or("d", "x", "mend"), top.day_or("z", "x", "mend")) == (
        "x", date(2026, 4, 1), None
    )  # fmt: skip
    assert source.problems == []
    assert table()[0].day_or("a", "y", "mend") is None
