"""A scan reports every value that PCRE2 matches: the patterns of the Core Rule Set, and ones that are made up; both readings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pcre2  # type: ignore[import-untyped]  # the package has no stubs
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from policy.operators.match import OperatorInvalid, is_text
from policy.operators.rx import Rx
from policy.operators.table import needles
from policy.scan.needle import Needle
from policy.scan.scanner import Scanner, compile_scanner
from tests.core_rules import operators
from tests.near_matches import NearMatches

FLAGS = pcre2.DOTALL | pcre2.MULTILINE
SHARE = 4  # one needle in so many is tried by the ordinary run; all of them by `make test-long`
BATCH = 24  # values of one scan


class Oracle:
    """What PCRE2 says of a needle, with all the time that it wants."""

    def __init__(self, needle: Needle) -> None:
        self._needle = needle
        flags = FLAGS | (pcre2.IGNORECASE if needle.caseless else 0)
        if needle.kind == "rx":
            self._bytes = [pcre2.compile(pattern, flags) for pattern in needle.patterns(characters=False)]
            self._text = [
                pcre2.compile(b"(?r)" + pattern, flags | pcre2.UNICODE) for pattern in needle.patterns(characters=True)
            ]

    def matches(self, value: bytes, *, characters: bool) -> bool:
        text = characters and is_text(value)
        if self._needle.kind == "literal":
            phrases = self._needle.patterns(characters=text)
            if self._needle.caseless:
                return any(phrase.lower() in value.lower() for phrase in phrases)
            return any(phrase in value for phrase in phrases)
        try:
            return any(pattern.search(value) for pattern in (self._text if text else self._bytes))
        except pcre2.LibraryError:  # a limit was exhausted
            return False


def core_needles(share: int) -> dict[int, Needle]:
    found = {number: needles(operator) for number, (_, _, operator) in enumerate(operators())}
    kept = {number: needle for number, needle in found.items() if needle is not None}
    assert len(kept) == 309
    return {number: needle for place, (number, needle) in enumerate(kept.items()) if place % share == 0}


def missed(
    scanner: Scanner, oracles: Mapping[int, Oracle], values: list[bytes], *, characters: bool
) -> tuple[list[str], set[int]]:
    """(what was not reported, the needles that matched something)."""
    wrong: list[str] = []
    matched: set[int] = set()
    for start in range(0, len(values), BATCH):
        batch = values[start : start + BATCH]
        hits = scanner.scan(batch)
        for id_, oracle in oracles.items():
            for index, value in enumerate(batch):
                if oracle.matches(value, characters=characters):
                    matched.add(id_)
                    if index not in hits.get(id_, ()):
                        wrong.append(f"needle {id_} in {value!r}")
    return wrong, matched


def compare(share: int, per_needle: int, cache: Path, *, characters: bool) -> None:
    chosen = core_needles(share)
    scanner = compile_scanner(chosen, characters=characters, cache=cache)
    oracles = {id_: Oracle(needle) for id_, needle in chosen.items()}
    near = NearMatches(seed=share + per_needle)
    values = [
        near.of(needle, characters=characters and turn % 4 != 3)
        for turn in range(per_needle)
        for needle in chosen.values()
    ]
    wrong, matched = missed(scanner, oracles, values, characters=characters)
    assert wrong == []
    assert len(matched) > 0.95 * len(chosen), "the values are not near enough"
    assert sum(one.how == "always" for one in scanner.compiled) < 0.06 * len(chosen)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scan")


@pytest.mark.slow
@pytest.mark.parametrize("characters", [False, True])
def test_no_match_of_a_core_rule_is_missed(cache: Path, characters: bool) -> None:
    compare(SHARE, 16, cache, characters=characters)


@pytest.mark.long
@pytest.mark.parametrize("characters", [False, True])
def test_no_match_of_any_core_rule_is_missed(cache: Path, characters: bool) -> None:
    compare(1, 60, cache, characters=characters)


# fmt: off
ATOMS = st.sampled_from([
    *"aks<'= ", r"\w", r"\W", r"\d", r"\D", r"\s", r"\S", r"\h", r"\v", ".", "[a-z]", "[^a]", r"[^\s]", r"[\W_]", r"[^\W\d]",
    r"\b", r"\B", "^", "$", r"\A", r"\z", "(?=a)", "(?!a)", "(?<=a)", r"\x3c", r"\xe3\x80\x80", r"\xbc", "[[:alpha:]]",
    "[^[:^space:]]", "新", "[ぁ-ん]", r"\R", r"\K", r"\Qa.b\E", r"[\x80-\xff]", r"[^\x00-\x7f]", r"\p{L}", r"(a)\1", "(?i)",
    "(?-i:k)", "(?>a|as)", r"\t", r"[\h'´’]", r"[^\v]", "(?s-i)",
])
# fmt: on
COUNTS = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{1,3}", "{2,}", "*?", "++"])
ZERO_WIDTH = frozenset(["^", "$", r"\b", r"\B", r"\A", r"\z", "(?=a)", "(?!a)", "(?<=a)", r"\K", "(?i)", "(?s-i)"])


def _counted(atom: str, count: str) -> str:
    return atom if atom in ZERO_WIDTH else atom + count


PATTERNS = st.recursive(
    st.builds(_counted, ATOMS, COUNTS),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.builds(
            lambda parts, count: f"(?:{'|'.join(parts)}){count}", st.lists(inner, min_size=1, max_size=3), COUNTS
        ),
        st.builds(lambda part: f"(?i:{part})", inner),
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(PATTERNS, min_size=1, max_size=4), st.integers(0, 2**32))
def test_no_match_of_a_made_up_pattern_is_missed(patterns: list[str], seed: int) -> None:
    try:
        chosen = {
            id_: needle for id_, pattern in enumerate(patterns) if (needle := Rx(pattern.encode()).needle()) is not None
        }
    except OperatorInvalid:  # such as a back reference to a group that the making up has repeated
        assume(False)
    oracles = {id_: Oracle(needle) for id_, needle in chosen.items()}
    near = NearMatches(seed)
    for characters in (False, True):
        scanner = compile_scanner(chosen, characters=characters)
        values = [
            near.of(needle, characters=characters and turn % 4 != 3) for turn in range(8) for needle in chosen.values()
        ]
        assert missed(scanner, oracles, values, characters=characters)[0] == []
