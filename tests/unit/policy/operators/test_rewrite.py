from __future__ import annotations

import re

import pytest

from policy.operators.rewrite import bytewise, characterwise, counted, members
from policy.scan.needle import NO_WORD_BOUNDARY, WORD_BOUNDARY


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        (b"a b", rb"a\x20b"),
        (rb"\x{e3}\xE3\343", rb"\xe3\xe3\xe3"),
        (rb"\xg", rb"\x00g"),
        (rb"[a-c\x{80}-\xff-]", rb"[a-c\x80-\xff\x2d]"),
        (rb"[^\]\\]", rb"[^\x5d\x5c]"),
        (rb"\C+", rb"(?s:.)+"),
        ("あ".encode(), rb"\xe3\x81\x82"),
        (rb"(a)\10", rb"(a)\x08"),
        (rb"(a)\1\060", rb"(a)\g{1}0"),
    ],
)
def test_bytewise(pattern: bytes, written: bytes) -> None:
    assert bytewise(pattern) == written


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        (rb"\xe3\x81\x82", "あ"),
        ("あ+".encode(), "あ+"),
        (rb"\xE3\x81\x82?x", "あ?x"),
        (rb"\xe9t\xe9", "éte".replace("e", "é", 1)[:2] + "é"),
        (rb"\xe3\x81", "ã\x81"),
        (rb"\xbc[^\xbe>]*[\xbe>]", r"¼[^¾\x3e]*[¾\x3e]"),
        (rb"[\x80-\xff]", "[\x80-\U0010ffff]"),
        (rb"[\x81-\xff]", "[\x81-ÿ]"),
        (rb"[\xc0-\xdf\x80-\xbf]", "[À-ß\x80-¿]"),
        ("[ぁ-ん]".encode(), "[ぁ-ん]"),
        (rb"[\xe3\x81\x81-\xe3\x82\x93]", "[ぁ-ん]"),
        (rb"[a\xe3\x80\x81\xe3\x80\x82b]", "[a、。b]"),
        (rb"[\xe3\x80\x81-x]", None),
        (rb"[\xc2\xa0\s]", "[\xa0\\s]"),
        (rb"[\xe3\x80]", "[ã\x80]"),
        (rb"[^\x00-\x7f]", r"[^\x00-\x7f]"),
        (rb"[\x00-\xff]", "[\\x00-\U0010ffff]"),
        (rb"[\x80-\xfe]", "[\x80-þ]"),
        ("😀[😀-😎]".encode(), "😀[😀-😎]"),
        (rb"\xf0\x9f\x98\x80", "😀"),
        (rb"\x{a9}\w", r"©\w"),
    ],
)
def test_characterwise(pattern: bytes, written: str | None) -> None:
    if written is None:
        with pytest.raises(Exception, match="order"):
            characterwise(pattern)
    else:
        assert characterwise(pattern).decode() == written


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        (rb"\W", rb"[\W[:^ascii:]]"),
        (rb"\D+\S?\H*\V{0,3}", rb"[\D[:^ascii:]]+[\S[:^ascii:]]?[\H[:^ascii:]]*[\V[:^ascii:]]{0,3}"),
        (rb"\w\d\s", rb"\w\d\s"),
        (rb"a\w[\w.]", rb"a\w[\w\x2e]"),
        (rb"on\w[\w.]\W", rb"on[0-9A-Z_a-z][0-9A-Z_a-z\x2e][\W[:^ascii:]]"),
        (rb"[\W\d]+", rb"[\W\d[:^ascii:]]+"),
        (rb"[[:^alpha:]x]", rb"[[:^alpha:]x[:^ascii:]]"),
        (rb"[^\w;]", rb"[^0-9A-Z_a-z\x3b]"),
        (rb"[^\s\d]", rb"[^\x09-\x0d\x200-9]"),
        (rb"[^\h\v]", rb"[^\x09\x20\x0a-\x0d]"),
        (rb"[^[:digit:]]", rb"[^0-9]"),
        (rb"[^\W_]", rb"[^\W_]"),
        (rb"\S{4}", rb"\S{4}"),
        (rb"\W{4}", rb"[^0-9A-Z_a-z[:^ascii:]]{4}"),
        (rb"(?:[+*][^+*]*?){6}", rb"(?:[\x2b\x2a][^\x2b\x2a[:^ascii:]]*?){6}"),
        (rb"(?:[+*][^+*]*?)+", rb"(?:[\x2b\x2a][^\x2b\x2a]*?)+"),
        (rb"(?:[+*][^+]*?){6}", rb"(?:[\x2b\x2a][^\x2b]*?){6}"),
        (rb"[\W\d]{2,}", rb"[\W\d]{2,}"),
        (rb"[^\w]{12,20}", rb"[^\w]{12,20}"),
        (rb"\W{1,9}", rb"[\W[:^ascii:]]{1,9}"),
        (rb"a(?!\w)", rb"a(?![0-9A-Z_a-z])"),
        (rb"(?<!\W)a\W", rb"(?<!\W)a[\W[:^ascii:]]"),
        (rb"(?![^\w])a", rb"(?![^\w])a"),
        (rb"(?![^\W\d])a", rb"(?![^\W\d[:^ascii:]])a"),
        (rb"(?!a(?!\W))\W", rb"(?!a(?![\W[:^ascii:]]))[\W[:^ascii:]]"),
        (rb"(?=\W)a", rb"(?=[\W[:^ascii:]])a"),
    ],
)
def test_a_character_beyond_ascii_is_in_a_set_and_in_its_complement(pattern: bytes, written: bytes) -> None:
    assert characterwise(pattern) == written
    assert bytewise(pattern) != written or b"[:" not in written


def test_boundaries_of_words_are_spelled_out() -> None:
    assert characterwise(rb"\ba\B") == WORD_BOUNDARY + b"a" + NO_WORD_BOUNDARY
    assert bytewise(rb"\ba\B") == rb"\ba\B"


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        (b"a*", b"(?:a)*"),
        (b"a+?b++", b"(?:a)+?(?:b)++"),
        (rb"[a-c]{2,}\s*", rb"(?:[a-c]){2,}(?:\s)*"),
        (b"a?b{3}c{1,9}", b"a?b{3}c{1,9}"),
        (b"(?:ab)*(a)+", b"(?:ab)*(a)+"),
        (b".*", b"(?:.)*"),
    ],
)
def test_counted(pattern: bytes, written: bytes) -> None:
    assert counted(pattern, characters=False) == written


def test_a_character_is_counted_as_one() -> None:
    assert counted("あ*".encode(), characters=True) == "(?:あ)*".encode()
    assert counted("あ*".encode(), characters=False) == rb"\xe3\x81(?:\x82)*"


@pytest.mark.parametrize("chosen", [b"", b"a", b"abc", b"a-z\x00\xff]^\\", bytes(range(256)), bytes(range(0, 256, 2))])
def test_members_of_a_class(chosen: bytes) -> None:
    written = members(sum(1 << byte for byte in set(chosen)))
    assert re.findall(b"[%b]" % written, bytes(range(256))) if chosen else written == b""
    assert not chosen or b"".join(re.findall(b"(?s)[%b]" % written, bytes(range(256)))) == bytes(sorted(set(chosen)))
