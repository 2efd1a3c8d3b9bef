from __future__ import annotations

import re
from pathlib import Path

import pytest

from policy.operators.match import Operator, OperatorInvalid
from policy.operators.table import (
    FILE_BYTES,
    FROM_FILE,
    INERT,
    REFUSED,
    SIMPLE,
    VARIABLE_OPERATORS,
    WITH_MACROS,
    build,
    build_variable,
    needles,
)
from tests.unit.policy.operators.samples import crs_arguments

# The manual's operators: an argument, a value that matches and one that does not (None: there is none). Every row is tried.
MANUAL: dict[str, tuple[bytes, bytes | None, bytes | None]] = {
    "beginsWith": (b"ab", b"abc", b"xab"),
    "contains": (b"ab", b"xabx", b"a b"),
    "containsWord": (b"ab", b"x ab", b"xab"),
    "detectSQLi": (b"", b"1' or '1'='1", b"yamada"),
    "detectXSS": (b"", b"<script>alert(1)</script>", b"yamada"),
    "endsWith": (b"ab", b"xab", b"abx"),
    "eq": (b"5", b"5", b"6"),
    "ge": (b"5", b"5", b"4"),
    "geoLookup": (b"", None, b"192.0.2.1"),
    "gt": (b"5", b"6", b"5"),
    "ipMatch": (b"192.0.2.0/24", b"192.0.2.1", b"198.51.100.1"),
    "ipMatchF": (b"networks", b"192.0.2.1", b"198.51.100.1"),
    "ipMatchFromFile": (b"networks", b"192.0.2.1", b"198.51.100.1"),
    "le": (b"5", b"5", b"6"),
    "lt": (b"5", b"4", b"5"),
    "noMatch": (b"", None, b"a"),
    "pm": (b"ab cd", b"xCDx", b"c d"),
    "pmf": (b"phrases", b"xCDx", b"c d"),
    "pmFromFile": (b"phrases", b"xCDx", b"c d"),
    "rbl": (b"rbl.example", None, b"192.0.2.1"),
    "rx": (b"a+b", b"xaab", b"b"),
    "rxGlobal": (b"a+b", b"xaab", b"b"),
    "streq": (b"ab", b"ab", b"abx"),
    "strmatch": (b"ab", b"xabx", b"a b"),
    "unconditionalMatch": (b"", b"", None),
    "validateByteRange": (b"32-126", b"\x00", b"a"),
    "validateUrlEncoding": (b"", b"%4", b"%41"),
    "validateUtf8Encoding": (b"", b"\xff", "あ".encode()),
    "verifyCC": (rb"\d+", b"4111111111111111", b"4111111111111110"[:1] + b"1"),
    "verifyCPF": (rb"[\d.-]+", b"111.444.777-35", b"111.444.777-36"),
    "verifySSN": (rb"\d+", b"078051120", b"666051120"),
    "verifySVNR": (rb"\d+", b"1237010180", b"1230010180"),
    "within": (b"ab,cd", b"cd", b"ac"),
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "networks").write_bytes(b"192.0.2.0/24\n")
    (tmp_path / "phrases").write_bytes(b"# remark\nab\ncd\n")
    return tmp_path


def test_every_operator_is_tried() -> None:
    assert {name.lower() for name in MANUAL} == {*SIMPLE, *FROM_FILE, *INERT}
    assert (len(MANUAL), len(REFUSED)) == (33, 7)
    assert not set(REFUSED) & {*SIMPLE, *FROM_FILE, *INERT}
    assert set(SIMPLE) >= WITH_MACROS


@pytest.mark.parametrize("name", MANUAL)
def test_operators_match_and_do_not(name: str, directory: Path) -> None:
    argument, right, wrong = MANUAL[name]
    operator = build(name, argument, directory)
    for characters in (False, True):
        if right is not None:
            found = operator.match(right, characters=characters)
            assert found is not None and 0 <= found.start <= found.end <= len(right) and not found.exhausted
        if wrong is not None:
            assert operator.match(wrong, characters=characters) is None


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_why(name: str, directory: Path) -> None:
    with pytest.raises(OperatorInvalid, match="refused on purpose"):
        build(name, b"x", directory)


def test_an_unknown_operator_is_no_operator(directory: Path) -> None:
    with pytest.raises(OperatorInvalid, match="there is no operator @like"):
        build("like", b"x", directory)


def test_an_expanded_macro_makes_an_operator_that_is_kept() -> None:
    make = build_variable("rx")
    first = make(b"a+b")
    assert first.match(b"aab", characters=False) is not None
    assert make(b"a+b") is first
    for number in range(VARIABLE_OPERATORS):
        make(b"%d" % number)
    assert make(b"a+b") is not first
    with pytest.raises(OperatorInvalid):
        make(b"(")


@pytest.mark.parametrize("name", sorted(set(MANUAL) - {name for name in MANUAL if name.lower() in WITH_MACROS}))
def test_other_operators_take_no_macro(name: str) -> None:
    with pytest.raises(OperatorInvalid, match="takes no macro"):
        build_variable(name)


def test_several_files_are_one_list(directory: Path) -> None:
    (directory / "more").write_bytes(b"ef")
    operator = build("pmFromFile", b"phrases more", directory)
    assert [operator.match(value, characters=False) is not None for value in (b"ab", b"ef", b"gh")] == [
        True,
        True,
        False,
    ]
    assert build("pmf", str(directory / "more").encode(), Path("/")).match(b"ef", characters=False) is not None


@pytest.mark.parametrize(
    ("argument", "word"),
    [
        (b"none", "cannot be read"),
        (b"", "missing"),
        (b"https://example.test/list", "network"),
        (b".", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error(argument: bytes, word: str, directory: Path) -> None:
    with pytest.raises(OperatorInvalid, match=word):
        build("pmFromFile", argument, directory)


@pytest.mark.parametrize("size", [FILE_BYTES, FILE_BYTES + 1])
def test_the_size_of_a_file_is_bounded(size: int, directory: Path) -> None:
    (directory / "large").write_bytes(b"#" * size)
    if size > FILE_BYTES:
        with pytest.raises(OperatorInvalid, match=f"more than {FILE_BYTES} bytes"):
            build("ipMatchF", b"large", directory)
    else:
        assert build("ipMatchF", b"large", directory).match(b"192.0.2.1", characters=False) is None


def test_needles_are_true_of_what_matches(directory: Path) -> None:
    asked = 0
    for name, (argument, right, _) in MANUAL.items():
        operator: Operator = build(name, argument, directory)
        needle = needles(operator)
        if needle is None or right is None:
            continue
        asked += 1
        for text in needle.patterns(characters=False):
            if needle.kind == "rx":
                assert re.search(text, right)
        if needle.kind == "literal":
            folded = right.lower() if needle.caseless else right
            assert any(text in folded for text in needle.patterns(characters=False))
    assert asked == 8


def test_every_operator_of_crs_builds() -> None:
    for name, least in (("rx", 200), ("pm", 5), ("pmFromFile", 15), ("validateByteRange", 5)):
        arguments = crs_arguments(name.encode())
        assert len(arguments) >= least
        for argument in arguments:
            build(name, argument, Path("/usr/share/modsecurity-crs/rules"))
