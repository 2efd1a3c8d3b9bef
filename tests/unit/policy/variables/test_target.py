"""policy/variables/target.py: the request target, taken apart."""

from __future__ import annotations

import pytest

from policy.variables.target import Target, read_target

CASES = [
    (b"", Target(b"", b"", b"", b"")),
    (b"/", Target(b"/", b"/", b"", b"")),
    (b"/a/b.php?x=%41#f", Target(b"/a/b.php?x=A", b"/a/b.php", b"b.php", b"x=%41")),
    (b"/a%2fb", Target(b"/a/b", b"/a/b", b"b", b"")),
    (b"/a\\b", Target(b"/a\\b", b"/a\\b", b"b", b"")),
    (b"/%3fx", Target(b"/?x", b"/?x", b"?x", b"")),
    (b"*", Target(b"*", b"*", b"", b"")),
    (b"http://h/a?b", Target(b"/a?b", b"http://h/a", b"a", b"b")),
    (b"http://h", Target(b"http://h", b"http://h", b"h", b"")),
    (b"x//y/z", Target(b"x//y/z", b"x//y/z", b"z", b"")),
    (b"//h/a", Target(b"//h/a", b"//h/a", b"a", b"")),
    (b"?#?", Target(b"?", b"", b"", b"")),
]


def test_the_table_is_whole() -> None:
    assert len(CASES) == 12


@pytest.mark.parametrize(("raw", "target"), CASES)
def test_targets(raw: bytes, target: Target) -> None:
    assert read_target(raw) == target
