import pytest

from policy.toml_lines import TomlInvalid, parse_toml

DOCUMENT = '''\
# a comment with [brackets] and "quotes
title = "a # b [c]"
a.b = 1

[table]
plain = 'x'
"quoted key" = 1
'literal' = 2
many = [
  1, # ] not the end
  [2, 3],
  "]",
]
inline = { x = 1, y = "}" }
text = """
[not.a.table]
key = 1 \\""" ""
"""
literal = \'\'\'
no = 1
\'\'\'
after = true

[table.sub]
z = 1

[[list]]
n = 1
[[list]]
  n = 2
  [list.inner]
  deep = 1
  [[list.more]]
  m = 1
  [[list.more]]
  m = 2
[[list]]
"n" = 3'''

LINES = [
    (("title",), 2),
    (("a",), 3),
    (("a", "b"), 3),
    (("table",), 5),
    (("table", "plain"), 6),
    (("table", "quoted key"), 7),
    (("table", "literal"), 8),
    (("table", "many"), 9),
    (("table", "many", 1), 9),
    (("table", "inline"), 14),
    (("table", "inline", "x"), 14),
    (("table", "text"), 15),
    (("table", "after"), 22),
    (("table", "sub", "z"), 25),
    (("list",), 27),
    (("list", 0), 27),
    (("list", 0, "n"), 28),
    (("list", 1), 29),
    (("list", 1, "n"), 30),
    (("list", 1, "inner", "deep"), 32),
    (("list", 1, "more", 0, "m"), 34),
    (("list", 1, "more", 1), 35),
    (("list", 1, "more", 1, "m"), 36),
    (("list", 2, "n"), 38),
    (("list", 1, "absent"), 29),
    (("nowhere",), 1),
]


def test_lines_of_tables_and_keys() -> None:
    document, lines = parse_toml(DOCUMENT.replace("'literal' = 2", "'lit' = 2"))
    assert document["list"][2]["n"] == 3
    wanted = [(path if path != ("table", "literal") else ("table", "lit"), line) for path, line in LINES]
    assert [(path, lines.line(*path)) for path, _ in wanted] == wanted
    assert len(wanted) == 26


def test_line_ends_of_windows_count_once() -> None:
    _, lines = parse_toml("a = 1\r\n\r\n[t]\r\nb = 2\r\n")
    assert (lines.line("a"), lines.line("t", "b")) == (1, 4)


@pytest.mark.parametrize(
    ("text", "line"), [("a = \n", 1), ("a = 1\nb = ?\n", 2), ("a = 1\na = 2\n", 2), ('a = 1\nb = "x', 2)]
)
def test_syntax_errors_have_their_line(text: str, line: int) -> None:
    with pytest.raises(TomlInvalid) as caught:
        parse_toml(text)
    assert caught.value.line == line
