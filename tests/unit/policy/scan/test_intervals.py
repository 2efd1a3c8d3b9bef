"""Sets of code points, and the classes compared with the installed PCRE2 for every character there is."""

from __future__ import annotations

import pcre2  # type: ignore[import-untyped]  # the package has no stubs
import pytest

from policy.scan.intervals import (
    POSIX,
    TOP_BYTE,
    TOP_CHARACTER,
    Ranges,
    class_escape,
    complement,
    count,
    intersection,
    posix_class,
    union,
    utf8_sequences,
)

ESCAPES = "dDwWsShHvV"
BELOW = "".join(map(chr, range(0xD800)))
ABOVE = "".join(map(chr, range(0xE000, TOP_CHARACTER + 1)))


def as_pcre2_has_it(pattern: str) -> Ranges:
    """Code points that are characters (no surrogates) and match this class."""
    runs = pcre2.compile(f"{pattern}+", pcre2.UNICODE)
    found = [match.span() for match in runs.finditer(BELOW)]
    found += [(start + 0xE000, end + 0xE000) for start, end in (match.span() for match in runs.finditer(ABOVE))]
    return union((start, end - 1) for start, end in found)


def within(inner: Ranges, outer: Ranges) -> bool:
    characters = complement(((0xD800, 0xDFFF),), TOP_CHARACTER)
    return intersection(intersection(inner, characters), complement(outer, TOP_CHARACTER)) == ()


def test_sets_are_sorted_and_disjoint() -> None:
    assert union([(5, 9)], [(1, 2), (3, 3), (20, 30)], [(25, 40)]) == ((1, 3), (5, 9), (20, 40))
    assert union() == ()
    assert complement(((0, 2), (5, 9)), 9) == ((3, 4),)
    assert complement((), 7, 3) == ((3, 7),)
    assert complement(((3, 4),), 9, 2) == ((2, 2), (5, 9))
    assert intersection(((0, 5), (8, 9)), ((4, 8),)) == ((4, 5), (8, 8))
    assert count(((0, 5), (8, 8))) == 7


@pytest.mark.parametrize("letter", ESCAPES)
def test_an_escape_is_between_its_narrow_and_its_wide_set(letter: str) -> None:
    real = as_pcre2_has_it("\\" + letter)
    wide = class_escape(letter, characters=True, narrow=False)
    narrow = class_escape(letter, characters=True, narrow=True)
    assert within(real, wide)
    assert within(narrow, real)
    assert intersection(wide, ((0, 0x7F),)) == intersection(real, ((0, 0x7F),)) == intersection(narrow, ((0, 0x7F),))


@pytest.mark.parametrize("letter", "shv")
def test_spaces_are_known_exactly(letter: str) -> None:
    assert class_escape(letter, characters=True, narrow=False) == as_pcre2_has_it("\\" + letter)


@pytest.mark.parametrize("name", sorted(POSIX))
@pytest.mark.parametrize("negated", [False, True])
def test_a_posix_class_is_between_its_narrow_and_its_wide_set(name: str, negated: bool) -> None:
    real = as_pcre2_has_it(f"[[:{'^' if negated else ''}{name}:]]")
    assert within(real, posix_class(name, negated=negated, characters=True, narrow=False))
    assert within(posix_class(name, negated=negated, characters=True, narrow=True), real)


@pytest.mark.parametrize("pattern", [*("\\" + letter for letter in ESCAPES), *(f"[[:{name}:]]" for name in POSIX)])
def test_bytewise_a_class_is_exact(pattern: str) -> None:
    compiled = pcre2.compile(pattern.encode(), pcre2.DOTALL)
    real = union((byte, byte) for byte in range(256) if compiled.search(bytes((byte,))))
    if pattern.startswith("\\"):
        assert class_escape(pattern[1], characters=False, narrow=False) == real
    else:
        name = pattern[3:-3]
        assert posix_class(name, negated=False, characters=False, narrow=False) == real
        assert posix_class(name, negated=True, characters=False, narrow=False) == complement(real, TOP_BYTE)


def test_there_are_ten_escapes_and_fourteen_posix_classes() -> None:
    assert (len(ESCAPES), len(POSIX)) == (10, 14)


@pytest.mark.parametrize(
    "low, high",
    [
        (0x80, 0x80),
        (0x80, 0xFF),
        (0x7F0, 0x810),
        (0x3041, 0x3096),
        (0xFFF0, 0x1000F),
        (0x1F000, 0x1F7FF),
        (0x10FF00, TOP_CHARACTER),
    ],
)
def test_sequences_of_bytes_are_those_of_the_characters(low: int, high: int) -> None:
    sequences = utf8_sequences(low, high)

    def members(code: int) -> int:
        encoded = chr(code).encode()
        return sum(
            len(sequence) == len(encoded)
            and all(first <= byte <= last for byte, (first, last) in zip(encoded, sequence, strict=True))
            for sequence in sequences
        )

    around = [
        code
        for code in range(max(0x80, low - 0x200), min(high + 0x200, TOP_CHARACTER) + 1)
        if not 0xD800 <= code <= 0xDFFF
    ]
    assert all(members(code) == (low <= code <= high) for code in around)
