"""How many anchors of one kind can stand at one place."""

from __future__ import annotations

import pytest

from policy.scan.anchors import most_at_one_place
from policy.scan.syntax import parse

# pattern, most ^ at one place, most $
AT_ONE_PLACE: list[tuple[bytes, int, int]] = [
    (b"", 0, 0),
    (b"a", 0, 0),
    (b"^a$", 1, 1),
    (b"^$", 1, 1),
    (b"^^a", 2, 0),
    (rb"\A^a$\z", 2, 2),
    (b"^a^", 1, 0),
    (b"(?:^|b)a(?:^|b)", 1, 0),
    (b"(?:^|b)(?:^|c)", 2, 0),
    (b"(?:^|b)a?(?:^|c)", 2, 0),
    (b"(?:^|b)a+(?:^|c)", 1, 0),
    (b"^(?:b|c*)^", 2, 0),
    (b"^.*^", 2, 0),
    (b"^.^", 1, 0),
    (rb"^\b(?=a)^", 2, 0),
    (b"(?:^a?)*", 2, 0),
    (b"(?:^a)*", 1, 0),
    (b"(?:a|^)(?:b|$)", 1, 1),
    (rb"(a)$\1$", 0, 2),
    (b"(?:$)?(?:a|b$)", 0, 1),
    (b"(?:$)?(?:a|$)", 0, 2),
]


@pytest.mark.parametrize("pattern, starts, ends", AT_ONE_PLACE)
def test_the_most_at_one_place(pattern: bytes, starts: int, ends: int) -> None:
    root = parse(pattern, characters=False).root
    assert (most_at_one_place(root, b"^"), most_at_one_place(root, b"$")) == (starts, ends)


def test_the_table_is_whole() -> None:
    assert len(AT_ONE_PLACE) == 21
