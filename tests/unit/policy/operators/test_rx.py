from __future__ import annotations

from pathlib import Path

import pytest

from policy.effort import Effort
from policy.operators.match import Match, OperatorInvalid
from policy.operators.rx import GLOBAL_MATCHES, Rx, RxGlobal
from tests.unit.policy.operators.modsecurity import Asked, ask
from tests.unit.policy.operators.samples import Sampler, crs_arguments

# Constructs that CRS has none of, or few: pattern, values. Asked of ModSecurity too.
CONSTRUCTS: tuple[tuple[bytes, tuple[bytes, ...]], ...] = (
    (rb"^b(x)?(y)?$", (b"a\nb", b"a\nby", b"a\nb\nc", b"ab")),
    (rb".", (b"\nb", b"", "あ".encode(), b"\xe3")),
    (rb"a(.)b", (b"a\nb", b"A\nB", b"acb")),
    (rb"(a)|(b)", (b"b", b"a", b"c")),
    (rb"a|", (b"", b"xa")),
    (rb"(?i)\xc3\xa9", ("é".encode(), "É".encode())),
    (rb"\xg", (b"\x00g", b"xg")),
    (rb"\x4", (b"\x04", b"x4")),
    (rb"\x{e3}+", (b"\xe3\xe3", b"x")),
    (rb"\o{101}\101\0", (b"AA\x00", b"AA")),
    (rb"(a)\1\11", (b"aa\x09", b"aaa")),
    (rb"a\Kb", (b"ab", b"b")),
    (rb"(?<=a)b(?!c)", (b"ab", b"abc", b"b")),
    (rb"(?=b)", (b"ab", b"a")),
    (rb"\Cb", (b"ab", b"\xe3b", b"b")),
    (rb"\Qa.b\E+", (b"a.bbb", b"acb")),
    (rb"[\Qa-c\E]+", (b"-", b"b", b"ac")),
    (rb"\R\s\h", (b"\r\n\x0b\xa0", b"\x85 \t", b"\n\x85 ")),
    (rb"[]a]+[^]]", (b"]ab", b"]a]")),
    (rb"[a-]+[-z]", (b"a--z", b"b")),
    (rb"[--/]", (b".", b"0", b",")),
    (rb"[\w-]+=", (b"a-b=", b"a+b=")),
    (rb"[[:alpha:]_[:^digit:]]x", (b"ax", b"1x", b"_x")),
    (rb"(?x) a b # a remark ( [" + b"\n c", (b"abc", b"a b c")),
    (rb"(?x: a\ b ) c", (b"a b c", b"abc")),
    (rb"(?#remark)a", (b"a", b"b")),
    (rb"(?<n>a)(?P<m>b)(?'o'c)\k<n>(?P=m)\g{o}", (b"abcabc", b"abcab")),
    (rb"(a|b(?1)c)", (b"bbacc", b"bc", b"a")),
    (rb"(?(?=a)ab|cd)", (b"ab", b"cd", b"ad")),
    (rb"(a)?(?(1)b|c)", (b"ab", b"c", b"xc")),
    (rb"(?|(a)|(b))c", (b"bc", b"ac")),
    (rb"(?>a+)b", (b"aab", b"aaa")),
    (rb"a{2}b{1,}c{1,2}d{,2}", (b"aabcd", b"aabbccd", b"abcd")),
    (rb"a{x}b{1,x", (b"a{x}b{1,x", b"aaab")),
    (rb"a*+b++c?+d*?e+?f??", (b"aabbcde", b"be", b"bdef")),
    (rb"(?-i)a(?i)b|c(?s-m:.)", (b"aB", b"C\n", b"ab")),
    (rb"\N\V\H\D\W\S", (b"aaaa-a", b"\naaa-a")),
    (rb"\bab\B.\Z", (b"abc", b"ab.", b"xab")),
    (rb"\cA\ca\e\f\t\a", (b"\x01\x01\x1b\x0c\x09\x07", b"x")),
    (rb"\Aab\z|\Gx", (b"ab", b"x", b"ax")),
    (rb"\p{L}\pN\P{L}", (b"a1-", b"a1a", b"\xe91-")),
    (rb"((((((((((((a))))))))))))", (b"a", b"b")),
    (rb"\$\.\*\{\|\}\(\)\[\]\^\\\/", (b"$.*{|}()[]^\\/", b"x")),
    (rb"\<\>\_\-\%\&\@\!\#\;\:\'\,\=\~", (b"<>_-%&@!#;:',=~", b"x")),
)


def spans_of(match: Match) -> int:
    return sum(group is not None for group in match.groups)


@pytest.mark.parametrize(("pattern", "values"), CONSTRUCTS)
def test_every_construct_matches_as_in_modsecurity(pattern: bytes, values: tuple[bytes, ...]) -> None:
    operator, asked = Rx(pattern), Asked([("rx", pattern)])
    for value in values:
        theirs = asked.spans(value)
        ours = operator.match(value, characters=False)
        assert (ours is not None) == bool(theirs), value
        if ours is not None:
            assert (ours.start, ours.end) == theirs[0][0]
            groups = [value[start:end] for start, end in theirs[0]]
            assert [group for group in ours.groups if group is not None] == groups


def test_constructs_are_counted() -> None:
    assert (len(CONSTRUCTS), sum(len(values) for _, values in CONSTRUCTS)) == (44, 109)


def test_the_patterns_of_crs_match_as_in_modsecurity() -> None:
    patterns = crs_arguments(b"rx")
    assert len(patterns) > 200
    asked = Asked([("rx", pattern) for pattern in patterns])
    operators = [Rx(pattern) for pattern in patterns]
    sampler = Sampler(7)
    hits = 0
    for turn in range(2 * len(patterns)):
        value = sampler.near(patterns[turn % len(patterns)], [])
        theirs = asked.spans(value)
        for number, operator in enumerate(operators):
            ours = operator.match(value, characters=False)
            assert (ours is not None) == (number in theirs), (patterns[number], value)
            if ours is not None:
                assert not ours.exhausted
                groups = [value[start:end] for start, end in theirs[number]]
                assert [group for group in ours.groups if group is not None] == groups, (patterns[number], value)
                hits += 1
    assert hits > 1_000


@pytest.mark.parametrize("name", ["rx", "rxGlobal"])
def test_an_empty_pattern_is_dot_star(name: str) -> None:
    assert ask(name, b"%{tx.none}", b"ab") == (True, b"ab")
    operator = Rx(b"") if name == "rx" else RxGlobal(b"")
    found = operator.match(b"ab", characters=False)
    assert found is not None and found.groups[0] == b"ab"


@pytest.mark.parametrize(
    ("pattern", "value", "groups"),
    [
        (rb"(a)(b)?", b"xabaab", (b"ab", b"a", b"b", b"a", b"a", b"ab", b"a", b"b")),
        (rb"(a)|(b)", b"ab", (b"a", b"a", b"b", None, b"b")),
        (rb"(a)|(b)|()", b"xab", (b"", None, b"a", b"a", b"b", None, b"", None, None, b"")),
        (rb"a*", b"baac", (b"", b"aa", b"", b"")),
    ],
)
def test_rx_global_numbers_groups_by_what_is_stored(
    pattern: bytes, value: bytes, groups: tuple[bytes | None, ...]
) -> None:
    found = RxGlobal(pattern).match(value, characters=False)
    assert found is not None and found.groups == groups
    assert ask("rxGlobal", pattern, value) == (True, groups[0])


def test_rx_global_stops_at_its_limit() -> None:
    operator = RxGlobal(b"a")
    for count, exhausted in ((GLOBAL_MATCHES - 1, False), (GLOBAL_MATCHES, True)):
        found = operator.match(b"a" * count, characters=False)
        assert found is not None and found.exhausted is exhausted


def test_rx_global_goes_from_character_to_character() -> None:
    found = RxGlobal(b"x*").match("あx".encode(), characters=True)
    assert found is not None and found.groups == (b"", b"x", b"")


@pytest.mark.parametrize(
    "pattern",
    [b"(", b"a)", b"[a", b"*a", b"a\\", rb"\u0041", rb"\x{100}", b"(*UTF)a", b"(?R)", b"(?C1)a", b"(?<=a+)b", rb"\1"],
)
def test_a_pattern_that_is_of_no_use_does_not_load(pattern: bytes) -> None:
    with pytest.raises(OperatorInvalid, match="at byte"):
        Rx(pattern)


@pytest.mark.parametrize(
    ("value", "end"),
    [(b"a\n", 1), ("あb".encode(), 3), ("éあ".encode(), 2), (b"\xe3a", 1), (b"\x80", 1), ("😀".encode(), 4)],
)
def test_a_dot_is_the_first_character(value: bytes, end: int) -> None:
    for pattern in (b".", b"(?:.)"):  # the other one goes to PCRE2
        assert Rx(pattern).match(value, True) == Match(0, end, (value[:end],))
        assert Rx(pattern).match(value, False) == Match(0, 1, (value[:1],))
        assert Rx(pattern).match(b"", True) is None


def test_classes_mean_characters_in_text() -> None:
    value = "（新宿　一子）".encode()
    assert Rx(rb"\W\w{2}\s").match(value, characters=True) is not None
    assert Rx(rb"\W\w{2}\s").match(value, characters=False) is None
    assert Rx(rb"[\x80-\xff]{8}").match(value, characters=True) is None
    assert Rx(rb"[\x80-\xff]{8}").match(value, characters=False) is not None
    assert Rx(rb"\W{3}").match(value, characters=True) is None
    assert Rx(rb"\W{3}").match(value, characters=False) is not None


# pattern, value, whether it matches bytewise, whether by characters
BESIDE_JAPANESE = (
    (rb"\bassert\s*\(", "申込assert (x)", True, True),
    (rb"\bassert\s*\(", "Xassert (x)", False, False),
    (rb"union\b", "union選択", True, True),
    (rb"union\b", "unions選択", False, False),
    (rb"\bassert", "ｱassert", True, True),
    (r"\b山田\b", "、山田。", False, True),
    (r"\b山田\b", "、山田太郎", False, False),
    (r"\b山田\b", "x山田y", True, True),
    (rb"\Bb\B", "あbあ", False, False),
    (rb"\Bb\B", "abc", True, True),
    (r"一\B子", "一子", True, True),
    (rb"^[\W\d]+\s*?alter", "申込 alter", True, True),
    (rb"^[\W\d]+\s*?alter", "申込x alter", False, False),
    (rb"[^\w]drop", "新drop", True, True),
    (rb"drop(?!\w)", "drop新", True, True),
    (rb"drop(?!\w)", "drops", False, False),
    (rb"\$[a-z\x7f-\xff]+\(", "$新宿(1)", True, True),
    (rb"[\xa0-\xff]+\(", "新宿(1)", True, False),
    (rb"get\s+\S+\s+http", "get 　x http", True, True),
    (rb"\W{4}", "申込一子", True, False),
    (rb"\W{4}", "申込！？（）", True, False),
    (rb"\W{4}", "申込'/**/", True, True),
    (rb"(?:[()'][^()']*?){4}", "定数 (最大) と行数 (最小)", True, False),
    (rb"(?:[()'][^()']*?){4}", "定数 (a) 'b'", True, True),
    (rb"\w+=", "氏名=", False, True),
    (rb"delete\s+\w+", "delete キーを", False, False),
    (rb"delete\s+\w+", "delete　x", False, True),
    (rb"a\sb", "a　b", False, True),
)


@pytest.mark.parametrize(("pattern", "value", "bytewise", "by_characters"), BESIDE_JAPANESE)
def test_japanese_beside_an_attack_hides_nothing(
    pattern: str | bytes, value: str, bytewise: bool, by_characters: bool
) -> None:
    operator = Rx(pattern if isinstance(pattern, bytes) else pattern.encode())
    assert (operator.match(value.encode(), characters=False) is not None) is bytewise
    assert (operator.match(value.encode(), characters=True) is not None) is by_characters


def test_the_cases_beside_japanese_are_counted() -> None:
    assert len(BESIDE_JAPANESE) == 28


def test_a_rule_for_one_byte_per_character_does_not_fire_inside_of_japanese() -> None:
    (pattern,) = (pattern for pattern in crs_arguments(b"rx") if rb"\xbc[^\xbe>]*[\xbe>]" in pattern)
    operator = Rx(pattern)
    value = "（申込 一子、代理）".encode()
    assert operator.match(value, characters=False) is not None
    assert operator.match(value, characters=True) is None
    planted = "新宿<script>".encode()
    assert operator.match(planted, characters=True) is None or operator.match(planted, characters=False) is not None
    assert operator.match(b"\xbcscript\xbe", characters=True) is not None  # no UTF-8: read bytewise


def test_a_hit_in_text_begins_and_ends_between_characters() -> None:
    value = "あいう".encode()
    assert Rx(b"\x81").match(value, characters=True) is None
    found = Rx("い".encode()).match(value, characters=True)
    assert found is not None and (found.start, found.end, found.groups) == (3, 6, ("い".encode(),))


def test_what_a_request_may_cost_is_shared() -> None:
    operator = Rx(rb"(?:a+)+[$%]")
    value = b"a" * 4_096
    effort = Effort(1_000_000)
    found = operator.match_within(value, False, effort)
    assert found is not None and found.exhausted
    assert effort.left < 1_000_000
    spent = Effort(-1)
    for text in (value, b"short"):
        assert operator.match_within(text, False, spent) == Match(0, len(text), (), True)
    assert spent.left == -1


def test_a_hyphen_beside_a_set_is_a_hyphen() -> None:
    """PCRE2 refuses it, so ModSecurity's rule never matches; Perl, PCRE1 and the Core Rule Set 4.0 mean a hyphen."""
    for pattern in (rb'[^\s\v-"]', rb"[a-\d]", rb"[[:alpha:]-z]"):
        assert Asked([("rx", pattern)]).spans(b"-") == {}
    assert Rx(rb'[\v-"]').match(b"-", characters=False) is not None
    assert Rx(rb'[\v-"]').match(b"!", characters=False) is None


def test_the_crs_is_there() -> None:
    assert Path("/usr/share/modsecurity-crs/rules").is_dir()
