from __future__ import annotations

import pytest

from policy.operators.pattern import NESTING, PATTERN_BYTES, Item, PatternInvalid, Token, looks_back, take_apart


@pytest.mark.parametrize(
    ("pattern", "tokens"),
    [
        (b"a+", [Token("literal", b"a", 97), Token("repeat", b"+", 1)]),
        (b"a{2, 3}?", [Token("literal", b"a", 97), Token("repeat", b"{2,3}?", 0)]),
        (b"a{,3}", [Token("literal", b"a", 97), Token("repeat", b"{0,3}", 0)]),
        (b"a{2,}", [Token("literal", b"a", 97), Token("repeat", b"{2,}", 1)]),
        (b"{a", [Token("literal", b"{", 123), Token("literal", b"a", 97)]),
        (
            rb"\x{41}\x42\103",
            [Token("literal", rb"\x{41}", 65), Token("literal", rb"\x42", 66), Token("literal", rb"\103", 67)],
        ),
        (rb"(\1)", [Token("open", b"("), Token("any", rb"\g{1}"), Token("close", b")")]),
        (rb"\11", [Token("literal", rb"\11", 9)]),
        (b"(?#a)", []),
        (b"[^a-c-]", [Token("class", b"[^a-c-]", 1, (Item(97, 99), Item(45, 45)))]),
        (rb"[\w-\]]", [Token("class", rb"[\w-\]]", 0, (Item(0, 0, rb"\w"), Item(45, 45), Item(93, 93)))]),
        (b"[[:alpha:]]", [Token("class", b"[[:alpha:]]", 0, (Item(0, 0, b"[:alpha:]"),))]),
        (rb"[\Qa]\E]", [Token("class", rb"[\Qa]\E]", 0, (Item(97, 97), Item(93, 93)))]),
        (rb"[\b]", [Token("class", rb"[\b]", 0, (Item(8, 8),))]),
        (b"(?x) a #b\nc", [Token("any", b"(?x)"), Token("literal", b"a", 97), Token("literal", b"c", 99)]),
        (
            b"(?x:(?-x) )",
            [Token("open", b"(?x:"), Token("any", b"(?-x)"), Token("literal", b" ", 32), Token("close", b")")],
        ),
        (b"(?x:a ) b", [*take_apart(b"(?x:a)"), Token("literal", b" ", 32), Token("literal", b"b", 98)]),
        (b"(?^) a", [Token("any", b"(?^)"), Token("literal", b" ", 32), Token("literal", b"a", 97)]),
    ],
)
def test_patterns_are_taken_apart(pattern: bytes, tokens: list[Token]) -> None:
    assert take_apart(pattern) == tokens


@pytest.mark.parametrize(
    ("pattern", "word"),
    [
        (b"(*SKIP)a", "verbs"),
        (b"(*UTF)a", "verbs"),
        (b"(?C)a", "callouts"),
        (b"(?R)", "whole pattern"),
        (b"(?0)", "whole pattern"),
        (b"(?+0)", "whole pattern"),
        (rb"\g<0>", "whole pattern"),
        (b"(?xx)a", "xx"),
        (b"(?#a", "comment"),
        (b"(?;a)", "group"),
        (b"[a", "class"),
        (b"[a\\", "class"),
        (b"[b-a]", "order"),
        (b"a\\", "backslash"),
        (rb"\u0041", "escape"),
        (rb"\i", "escape"),
        (rb"\x{100}", "0xFF"),
        (rb"[\x{100}]", "0xFF"),
        (rb"\777", "0xFF"),
        (b"\\c\x80", "printable"),
        (b"\\c", "printable"),
    ],
)
def test_what_cannot_be_followed_is_refused(pattern: bytes, word: str) -> None:
    with pytest.raises(PatternInvalid) as invalid:
        take_apart(pattern)
    assert word in invalid.value.message
    assert 0 <= invalid.value.position <= len(pattern)


def test_the_size_is_bounded() -> None:
    assert len(take_apart(b"a" * PATTERN_BYTES)) == PATTERN_BYTES
    with pytest.raises(PatternInvalid, match="more than"):
        take_apart(b"a" * (PATTERN_BYTES + 1))


@pytest.mark.parametrize(
    ("pattern", "looks"),
    [
        (b"a", False),
        (b"a$", False),
        (b"^a", True),
        (rb"a\b", True),
        (rb"a\B", True),
        (b"(?<=a)b", True),
        (b"(?<!a)b", True),
        (b"(?=a)", False),
    ],
)
def test_what_stands_before_can_matter(pattern: bytes, looks: bool) -> None:
    assert looks_back(pattern) is looks


def test_nesting_is_bounded() -> None:
    assert take_apart(b"(" * NESTING + b")" * NESTING)
    with pytest.raises(PatternInvalid, match="groups within groups"):
        take_apart(b"(" * (NESTING + 1) + b")" * (NESTING + 1))
