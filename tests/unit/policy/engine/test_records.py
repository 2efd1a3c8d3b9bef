"""Persistent collections: found again by key, forgotten in time, never more than their bounds."""

from __future__ import annotations

import pytest

from policy.engine.limits import RECORD_KEY_BYTES_MAX, RECORD_VALUE_BYTES_MAX, RECORD_VARIABLES_MAX
from policy.engine.records import PERSISTENT, LimitReached, Record, Records


def test_a_record_is_found_again_by_its_key() -> None:
    records = Records()
    for collection in PERSISTENT:
        records.open(collection, b"a", 1.0).set(b"Count", b"1")
    assert [records.open(collection, b"a", 2.0).get(b"cOUNT", 2.0) for collection in PERSISTENT] == [b"1"] * 5
    assert records.open("IP", b"b", 2.0).get(b"count", 2.0) is None


def test_a_record_that_was_not_used_for_long_is_new() -> None:
    for waited, kept in ((60.0, b"1"), (60.5, None)):
        records = Records(timeout_s=60)
        records.open("IP", b"a", 0.0).set(b"x", b"1")
        assert records.open("IP", b"a", waited).get(b"x", waited) == kept


def test_the_least_recently_used_record_goes() -> None:
    records = Records(records_max=2)
    for key in (b"a", b"b", b"a", b"c"):
        records.open("IP", key, 0.0).set(b"x", key)
    assert records.count("IP") == 2
    assert [records.open("IP", key, 0.0).get(b"x", 0.0) for key in (b"a", b"c")] == [b"a", b"c"]


def test_an_expiry_ends_a_variable_and_may_come_first() -> None:
    record = Record()
    record.expire(b"x", 10.0)
    assert list(record.items(5.0)) == []
    record.set(b"X", b"1")
    assert (record.get(b"x", 9.9), list(record.items(9.9))) == (b"1", [(b"x", b"1")])
    assert (list(record.items(10.0)), record.get(b"x", 10.0)) == ([], None)


def test_the_bounds_of_a_record() -> None:
    record = Record()
    record.set(b"v", bytes(RECORD_VALUE_BYTES_MAX))
    with pytest.raises(LimitReached, match="RECORD_VALUE_BYTES_MAX"):
        record.set(b"v", bytes(RECORD_VALUE_BYTES_MAX + 1))
    for number in range(RECORD_VARIABLES_MAX - 1):
        record.set(b"%d" % number, b"")
    with pytest.raises(LimitReached, match="RECORD_VARIABLES_MAX"):
        record.set(b"one more", b"")
    record.remove(b"0")
    record.set(b"one more", b"")


def test_a_long_key_is_kept_by_its_digest() -> None:
    records = Records()
    for length in (RECORD_KEY_BYTES_MAX, RECORD_KEY_BYTES_MAX + 1):
        records.open("IP", b"a" * length, 0.0).set(b"x", b"1")
        assert records.open("IP", b"a" * length, 0.0).get(b"x", 0.0) == b"1"
    assert max(len(key) for key in records._collections["IP"]) == RECORD_KEY_BYTES_MAX


def test_only_the_known_collections_exist() -> None:
    with pytest.raises(LookupError):
        Records().open("TX", b"", 0.0)
