"""Needles give the patterns of a reading; a quoted literal means itself."""

from __future__ import annotations

import re

from policy.operators.rewrite import characterwise
from policy.scan.needle import Needle, as_written, phrases, quoted


def test_the_pattern_of_characters_replaces_the_first_only() -> None:
    needle = Needle("rx", b"\\xe3", text=b"\\x{e3}", more=(b"b", b"c"))
    assert needle.patterns(characters=False) == (b"\\xe3", b"b", b"c")
    assert needle.patterns(characters=True) == (b"\\x{e3}", b"b", b"c")
    assert Needle("rx", b"a").patterns(characters=True) == (b"a",)


def test_phrases_are_literals() -> None:
    assert phrases((b"a", b"b.c"), caseless=True) == Needle("literal", b"a", True, more=(b"b.c",))


def test_a_quoted_literal_matches_itself_only() -> None:
    every = bytes(range(256))
    assert re.fullmatch(quoted(every), every, re.DOTALL)
    assert re.search(quoted(b"a.b*[c"), b"a.b*[c") and not re.search(quoted(b"a.b"), b"axb")
    assert quoted("新".encode()) == "新".encode()


def test_what_the_reading_adds_can_be_left_out() -> None:
    written = characterwise(rb"\ba\B\W[^\w;](?!\w)")
    assert as_written(written) == rb"a[\W][^\x3b](?![])"
    assert as_written(b"[A-Z]") == b"[A-Z]"
