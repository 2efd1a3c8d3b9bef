from __future__ import annotations

from collections.abc import Callable

import pytest

from policy.transformations import escapes
from policy.transformations.table import find
from tests.unit.policy.transformations.cases import STRICT

CASES = STRICT["escapes"]


@pytest.mark.parametrize(("name", "value", "result"), CASES)
def test_strictly_as_modsecurity(name: str, value: bytes, result: bytes) -> None:
    assert find(name).strict(value) == result


def test_strict_cases_are_counted() -> None:
    assert len(CASES) == 41


CHARACTERS = [
    (escapes.js_decode_characters, rb"\u3042\uff1c\u00e9", "あ<é".encode()),
    (escapes.js_decode_characters, rb"\ud842\udfb7\uD842\uDFB7", "𠮷𠮷".encode()),
    (escapes.js_decode_characters, rb"\ud842\ud842\udfb7\udfb7", b"\x42" + "𠮷".encode() + b"\xb7"),
    (escapes.js_decode_characters, rb"\xe3\x81\x82\343\201\202", "ああ".encode()),
    (escapes.js_decode_characters, "場\\u3042".encode(), "場あ".encode()),
    (escapes.js_decode_characters, b"\xe3\\u3042", b"\xe3\x42"),
    (escapes.js_decode_characters, b"\\\xe3\x81\x82", "あ".encode()),
    (escapes.css_decode_characters, rb"\3042 \ff1c\0ff1c\e9", "あ<<é".encode()),
    (escapes.css_decode_characters, rb"\20bb7 \020bb7\10ffff", "𠮷𠮷\U0010ffff".encode()),
    (escapes.css_decode_characters, rb"\d842\110041\ffffff", b"\x42\x41\xff"),
    (escapes.css_decode_characters, "\\場\\\n所".encode(), "場所".encode()),
    (escapes.css_decode_characters, b"\xe3\\3042", b"\xe3\x42"),
    (escapes.html_entity_decode_characters, b"&#x3042;&#12354&nbsp;&#xe9;", "ああ\u00a0é".encode()),
    (escapes.html_entity_decode_characters, b"&#x20bb7;&#xff1c;", "𠮷\uff1c".encode()),
    (escapes.html_entity_decode_characters, b"&#xd842;&#x110041;&#99999999999999999999;", b"\x42\x41\xff"),
    (escapes.html_entity_decode_characters, "場&lt;".encode(), "場<".encode()),
    (escapes.html_entity_decode_characters, b"\xe3&nbsp;", b"\xe3\xa0"),
]


@pytest.mark.parametrize(("function", "value", "result"), CHARACTERS)
def test_code_points_become_utf8_in_values_that_are_utf8(
    function: Callable[[bytes], bytes], value: bytes, result: bytes
) -> None:
    assert function(value) == result


def test_character_cases_are_counted() -> None:
    assert len(CHARACTERS) == 17


@pytest.mark.parametrize("name", [b"quot", b"amp", b"lt", b"gt", b"nbsp"])
def test_a_name_is_one_from_its_last_letter_on_in_either_case(name: bytes) -> None:
    for spelled in (name, name.upper(), name.title()):
        assert escapes.html_entity_decode(b"&" + spelled) != b"&" + spelled
        assert escapes.html_entity_decode(b"&" + spelled[:-1]) == b"&" + spelled[:-1]
        for other in (
            spelled[-1] ^ 0x40,
            spelled[-1] ^ 0x60,
            spelled[-1] + 1,
        ):  # a control character, a digit or a sign, another letter
            value = b"&" + spelled[:-1] + bytes((other,)) + b";"
            assert escapes.html_entity_decode(value) == value


def test_numbers_of_any_length_are_read() -> None:
    assert escapes.html_entity_decode(b"&#" + b"0" * 9999 + b"65;") == b"A"
    assert escapes.html_entity_decode(b"&#" + b"9" * 99999 + b";") == b"\xff"
    assert escapes.html_entity_decode(b"&#x" + b"1" * 99999 + b";") == b"\xff"
