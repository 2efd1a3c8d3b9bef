"""Where keys stand; the property is in tests/property/test_settings_load.py."""

from __future__ import annotations

from relay.settings.toml_lines import key_lines, nearest_line

DOCUMENT = """\
# a comment with [brackets] and key = "value"
[host]
name = "a # b = c"
"quoted.key" = 'x [y]'
dotted.name = { inner = 1, list = [1,
  2,  # [not a header]
  { deep = \"""several
lines, one with "quotes\"\"\"\"\" }] }

[[gate]]
pins = [
  "x",

  "y",
]
[gate.sub]
when = 1979-05-27 07:32:00
[[gate]]
pins = []
[[gate.nested]]
key = '''
'''
[[gate.nested]]
key = +1.5
"""

LINES = {
    ("host",): 2,
    ("host", "name"): 3,
    ("host", "quoted.key"): 4,
    ("host", "dotted"): 5,
    ("host", "dotted", "name"): 5,
    ("host", "dotted", "name", "inner"): 5,
    ("host", "dotted", "name", "list", 0): 5,
    ("host", "dotted", "name", "list", 1): 6,
    ("host", "dotted", "name", "list", 2): 7,
    ("host", "dotted", "name", "list", 2, "deep"): 7,
    ("gate",): 10,
    ("gate", 0): 10,
    ("gate", 0, "pins"): 11,
    ("gate", 0, "pins", 0): 12,
    ("gate", 0, "pins", 1): 14,
    ("gate", 0, "sub"): 16,
    ("gate", 0, "sub", "when"): 17,
    ("gate", 1): 18,
    ("gate", 1, "pins"): 19,
    ("gate", 1, "nested", 0): 20,
    ("gate", 1, "nested", 0, "key"): 21,
    ("gate", 1, "nested", 1): 23,
    ("gate", 1, "nested", 1, "key"): 24,
}


def test_every_key_and_item_has_its_line() -> None:
    found = key_lines(DOCUMENT)
    assert {path: found.get(path) for path in LINES} == LINES


def test_a_path_that_is_not_there_has_the_line_of_what_is_around_it() -> None:
    found = key_lines(DOCUMENT)
    assert nearest_line(found, ("gate", 0, "pins", 7)) == 11
    assert nearest_line(found, ("gate", 0, "anchor")) == 10
    assert nearest_line(found, ("tenant", 0, "name")) == 1


def test_a_table_opened_by_its_sub_table_has_the_line_of_its_own_header() -> None:
    assert key_lines("[a.b]\nc = 1\n[a]\nd = 1\n")[("a",)] == 3


def test_text_that_is_not_toml_ends_the_search_and_nothing_else() -> None:
    assert key_lines("a = 1\n= = =\nb = 2\n") == {(): 1, ("a",): 1}
