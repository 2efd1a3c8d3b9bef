"""policy/variables/processors/urlencoded.py: pairs, separators, escapes."""

from __future__ import annotations

import pytest

from policy.variables.item import Pair
from policy.variables.limits import ARGUMENTS_MAX
from policy.variables.processors.urlencoded import NO_FORM, read_form

CASES: list[tuple[bytes, list[Pair], bool]] = [
    (b"a=1&b=2", [(b"a", b"1"), (b"b", b"2")], False),
    (b"a", [(b"a", b"")], False),
    (b"=v", [(b"", b"v")], False),
    (b"&", [(b"", b"")], False),
    (b"a&&b&", [(b"a", b""), (b"", b""), (b"b", b"")], False),
    (b"a=b=c", [(b"a", b"b=c")], False),
    (b"a=%3d=%26&b=+", [(b"a", b"===&"[1:]), (b"b", b" ")], False),
    (b"%61=%e6%b0%8f", [(b"a", b"\xe6\xb0\x8f")], False),
    (b"a=%1f%1e&b=%41", [(b"a", b"\x1f\x1e"), (b"b", b"A")], False),
    (b"a=\x1e&b=\x1f%41", [(b"a", b"\x1e"), (b"b", b"\x1fA")], False),
    (b"a=\r\n%41", [(b"a", b"\r\nA")], False),
    (b"a=%zz&b=%41", [(b"a", b"%zz"), (b"b", b"A")], True),
    (b"a=%4&1=%", [(b"a", b"%4"), (b"1", b"%")], True),
]


def test_nothing_is_no_argument() -> None:
    assert read_form(b"") is NO_FORM


def test_the_table_is_whole() -> None:
    assert len(CASES) == 13


@pytest.mark.parametrize(("text", "pairs", "invalid"), CASES)
def test_forms(text: bytes, pairs: list[Pair], invalid: bool) -> None:
    form = read_form(text)
    assert (form.pairs, form.invalid, form.invalid_value) == (pairs, invalid, invalid)


def test_an_invalid_escape_in_a_name_is_told_apart() -> None:
    form = read_form(b"%zz=a")
    assert (form.invalid, form.invalid_value) == (True, False)


@pytest.mark.parametrize("separator", [b";", b"4", b"%"])
def test_any_byte_can_separate(separator: bytes) -> None:
    text = separator.join([b"a=1", b"b=2+3"])
    assert read_form(text, separator).pairs == [(b"a", b"1"), (b"b", b"2 3")]


def test_the_bound_leaves_what_was_read() -> None:
    form = read_form(b"a&" * ARGUMENTS_MAX + b"b")
    assert (len(form.pairs), form.exceeded) == (ARGUMENTS_MAX, True)
