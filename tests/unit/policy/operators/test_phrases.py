from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from policy.operators.match import OperatorInvalid
from policy.operators.phrases import PHRASE_BYTES, PHRASES, Phrases, phrases_in, phrases_of_lines
from policy.operators.table import build
from policy.scan.database import Database, ScanFailed
from tests.unit.policy.operators.modsecurity import Asked, ask
from tests.unit.policy.operators.samples import CRS

ARGUMENTS = (
    b"foo bar", b"foo |62 61|r |41|", b"foo|bar", b"he she hers", b"abcd bc", b"\xe3\x81\x82", rb"foo\x41", b"|41|", b"|41 42|",
    rb"\|41|", b"a|4142|b", rb"abc\:d\;e\\f", b"a\tb\x0bc", b"A\xc3\x89", b"\xc0", b"|414243|x", b"|4|x", b"|414|x", b"|41",
    b"x|zz|", b"||x",
    rb"a\|b", b"FOO foo Foo", b"aa aaa a", b"'|41 42|'",
)  # fmt: skip
VALUES = (
    b"", b"xxFOOx", b"ba bar", b"a", b"|41|", b"foo|bar", b"ushers", b"xher", b"hershey", b"xabce", b"xabcd", "いあ".encode(), b"fooA",
    rb"foo\x41", b"AB", b"42|", b"|41 42|", b"aABb", rb"abc:d;e\f", b"b", b"c", "xaÉ".encode(), "aé".encode(), b"\xe0", b"\xc0", b"\x00foo",
    b"ABCx", b"x|zz|", b"a|b", b"aaa", b"xAAAb",
)  # fmt: skip


def test_pm_is_as_in_modsecurity() -> None:
    asked = Asked([("pm", argument) for argument in ARGUMENTS])
    cases = 0
    for value, (number, argument) in product(VALUES, enumerate(ARGUMENTS)):
        theirs = asked.spans(value)
        found = Phrases(phrases_in(argument)).match(value, characters=False)
        assert (found is not None) == (number in theirs), (argument, value)
        if found is not None:
            assert ((found.start, found.end),) == theirs[number], (argument, value)
        cases += 1
    assert cases == 25 * 31


@pytest.mark.parametrize(
    ("argument", "value"),
    [(b"Foo foo", b"xFOO"), (b"abcd bc", b"xABCe"), (b"he she hers", b"usHErs"), (b"|41|b", b"xab")],
)
def test_what_is_captured_is_spelled_as_the_phrase(argument: bytes, value: bytes) -> None:
    found = Phrases(phrases_in(argument)).match(value, characters=False)
    assert found is not None
    assert ask("pm", argument, value) == (True, found.groups[0])


def test_a_file_is_as_in_modsecurity(tmp_path: Path) -> None:
    file = tmp_path / "list.data"
    file.write_bytes(b"foo\n  bar baz \n# remark\n  # remark\n\nqux#x\ncr\r\n \t\nEnd|41|")
    values = (
        b"foo",
        b"bar baz",
        b"  BAR baz ",
        b"remark",
        b"# remark",
        b"qux",
        b"qux#x",
        b"cr",
        b"cr\r",
        b" \t",
        b"end|41|",
        b"endA",
    )
    asked = Asked([("pmFromFile", str(file).encode())])
    operator = build("pmFromFile", b"list.data", tmp_path)
    for value in values:
        assert (operator.match(value, characters=False) is not None) == bool(asked.spans(value)), value
    assert len(values) == 12


def test_the_lists_of_crs_are_as_in_modsecurity() -> None:
    files = sorted(CRS.glob("*.data"))
    assert len(files) > 15
    asked = Asked([("pmFromFile", str(file).encode()) for file in files])
    operators = [build("pmf", file.name.encode(), CRS) for file in files]
    cases = 0
    for file in files:
        for phrase in phrases_of_lines(file.read_bytes())[::40]:
            for value in (phrase, b"x" + phrase.upper() + b"y", phrase[:-1], b"/" + phrase[1:] + phrase):
                theirs = asked.spans(value)
                for number, operator in enumerate(operators):
                    found = operator.match(value, characters=False)
                    assert (found is not None) == (number in theirs), (files[number].name, value)
                cases += 1
    assert cases > 300


def test_a_phrase_inside_of_a_failed_longer_one_is_found() -> None:
    """ModSecurity's automaton falls back one step only, and misses it."""
    assert ask("pm", b"abcde bcf cd", b"abcdX") == (False, None)
    found = Phrases([b"abcde", b"bcf", b"cd"]).match(b"abcdX", characters=False)
    assert found is not None and found.end == 4


def test_in_text_a_phrase_means_characters() -> None:
    operator = Phrases([b"\x81", b"\xe9t\xe9"])
    assert operator.match("い".encode(), characters=False) is not None
    assert operator.match("い".encode(), characters=True) is None
    assert operator.match("un été".encode(), characters=True) is not None
    assert operator.match(b"\xe9T\xe9", characters=True) is not None


def test_what_a_scanner_looks_for() -> None:
    needle = Phrases([b"Foo", b"\xe9"]).needle()
    assert needle is not None and needle.caseless
    assert set(needle.patterns(characters=False)) == {b"foo", b"\xe9", "é".encode()}
    assert Phrases([]).needle() is None
    assert Phrases([]).match(b"x", characters=False) is None


@pytest.mark.parametrize(("count", "size"), [(PHRASES, 1), (PHRASES + 1, 1), (1, PHRASE_BYTES), (1, PHRASE_BYTES + 1)])
def test_sizes_are_bounded(count: int, size: int) -> None:
    phrases = [b"x" * size] if count == 1 else [b"x"] * count
    if count > PHRASES or size > PHRASE_BYTES:
        with pytest.raises(OperatorInvalid, match="more than"):
            Phrases(phrases)
    else:
        assert Phrases(phrases).match(b"x" * size, characters=False) is not None


def test_a_scan_that_fails_is_a_match(monkeypatch: pytest.MonkeyPatch) -> None:
    operator = Phrases([b"ab"])

    def fail(self: Database, buffer: bytes) -> int | None:
        raise ScanFailed("no memory")

    monkeypatch.setattr(Database, "first_end", fail)
    assert operator.match(b"xyz", characters=False) == (0, 3, (), True)
