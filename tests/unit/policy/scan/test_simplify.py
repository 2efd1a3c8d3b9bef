"""Optional signs become a set; words and what must be there stay."""

from __future__ import annotations

import re

import pytest

from policy.scan.simplify import simplify
from policy.scan.syntax import parse
from policy.scan.tree import write

# pattern, what it becomes
BECOMES: list[tuple[bytes, bytes]] = [
    (b"ab", b"ab"),
    (rb"a(?:;|&&)?b", rb"a[\x26\x3b]*b"),
    (rb"a(?:(?:\|\||&&)[\s]*)?b", rb"a[\x09-\x0d\x20\x26\x7c]*b"),
    (rb"a['\"]*\\?b", rb"a[\x22\x27\x5c]*b"),
    (rb"a(?:(?:;)*\$[a-z;]*)?b", rb"a(?:[\x3b]*\x24[\x3ba-z]*)?b".replace(rb"[\x3b]*", rb"\x3b*")),
    (rb"a(?:;|&&)b", rb"a(?:\x3b|\x26\x26)b"),
    (rb"a(?:;|c)?b", rb"a(?:\x3b|c)?b"),
    (rb"a(?:;|[^c])?b", rb"a(?:\x3b|[^c])?b"),
    (rb"a(?:;|^)?b", rb"a(?:\x3b|(?:^|\x1e))?b"),
    (rb"a;*(?:&)+b", rb"a\x3b*(?:\x26)+b"),
]


@pytest.mark.parametrize("pattern, expected", BECOMES)
def test_what_a_pattern_becomes(pattern: bytes, expected: bytes) -> None:
    assert write(simplify(parse(pattern, characters=False).root), lifted=False) == expected


def test_the_table_is_whole() -> None:
    assert len(BECOMES) == 10


def test_what_matched_still_does() -> None:
    hidden = rb"c['\"]*(?:(?:(?:\|\||&&)\s*)?\$[!#(*a-z]*)?\\?a['\"]*(?:(?:\|\||&&)\s*)?t"
    smaller = write(simplify(parse(hidden, characters=False).root), lifted=False)
    for value in (b"cat", b"c'a\"t", b"c&& $xa||t", b"c\\at", b"c$!\\a&& t"):
        assert re.search(hidden, value) and re.search(smaller, value)
    assert not re.search(smaller, b"coat") and not re.search(smaller, b"ct")
