"""Trees: which sets are words, how a pattern is cut, what is written without anchors."""

from __future__ import annotations

import re

import pytest

from policy.scan.syntax import parse
from policy.scan.tree import Char, cut, write


def test_a_word_character_is_ascii_and_surely_one() -> None:
    assert Char(((0x61, 0x7A), (0x5F, 0x5F))).word
    assert not Char(((0x61, 0x7B),)).word
    assert not Char(((0x61, 0x7A),), negated=True).word
    assert not Char(((0x61, 0x61), (0xE9, 0xE9))).word


def pieces(pattern: bytes) -> list[bytes]:
    """The pattern cut until nothing is left to cut."""
    todo, found = [parse(pattern, characters=False).root], []
    while todo:
        group = todo.pop()
        halves = cut(group)
        if halves is None:
            found.append(write(group, lifted=False))
        else:
            todo.extend(reversed(halves))
    return found


@pytest.mark.parametrize(
    "pattern, expected",
    [
        (b"a", [b"a"]),
        (b"a|b|c", [b"a", b"b", b"c"]),
        (b"x(?:a|b)y", [b"x(?:a)y", b"x(?:b)y"]),
        (b"x(?:a|b)+y", [b"x(?:a|b)+y"]),
        (b"a(?:bb|cc)|d", [b"a(?:bb)", b"a(?:cc)", b"d"]),
        (b"(?i)aa|bb", [b"(?i:aa)", b"(?i:bb)"]),
        (b"a(?i)b|c", [b"a(?i)b|c"]),
        (b"(?:(?:a|b)c|d)e", [b"(?:(?:a)c)e", b"(?:(?:b)c)e", b"(?:d)e"]),
    ],
)
def test_a_pattern_is_cut_at_its_alternatives(pattern: bytes, expected: list[bytes]) -> None:
    assert sorted(pieces(pattern)) == sorted(expected)


def test_the_pieces_match_what_the_whole_does() -> None:
    pattern = rb"(?:ab|c(?:d|e)|(?:f|g)h+|i)(?:x|y(?:z|))"
    cuts = pieces(pattern)
    assert len(cuts) == 18
    for value in (b"abx", b"cdy", b"ceyz", b"ghhx", b"iy", b"fhyz", b"ab", b"cx", b"hx", b""):
        assert bool(re.search(pattern, value)) == any(re.search(piece, value) for piece in cuts)


def test_anchors_can_be_left_out() -> None:
    tree = parse(b"^a$", characters=False).root
    assert write(tree, lifted=False, anchors=b"") == b"a"
    assert write(tree, lifted=False, anchors=b"^") == rb"(?:^|\x1e)a"
