"""What is written is what tomllib reads back."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.settings.toml_write import merged, to_toml, toml_value

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
PLAIN = st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS
TABLES = st.dictionaries(st.sampled_from(["a", "b_c", "d-e"]), PLAIN | st.lists(PLAIN))
TREES = st.dictionaries(st.sampled_from(["x", "y", "z"]), TABLES | st.lists(TABLES, min_size=1))


@given(TREES)
@settings(max_examples=200, deadline=None)
def test_a_tree_comes_back_as_it_was(tree: dict[str, object]) -> None:
    assert tomllib.loads(to_toml(tree)) == tree


def test_none_is_left_out() -> None:
    assert tomllib.loads(to_toml({"x": {"a": None, "b": 1}})) == {"x": {"b": 1}}


def test_what_is_no_configuration_value_is_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        toml_value(1.5)


def test_tables_are_merged_and_lists_replaced() -> None:
    below = {"front": {"workers": 1, "listen": ["a", "b"]}, "gate": [{"name": "a"}, {"name": "b"}]}
    above = {"front": {"listen": ["c"]}, "gate": [{"name": "d"}], "limits": {"fields": 1}}
    assert merged(below, above) == {
        "front": {"workers": 1, "listen": ["c"]},
        "gate": [{"name": "d"}],
        "limits": {"fields": 1},
    }
    assert below["front"] == {"workers": 1, "listen": ["a", "b"]}
