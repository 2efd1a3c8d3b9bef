"""The seam to Hyperscan: what goes in, what comes out, and that its errors stay behind it."""

from __future__ import annotations

import pytest

from policy.scan.database import Database, Expression, ScanFailed, platform
from policy.scan.tree import Unscannable


@pytest.fixture(scope="module")
def database() -> Database:
    return Database.compile(
        [
            Expression(7, b"foo", caseless=False),
            Expression(8, b"^b.r$", caseless=True),
            Expression(9, b"q(?=x)", caseless=False, prefilter=True),
            Expression(10, b"^x?$", caseless=False, empty=True),
            Expression(7, b"fool", caseless=False),
        ]
    )


def test_ids_are_reported_once_per_expression(database: Database) -> None:
    assert set(database.hits(b"foo foo fool\nBAR\nq")) == {7, 8, 9}
    assert len(database.hits(b"foo" * 1000)) == 1
    assert database.hits(b"nothing") == []
    assert database.hits(b"") == [10]


def test_each_buffer_is_scanned_by_itself(database: Database) -> None:
    assert list(database.hits_of_each([b"fo", b"o", b"foo", b"B\xffR", b"", b"-"])) == [(2, [7]), (3, [8]), (4, [10])]
    assert list(database.hits_of_each([])) == []


def test_a_database_outlives_its_storing(database: Database) -> None:
    data = database.dump()
    again = Database.load(data)
    assert again.size() == database.size() > 0
    assert set(again.hits(b"foo\nbar")) == {7, 8}
    for broken in (b"", b"x", data[:-1], data[:100], b"\xff" + data[1:]):
        with pytest.raises(ScanFailed, match="does not fit"):
            Database.load(broken)


@pytest.mark.parametrize("text", [b"(", b"(?=a)b", b"a*", rb"(a)\1"])
def test_what_hyperscan_does_not_take_is_unscannable(text: bytes) -> None:
    with pytest.raises(Unscannable, match=r"."):
        Database.compile([Expression(0, text, caseless=False)])


def test_the_platform_is_told_in_words() -> None:
    assert "Version" in platform()
