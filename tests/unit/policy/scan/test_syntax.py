"""Every construct of PCRE2's patterns: how it is read, bytewise and by characters. One row each."""

from __future__ import annotations

import pytest

from policy.scan.syntax import MAX_DEPTH, parse
from policy.scan.tree import Unscannable, write

SPACE = rb"[\x09-\x0d\x20]"
TEXT_SPACE = (
    rb"(?:[\x09-\x0d\x20]|\xc2\x85|\xc2\xa0|\xe1\x9a\x80|\xe1\xa0\x8e"
    rb"|\xe2\x80[\x80-\x8a]|\xe2\x80[\xa8-\xa9]|\xe2\x80\xaf|\xe2\x81\x9f|\xe3\x80\x80)"
)
TEXT_DIGIT = (
    rb"(?:[0-9]|[\xd8-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|\xe1[\x80-\xbf][\x80-\xbf]|\xea[\x80-\xbf][\x80-\xbf]"
    rb"|\xef\xbc[\x90-\x99]|\xf0[\x90-\x9f][\x80-\xbf][\x80-\xbf])"
)
TEXT_WORD = rb"[0-9A-Z\x5fa-z\x80-\xff]{1,4}"

# pattern, as bytes, as characters (None: the same)
READ: list[tuple[bytes, bytes, bytes | None]] = [
    # literals and escapes
    (b"aZ9", b"aZ9", None),
    (b"<-]}", rb"\x3c\x2d\x5d\x7d", None),
    (rb"\.\*\\\/", rb"\x2e\x2a\x5c\x2f", None),
    (rb"\n\r\t\f\a\e", rb"\x0a\x0d\x09\x0c\x07\x1b", None),
    (rb"\x41\x4\x", rb"A\x04\x00", None),
    (rb"\x{41}\x{ 42 }", b"AB", None),
    (rb"\0\012\o{101}", rb"\x00\x0aA", None),
    (rb"\cA\c[", rb"\x01\x1b", None),
    (rb"\Qa.b|\E+", rb"a\x2eb\x7c+", None),
    (rb"\Q\E\Qab", b"ab", None),
    (rb"a\Eb", b"ab", None),
    (rb"\xe9", rb"\xe9", rb"\xc3\xa9"),
    ("新+".encode(), rb"\xe6\x96\xb0+", rb"(?:\xe6\x96\xb0)+"),
    # characters of a kind
    (rb"\d\D", rb"[0-9][\x00-\x2f\x3a-\xff]", TEXT_DIGIT + rb"[\x00-\x2f\x3a-\xff]{1,4}"),
    (rb"\w", rb"[0-9A-Z\x5fa-z]", TEXT_WORD),
    (rb"\W", rb"[\x00-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\xff]", rb"[\x00-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\xff]{1,4}"),
    (rb"\s", SPACE, TEXT_SPACE),
    (rb"\S*", rb"[\x00-\x08\x0e-\x1f\x21-\xff]*", None),
    (rb"\h\H", rb"[\x09\x20\xa0][\x00-\x08\x0a-\x1f\x21-\x9f\xa1-\xff]", rb"(?:[\x09\x20\xa0]|\xc2\xa0|\xe1\x9a\x80|\xe1\xa0\x8e"
     rb"|\xe2\x80[\x80-\x8a]|\xe2\x80\xaf|\xe2\x81\x9f|\xe3\x80\x80)[\x00-\x08\x0a-\x1f\x21-\xff]{1,4}"),
    (rb"\v", rb"[\x0a-\x0d\x85]", rb"(?:[\x0a-\x0d\x85]|\xc2\x85|\xe2\x80[\xa8-\xa9])"),
    (rb"\R", rb"(?:\x0d\x0a|[\x0a-\x0d\x85])", rb"(?:\x0d\x0a|(?:[\x0a-\x0d\x85]|\xc2\x85|\xe2\x80[\xa8-\xa9]))"),
    (rb".\N", b"..", b".{1,4}.{1,4}"),
    (rb"\p{L}\PN\C", b"(?s:.)(?s:.)(?s:.)", b"(?s:.){1,4}(?s:.){1,4}(?s:.){1,4}"),
    (rb"\X", b"(?s:.*)", None),
    # classes
    (b"[abc]", b"[a-c]", None),
    (b"[^abc]", b"[^a-c]", b"[^a-c]{1,4}"),
    (b"[]a]", rb"[\x5da]", None),
    (b"[^]a]", rb"[^\x5da]", rb"[^\x5da]{1,4}"),
    (b"[a-]", rb"[\x2da]", None),
    (b"[-a]", rb"[\x2da]", None),
    (b"[a\\-z]", rb"[\x2daz]", None),
    (rb"[\w-z]", rb"[\x2d0-9A-Z\x5fa-z]", rb"[\x2d0-9A-Z\x5fa-z\x80-\xff]{1,4}"),
    (rb"[a-\d]", rb"[\x2d0-9a]", TEXT_DIGIT.replace(b"0-9", rb"\x2d0-9a")),
    (rb"[\x41-\103\b\]]", rb"[\x08A-C\x5d]", None),
    (rb"[^\s]", rb"[^\x09-\x0d\x20]", rb"[^\x09-\x0d\x20]{1,4}"),
    (rb"[^\w]", rb"[^0-9A-Z\x5fa-z]", rb"[^0-9A-Z\x5fa-z]{1,4}"),
    (b"[[:digit:]x]", b"[0-9x]", rb"[0-9x\x80-\xff]{1,4}"),
    (b"[^[:^digit:]]", rb"[^\x00-\x2f\x3a-\xff]", rb"[^\x00-\x2f\x3a-\x7f]{1,4}"),
    (b"[[:]", rb"[\x3a\x5b]", None),
    (b"[a[]", rb"[\x5ba]", None),
    (rb"[\p{L}]", b"(?s:.)", b"(?s:.){1,4}"),
    ("[ぁ-ん]".encode(), rb"[\x81-\xe3]", rb"(?:\xe3\x81[\x81-\xbf]|\xe3\x82[\x80-\x93])"),
    ("['´]".encode(), rb"[\x27\xb4\xc2]", rb"(?:\x27|\xc2\xb4)"),
    (rb"[\x80-\xff]", rb"[\x80-\xff]", rb"[\xc2-\xc3][\x80-\xbf]"),
    (rb"[^\x00-\x7f]", rb"[^\x00-\x7f]", rb"[^\x00-\x7f]{1,4}"),
    # counts
    (b"a*b+c?", b"a*b+c?", None),
    (b"a{2}b{2,}c{2,3}d{0,1}", b"a{2}b{2,}c{2,3}d?", None),
    (b"a*?b+?c??d{2}?", b"a*b+c?d{2}", None),
    (b"a*+b++c?+", b"a*b+c?", None),
    (b"a{2}{3}", b"(?:a{2}){3}", None),
    (b"a{x}", rb"a\x7bx\x7d", None),
    (rb"\w{2,3}", rb"[0-9A-Z\x5fa-z]{2,3}", rb"[0-9A-Z\x5fa-z\x80-\xff]{2,12}"),
    (b".{1,100}", b".{1,100}", b".{1,400}"),
    # anchors and assertions
    (rb"^a$", rb"(?:^|\x1e)a(?:$|\x1e)", None),
    (rb"\Aa\z", rb"(?:^|\x1e)a(?:$|\x1e)", None),
    (rb"\Aa\Z", rb"(?:^|\x1e)a(?:$|\x1e)", None),
    (rb"\ba\B ", rb"\ba\B\x20", rb"\ba\x20"),
    (rb"\b\w", rb"\b[0-9A-Z\x5fa-z]", TEXT_WORD),
    (rb"\b(?:a|b)", rb"\b(?:a|b)", None),
    (rb"(?:a|b+)\b", rb"(?:a|b+)\b", None),
    (rb"\b(?:a|)", rb"\b(?:a|)", b"(?:a|)"),
    (rb"a?\b\(", rb"a?\b\x28", rb"a?\x28"),
    (rb"a?b\b\(", rb"a?b\b\x28", None),
    (b"a(?=b)c(?!d)", b"ac", None),
    (b"(?<=b)a(?<!c)", b"a", None),
    (b"(?!a)*b", b"b", None),
    (rb"a\Kb", b"ab", None),
    # groups
    (b"(a|b)", b"(?:a|b)", None),
    (b"(?<n>a)(?'m'b)(?P<o>c)", b"(?:a)(?:b)(?:c)", None),
    (b"(?>a|b)", b"(?:a|b)", None),
    (b"(?|(a)|(b))", b"(?:(?:a)|(?:b))", None),
    (b"(|a)", b"(?:|a)", None),
    (b"()", b"", None),
    (b"(?#a comment)b", b"b", None),
    # flags
    (b"(?i)a", b"(?i:a)", None),
    (b"(?i)a|b", b"(?i:a|b)", None),
    (b"a(?i)b|c", b"a(?i)b|c", None),
    (b"(?i:a)(?-i:b)(?s-i:c)", b"(?i:a)(?-i:b)(?s-i:c)", None),
    (b"(?m)a(?-m)b(?U)c(?J)", b"abc", None),
    (b"(?x) a b # c\n[ ]d (?-x) e", rb"ab[\x20]d\x20e".replace(b"[\\x20]", b"\\x20"), None),
    # references
    (rb"(a)\1", b"(?:a)(?s:.*)", None),
    (rb"(a)\g{1}\g1\g{-1}\k<n>\k'n'\k{n}(?P=n)", b"(?:a)" + b"(?s:.*)" * 7, None),
    (rb"(a)(?1)(?R)(?&n)(?P>n)(?-1)", b"(?:a)" + b"(?s:.*)" * 5, None),
]  # fmt: skip

REFUSED = [
    b"(*UTF)a",
    b"(*COMMIT)",
    b"(?(1)a|b)",
    b"(?C1)a",
    b"(?^i)a",
    b"(?xx)a",
    rb"\Ga",
    rb"\N{U+41}",
    rb"\y",
    rb"[\y]",
    b"a{,3}",
    b"a{ 1,2}",
    b"{1}",
    b"*a",
    b"a|+",
    b"(a",
    b"a)",
    b"[a",
    b"[z-a]",
    b"[[:nothing:]]",
    b"[[.a.]]",
    b"(?#a",
    b"a\\",
    b"(?",
    b"(?<n",
]


@pytest.mark.parametrize("pattern, bytewise, by_characters", READ)
def test_what_is_read(pattern: bytes, bytewise: bytes, by_characters: bytes | None) -> None:
    assert write(parse(pattern, characters=False).root, lifted=False) == bytewise
    expected = bytewise if by_characters is None else by_characters
    assert write(parse(pattern, characters=True).root, lifted=True) == expected


@pytest.mark.parametrize("pattern", REFUSED)
@pytest.mark.parametrize("characters", [False, True])
def test_what_is_refused(pattern: bytes, characters: bool) -> None:
    with pytest.raises(Unscannable, match=r"."):
        parse(pattern, characters=characters)


def test_the_tables_are_whole() -> None:
    assert (len(READ), len(REFUSED)) == (83, 25)


def test_by_characters_a_pattern_has_to_be_utf8() -> None:
    assert parse(b"\xff", characters=False).beyond_ascii
    with pytest.raises(Unscannable, match="UTF-8"):
        parse(b"\xff", characters=True)
    with pytest.raises(Unscannable, match="beyond"):
        parse(rb"\x{100}", characters=False)


def test_groups_are_read_to_a_depth() -> None:
    assert parse(b"(" * MAX_DEPTH + b"a" + b")" * MAX_DEPTH, characters=False)
    with pytest.raises(Unscannable, match="deep"):
        parse(b"(" * (MAX_DEPTH + 1) + b"a" + b")" * (MAX_DEPTH + 1), characters=False)


@pytest.mark.parametrize(
    "pattern", [b"(?i)\xc3\xa9", b"(?i)[\xc3\xa9]", b"(?i)[\xc2\x80-\xc2\xbf]", b"(?i)[^\xc3\xa9]"]
)
def test_what_case_folding_could_change_is_any_character(pattern: bytes) -> None:
    assert write(parse(pattern, characters=True).root, lifted=True) == b"(?i:(?s:.){1,4})"
    assert write(parse(b"(?-i)" + pattern[4:], characters=True).root, lifted=True) != b"(?i:(?s:.){1,4})"


def test_what_is_beyond_ascii_is_told() -> None:
    for beyond in ("新".encode(), rb"\xe9", rb"[\x80-\xff]", rb"[^\xbc]"):
        assert parse(beyond, characters=True).beyond_ascii
    for plain in (b"a", rb"\w\W\d\D\s\S", b"[^a]", b".", rb"\h[\v]\R\H"):
        assert not parse(plain, characters=True).beyond_ascii
