"""Debian 12's Python 3.11.2 loses its place where a possessive repetition of a group, or an atomic group, fails inside.

cpython gh-106052, mended in 3.11.5: `(?:%[0-9a-f]{2})++` takes "%4" for a match of nothing that ends behind the "%". A possessive
repetition of one character or class is right, and so is what PCRE2 makes of its own patterns.
"""

from __future__ import annotations

import re

from tests.arch.sources import sources

_POSSESSIVE_GROUP = re.compile(r"(?<!\()\)(?:\*|\+|\?|\{[0-9,]*\})\+|\(\?>")
FOR_PCRE2 = ("policy/operators/", "policy/scan/")  # their patterns are never given to re


def test_no_group_is_possessive_or_atomic() -> None:
    found = [
        f"{source.name}:{number}"
        for source in sources()
        if not source.name.startswith(FOR_PCRE2)
        for number, line in enumerate(source.text.splitlines(), 1)
        if _POSSESSIVE_GROUP.search(line)
    ]
    assert found == []


def test_what_is_looked_for_is_found() -> None:
    for pattern in ("(?:ab)*+", "(?:ab)++", "(ab)?+", "(?:ab){1,3}+", "(?>ab)"):
        assert _POSSESSIVE_GROUP.search(pattern)
    for pattern in ("[ab]*+", "a++", "(?:ab)*", "(?:ab)+", "'()*+,;="):
        assert not _POSSESSIVE_GROUP.search(pattern)
