from __future__ import annotations

import re

from policy.transformations.substitution import MAX_ENTRIES, MAX_KEY_BYTES, Table, substitute


def test_what_has_been_computed_is_looked_up() -> None:
    asked: list[bytes] = []

    def compute(key: bytes) -> bytes:
        asked.append(key)
        return key.upper()

    table = Table(compute)
    assert substitute(re.compile(rb"%(.)"), table, b"%a%b%a") == b"ABA"
    assert asked == [b"a", b"b"]


def test_without_a_match_the_value_is_the_same_object() -> None:
    value = b"abc"
    assert substitute(re.compile(rb"%(.)"), Table(bytes.upper), value) is value


def test_a_table_is_bounded_in_keys_and_entries() -> None:
    table = Table(bytes.upper)
    assert table[b"k" * MAX_KEY_BYTES] == b"K" * MAX_KEY_BYTES
    assert table[b"k" * (MAX_KEY_BYTES + 1)] == b"K" * (MAX_KEY_BYTES + 1)
    assert len(table) == 1
    for number in range(MAX_ENTRIES + 1):
        assert table[b"%d" % number] == b"%d" % number
    assert len(table) == MAX_ENTRIES
