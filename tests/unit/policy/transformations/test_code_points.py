from __future__ import annotations

from collections.abc import Callable

import pytest
from librt.strings import BytesWriter

from policy.transformations import code_points
from policy.transformations.code_points import UnicodeMapInvalid, parse_unicode_map

WRITTEN = [
    # code point, narrow low byte, UTF-8, narrow UTF-8
    (0x41, b"A", b"A", b"A"),
    (0x80, b"\x80", b"\xc2\x80", b"\xc2\x80"),
    (0xE9, b"\xe9", b"\xc3\xa9", b"\xc3\xa9"),
    (0x7FF, b"\xff", b"\xdf\xbf", b"\xdf\xbf"),
    (0x800, b"\x00", b"\xe0\xa0\x80", b"\xe0\xa0\x80"),
    (0x3042, b"\x42", b"\xe3\x81\x82", b"\xe3\x81\x82"),
    (0xFF00, b"\x00", b"\xef\xbc\x80", b"\xef\xbc\x80"),
    (0xFF01, b"!", b"\xef\xbc\x81", b"!"),
    (0xFF5E, b"~", b"\xef\xbd\x9e", b"~"),
    (0xFF5F, b"\x5f", b"\xef\xbd\x9f", b"\xef\xbd\x9f"),
    (0xD7FF, b"\xff", b"\xed\x9f\xbf", b"\xed\x9f\xbf"),
    (0xD800, b"\x00", b"\x00", b"\x00"),
    (0xDFFF, b"\xff", b"\xff", b"\xff"),
    (0xE000, b"\x00", b"\xee\x80\x80", b"\xee\x80\x80"),
    (0xFFFF, b"\xff", b"\xef\xbf\xbf", b"\xef\xbf\xbf"),
    (0x10000, b"\x00", b"\xf0\x90\x80\x80", b"\xf0\x90\x80\x80"),
    (0x10FFFF, b"\xff", b"\xf4\x8f\xbf\xbf", b"\xf4\x8f\xbf\xbf"),
    (0x110000, b"\x00", b"\x00", b"\x00"),
]

MAP = """(MAC - Roman)


1250  (ANSI - Central Europe)
00a1:21 00A2:63

20127 (US-ASCII)
00a0:20 2019:27
ff01:21

932  (a page of two bytes)
00a1:g1
"""


@pytest.mark.parametrize(("code_point", "narrow_low", "utf8", "narrow_utf8"), WRITTEN)
def test_how_a_code_point_is_written(code_point: int, narrow_low: bytes, utf8: bytes, narrow_utf8: bytes) -> None:
    assert _written(lambda out: code_points.put_narrow(out, code_point, False)) == narrow_low
    assert _written(lambda out: code_points.put_utf8(out, code_point)) == utf8
    assert _written(lambda out: code_points.put_narrow(out, code_point, True)) == narrow_utf8


def _written(write: Callable[[BytesWriter], None]) -> bytes:
    out = BytesWriter()
    write(out)
    return out.getvalue()


def test_written_forms_are_counted() -> None:
    assert len(WRITTEN) == 18


def test_two_halves_are_one_code_point() -> None:
    assert code_points.join(0xD800, 0xDC00) == 0x10000
    assert code_points.join(0xD842, 0xDFB7) == ord("𠮷")
    assert code_points.join(0xDBFF, 0xDFFF) == 0x10FFFF
    for no_half in (-1, 0x41, 0xDBFF, 0xE000):
        assert code_points.join(0xD800, no_half) == -1
    assert [half for half in (0xD7FF, 0xD800, 0xDBFF, 0xDC00) if code_points.is_half(half)] == [0xD800, 0xDBFF]


def test_utf8_is_recognised() -> None:
    assert code_points.is_utf8(b"")
    assert code_points.is_utf8("場".encode())
    assert not code_points.is_utf8(b"\xe3\x81")
    assert not code_points.is_utf8(b"\xc0\xaf")
    assert not code_points.is_utf8(b"\xed\xa0\x80")


def test_one_code_page_of_a_map_is_read() -> None:
    assert parse_unicode_map(MAP, 20127) == {0xA0: 0x20, 0x2019: 0x27, 0xFF01: 0x21}
    assert parse_unicode_map(MAP, 1250) == {0xA1: 0x21, 0xA2: 0x63}


@pytest.mark.parametrize(
    ("text", "codepage", "says"), [(MAP, 1251, "1251"), (MAP, 932, "line 12"), ("", 20127, "20127")]
)
def test_a_map_that_is_none_is_refused(text: str, codepage: int, says: str) -> None:
    with pytest.raises(UnicodeMapInvalid, match=says):
        parse_unicode_map(text, codepage)
