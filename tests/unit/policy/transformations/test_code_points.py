from __future__ import annotations

import pytest

from policy.transformations import code_points
from policy.transformations.code_points import UnicodeMapInvalid, parse_unicode_map

WRITTEN = [
    # code point, low_byte, narrow_low_byte, utf8, narrow_utf8
    (0x41, b"A", b"A", b"A", b"A"),
    (0xE9, b"\xe9", b"\xe9", b"\xc3\xa9", b"\xc3\xa9"),
    (0x3042, b"\x42", b"\x42", b"\xe3\x81\x82", b"\xe3\x81\x82"),
    (0xFF00, b"\x00", b"\x00", b"\xef\xbc\x80", b"\xef\xbc\x80"),
    (0xFF01, b"\x01", b"!", b"\xef\xbc\x81", b"!"),
    (0xFF5E, b"\x5e", b"~", b"\xef\xbd\x9e", b"~"),
    (0xFF5F, b"\x5f", b"\x5f", b"\xef\xbd\x9f", b"\xef\xbd\x9f"),
    (0xD7FF, b"\xff", b"\xff", b"\xed\x9f\xbf", b"\xed\x9f\xbf"),
    (0xD800, b"\x00", b"\x00", b"\x00", b"\x00"),
    (0xDFFF, b"\xff", b"\xff", b"\xff", b"\xff"),
    (0xE000, b"\x00", b"\x00", b"\xee\x80\x80", b"\xee\x80\x80"),
    (0x10FFFF, b"\xff", b"\xff", b"\xf4\x8f\xbf\xbf", b"\xf4\x8f\xbf\xbf"),
    (0x110000, b"\x00", b"\x00", b"\x00", b"\x00"),
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


@pytest.mark.parametrize(("code_point", "low", "narrow_low", "utf8", "narrow_utf8"), WRITTEN)
def test_how_a_code_point_is_written(
    code_point: int, low: bytes, narrow_low: bytes, utf8: bytes, narrow_utf8: bytes
) -> None:
    assert code_points.low_byte(code_point) == low
    assert code_points.narrow_low_byte(code_point) == narrow_low
    assert code_points.utf8(code_point) == utf8
    assert code_points.narrow_utf8(code_point) == narrow_utf8


def test_written_forms_are_counted() -> None:
    assert len(WRITTEN) == 13


def test_two_halves_are_one_code_point() -> None:
    assert code_points.join_halves(0xD800, 0xDC00) == 0x10000
    assert code_points.join_halves(0xD842, 0xDFB7) == ord("𠮷")
    assert code_points.join_halves(0xDBFF, 0xDFFF) == 0x10FFFF


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
