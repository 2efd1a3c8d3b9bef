from __future__ import annotations

import re

import pytest

from policy.operators.rewrite import bytewise, characterwise, counted, members


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
        (rb"[\x80-\xff]", "[\x80-ÿ]"),
        (rb"[\xc0-\xdf\x80-\xbf]", "[À-ß\x80-¿]"),
        ("[ぁ-ん]".encode(), "[ぁ-ん]"),
        (rb"[\xe3\x81\x81-\xe3\x82\x93]", "[ぁ-ん]"),
        (rb"[a\xe3\x80\x81\xe3\x80\x82b]", "[a、。b]"),
        (rb"[\xe3\x80\x81-x]", None),
        (rb"[\xc2\xa0\s]", "[\xa0\\s]"),
        (rb"[\xe3\x80]", "[ã\x80]"),
        (rb"[^\x00-\x7f]", r"[^\x00-\x7f]"),
        (rb"[\x00-\xff]", "[\\x00-ÿ]"),
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
