from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from policy.transformations import urls
from policy.transformations.table import find
from tests.unit.policy.transformations.cases import STRICT

CASES = STRICT["urls"]


@pytest.mark.parametrize(("name", "value", "result"), CASES)
def test_strictly_as_modsecurity(name: str, value: bytes, result: bytes) -> None:
    assert find(name).strict(value) == result


def test_strict_cases_are_counted() -> None:
    assert len(CASES) == 12


MAP = {0xE9: 0x65, 0x2019: 0x27, 0xFF1C: 0x5B, 0x3042: 0xB1, 0x41: 0x42}
PLAIN, MAPPED = urls.UrlDecodeUni(), urls.UrlDecodeUni(MAP)

DECODED = [
    (PLAIN.characters, b"%u3042%uff1c%u00e9", "あ<é".encode()),
    (PLAIN.characters, b"%ud842%udfb7", "𠮷".encode()),
    (PLAIN.characters, b"%ud842%ud842%udfb7%u", b"\x42" + "𠮷".encode() + b"%u"),
    (PLAIN.characters, b"%E3%81%82+%u0041", "あ A".encode()),
    (PLAIN.characters, b"\xe3%u3042", b"\xe3\x42"),
    (PLAIN.characters, "場%u3042+".encode(), "場あ ".encode()),
    (MAPPED.strict, b"%u00e9%u2019%uff1c%uff1e%u3042%u3044%u0041", b"e'[>\xb1\x44B"),
    (MAPPED.characters, b"%u00e9%u2019%uff1c%uff1e%u3042%u3044%u0041", "e'[>あいB".encode()),
    (MAPPED.strict, b"%e9%41", b"\xe9A"),
    (PLAIN.after_utf8_to_unicode, "場所（北）あ%41+".encode(), "場所(北)あA ".encode()),
    (PLAIN.after_utf8_to_unicode, "％41%あ%u30あ𠮷".encode(), "%41%あ%u30あ𠮷".encode()),
    (PLAIN.after_utf8_to_unicode, "％41＜%u3042%ud842%udfb7".encode(), "%41<あ𠮷".encode()),
    (PLAIN.after_utf8_to_unicode, "\0あ\0＜\0".encode(), "あ<\0".encode()),
    (PLAIN.after_utf8_to_unicode, b"\xe3a%41\xc0\xaf", b"aA\x2f\xc0"),
    (PLAIN.after_utf8_to_unicode, b"a%41\x00b", b"aAb"),
    (MAPPED.after_utf8_to_unicode, "é’＜＞あA".encode(), "e'[>あA".encode()),
]


@pytest.mark.parametrize(("function", "value", "result"), DECODED)
def test_unicode_escapes(function: Callable[[bytes], bytes], value: bytes, result: bytes) -> None:
    assert function(value) == result


def test_unicode_cases_are_counted() -> None:
    assert len(DECODED) == 16


def test_nothing_to_decode_is_the_same_object() -> None:
    for value in (b"", b"plain", "場所".encode(), b"\xe3"):
        assert PLAIN.strict(value) is value
        assert PLAIN.characters(value) is value
        assert urls.url_decode(value) is value
    for value in (b"", b"plain", "場所".encode()):
        assert PLAIN.after_utf8_to_unicode(value) is value


def test_a_map_has_the_full_stops_of_domain_names_in_the_strict_reading() -> None:
    """As ModSecurity 3: they join every map, and what the map says of them wins."""
    value = b"%u3002%uff61%uff0e"
    assert urls.UrlDecodeUni({0xE9: 0x65}).strict(value) == b"..."
    assert urls.UrlDecodeUni({0x3002: 0x41}).strict(value) == b"A.."
    assert urls.UrlDecodeUni().strict(value) == b"\x02a."
    assert urls.UrlDecodeUni({0xE9: 0x65}).characters(value) == "\u3002\uff61.".encode()


_PIECES = (
    b"%",
    b"%%",
    b"%%%",
    b"%4",
    b"%41",
    b"%3D",
    b"%3d",
    b"%25",
    b"=",
    b"%\r",
    b"%\n",
    b"=\n",
    b"+",
    b"%u",
    b"%uzz",
    b"\x1f",
    b"%1E",
    b"\xff",
    b"x",
)


def _one_by_one(value: bytes) -> bytes:
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda found: bytes.fromhex(found[1].decode()), value.replace(b"+", b" "))


@pytest.mark.parametrize("one", _PIECES)
def test_what_is_long_is_decoded_as_what_is_short(one: bytes) -> None:
    for other in _PIECES:
        for third in _PIECES:
            value = (one + other + third) * 30
            assert urls.url_decode(value) == PLAIN.strict(value) == _one_by_one(value)


@pytest.mark.parametrize("taken", range(9))
def test_control_characters_that_decoding_might_want_for_itself(taken: int) -> None:
    controls = b"\x1f\x1e\x1d\x1c\x07\x06\x05\x04"[:taken]
    for value in (controls, b"".join([b"%%%02x" % byte for byte in controls])):
        value = value + b"%41%%=%3D" * 20
        assert urls.url_decode(value) == _one_by_one(value)
