"""Stored databases: found again under the digest of what they were made of, and never trusted when damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy.scan.cache import SUFFIX, fetch, key, store
from policy.scan.compile import build
from policy.scan.needle import Needle

NEEDLES = {1: Needle("rx", b"fo+", caseless=True), 2: Needle("rx", b".*")}


def test_what_was_stored_is_fetched(tmp_path: Path) -> None:
    built = build(NEEDLES, characters=True)
    store(tmp_path, "name", built)
    again = fetch(tmp_path, "name")
    assert again is not None and again.database is not None
    assert again.compiled == built.compiled
    assert again.database.hits(b"FOO") == [1]
    assert [file.name for file in tmp_path.iterdir()] == ["name" + SUFFIX]


def test_a_build_without_a_database_is_stored_too(tmp_path: Path) -> None:
    built = build({2: NEEDLES[2]}, characters=False)
    store(tmp_path, "name", built)
    assert fetch(tmp_path, "name") == built


def test_what_is_absent_or_damaged_is_none(tmp_path: Path) -> None:
    assert fetch(tmp_path, "name") is None
    store(tmp_path, "name", build(NEEDLES, characters=False))
    file = tmp_path / ("name" + SUFFIX)
    whole = file.read_bytes()
    for damaged in (
        b"",
        whole[:10],
        whole[:64],
        whole[:65],
        whole[:-1],
        whole + b"x",
        whole[:200] + b"?" + whole[201:],
    ):
        file.write_bytes(damaged)
        assert fetch(tmp_path, "name") is None
    file.write_bytes(whole)
    assert fetch(tmp_path, "name") is not None
    file.rename(tmp_path / ("other" + SUFFIX))
    assert fetch(tmp_path, "other") is None


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        store(tmp_path / "missing", "name", build(NEEDLES, characters=False))


def test_everything_that_matters_changes_the_key() -> None:
    base = Needle("rx", b"a", text=b"b")
    keys = {
        key({1: base}, characters=False),
        key({1: base}, characters=True),
        key({2: base}, characters=True),
        key({1: base, 2: base}, characters=True),
        key({1: Needle("literal", b"a", text=b"b")}, characters=True),
        key({1: Needle("rx", b"a", caseless=True, text=b"b")}, characters=True),
        key({1: Needle("rx", b"a")}, characters=True),
        key({1: Needle("rx", b"a", text=b"b", more=(b"c",))}, characters=True),
        key({}, characters=True),
    }
    assert len(keys) == 9
    assert key({1: base, 2: base}, characters=True) == key({2: base, 1: base}, characters=True)
    assert key({1: base}, characters=False) == key({1: Needle("rx", b"a")}, characters=False)
