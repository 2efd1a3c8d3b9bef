"""Which targets and values an exception covers."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.engine.exceptions import key_pattern, removed_target
from policy.engine.limits import KEYS_MAX
from policy.seclang.selectors import parse_target
from policy.variables.item import Item

TARGETS = [
    ("ARGS", "ARGS", True), ("ARGS", "ARGS:x", False), ("ARGS:x", "ARGS", False), ("ARGS:x", "ARGS:X", True),
    ("ARGS", "ARGS_NAMES", False), ("ARGS:/x/", "ARGS", False), ("XML://@*", "XML://@*", True), ("XML:/*", "XML://@*", False),
    ("ARGS:/x/", "ARGS:/x/", True), ("ARGS:/x/", "ARGS:/X/", False), ("XML", "XML:/*", False),
]  # fmt: skip
ITEMS = [
    ("ARGS:x", "ARGS", b"X", True), ("ARGS:x", "ARGS", b"xy", False), ("ARGS:x", "ARGS_GET", b"x", False),
    ("ARGS:/^X/", "ARGS", b"xy", True), ("ARGS:/^X/", "ARGS", b"yx", False), ("ARGS", "ARGS", b"x", False),
]  # fmt: skip


@pytest.mark.parametrize(("removed", "written", "covered"), TARGETS)
def test_a_target_as_it_is_written(removed: str, written: str, covered: bool) -> None:
    assert removed_target(parse_target(removed)).covers_target(parse_target(written)) is covered


@pytest.mark.parametrize(("removed", "collection", "key", "covered"), ITEMS)
def test_a_value_by_its_name(removed: str, collection: str, key: bytes, covered: bool) -> None:
    item = Item(collection.encode() + b":" + key, key, b"")
    assert removed_target(parse_target(removed)).covers_item(collection, item) is covered


def test_every_case_was_tried() -> None:
    assert (len(TARGETS), len(ITEMS)) == (11, 6)


def test_what_is_remembered_of_names_is_bounded_and_right() -> None:
    wanted = key_pattern("5$")
    names = [b"%d" % number for number in range(KEYS_MAX + 20)] * 2
    assert [wanted(name) for name in names] == [name.endswith(b"5") for name in names]


@pytest.mark.parametrize("pattern", ["count_.*", "count_", "a|b.*", r"\..*", r"n\.*", ".*"])
@given(st.text("abcount_.").map(str.encode))
def test_a_pattern_of_names_means_what_it_means_as_an_expression(pattern: str, key: bytes) -> None:
    assert key_pattern(pattern)(key) is (re.search(pattern.encode(), key) is not None)
