"""policy/variables/item.py: values and their names."""

from __future__ import annotations

from policy.variables.item import NOTHING, Item, key_names, keyed, single

PAIRS = [(b"a", b"1"), (b"", b""), (b"a", b"2")]


def test_a_single_value_has_no_key() -> None:
    assert single(b"REQUEST_METHOD", b"GET") == (Item(b"REQUEST_METHOD", b"", b"GET"),)


def test_a_collection_keeps_order_and_repetition() -> None:
    assert keyed(b"ARGS:", PAIRS) == (
        Item(b"ARGS:a", b"a", b"1"),
        Item(b"ARGS:", b"", b""),
        Item(b"ARGS:a", b"a", b"2"),
    )
    assert keyed(b"ARGS:", []) == NOTHING


def test_names_are_values_too() -> None:
    assert [item.value for item in key_names(b"ARGS_NAMES:", PAIRS)] == [b"a", b"", b"a"]


def test_the_shortcut_makes_real_items() -> None:
    (item,) = keyed(b"ARGS:", PAIRS[:1])
    assert isinstance(item, Item)
    assert (item.name, item.key, item.value) == (b"ARGS:a", b"a", b"1")
