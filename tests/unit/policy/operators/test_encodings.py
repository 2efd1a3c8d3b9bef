from __future__ import annotations

from itertools import product

import pytest

from policy.operators.encodings import ValidateByteRange, ValidateUrlEncoding, ValidateUtf8Encoding
from policy.operators.match import OperatorInvalid
from tests.unit.policy.operators.modsecurity import Asked, Refused, ask
from tests.unit.policy.operators.samples import crs_arguments

RANGES = (
    *crs_arguments(b"validateByteRange"),
    b"32-126,10",
    b"32-126, 10",
    b"65x,70y-71z",
    b"65;70",
    b"+65- +66",
    b"0x41",
    b"0-255",
    b"255",
)
BYTES = (b"a\nb", b"\r", b"", b"ab\xff\xfe", b"F", b"A", b"G", b"B", b"\x00", "日本".encode(), bytes(range(256)))
UTF8 = (
    b"\xff", "あ".encode(), b"\xe3\x81", b"\xc0\xaf",
    b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"ab\x80", b"", b"\xe0\x80",
    b"\xc0", b"a\xe3", b"\xf4\x90\x80\x80\xff", b"\xf4\x90\x80", b"\xf4\x8f\xbf\xbf", b"\xf0\x8f\xbf\xbf", b"\xe0\x9f\xbf", b"\xc1\xbf",
    b"\xf4\x90\x80\x80" * 3 + b"a", b"\xf4\xbf\xbf\xbfx\x80", b"\xed\x9f\xbf", b"\xee\x80\x80",
)  # fmt: skip


def test_byte_ranges_are_as_in_modsecurity() -> None:
    asked = Asked([("validateByteRange", argument) for argument in RANGES])
    cases = 0
    for value, (number, argument) in product(BYTES, enumerate(RANGES)):
        found = ValidateByteRange(argument).match(value, characters=False)
        theirs = asked.spans(value)
        assert (found is not None) == (number in theirs), (argument, value)
        if found is not None:
            assert (found.start, found.end) == theirs[number][0]
        cases += 1
    assert cases == 14 * 11


@pytest.mark.parametrize(
    "argument", [b"32-", b"65-60,70", b"65-300", b"300", b"x,70", b"65,", b",65", b"-5", b"", b"1-2-x,"]
)
def test_what_is_no_range_does_not_load(argument: bytes) -> None:
    if argument:
        with pytest.raises(Refused):
            Asked([("validateByteRange", argument)])
    with pytest.raises(OperatorInvalid, match="no byte"):
        ValidateByteRange(argument)


@pytest.mark.parametrize(
    ("argument", "value", "span"),
    [
        (b"32-126", "日本、（）".encode(), None),
        (b"65-90", "日\t本\r\n x-1'".encode(), None),
        (b"32-126", "日\x0b本".encode(), (3, 4)),
        (b"32-126", "日本\x7f".encode(), (6, 7)),
        (b"32-127", "日本\x7f".encode(), None),
        (b"65-90", b"A-Z", (1, 2)),
        (b"32-126", b"a\nb", (1, 2)),
        (b"32-126", "日\x85本".encode(), (3, 5)),
        (b"32-126", "日\ufffe".encode(), (3, 6)),
        (b"32-126", "日\U0001ffff".encode(), (3, 7)),
        (b"1-255", "日\x85\ufffe".encode(), None),
        (b"1-255", "日\x00".encode(), (3, 4)),
        (b"32-126", b"\x93\xfa", (0, 1)),
    ],
)
def test_text_is_asked_for_what_no_text_has(argument: bytes, value: bytes, span: tuple[int, int] | None) -> None:
    found = ValidateByteRange(argument).match(value, characters=True)
    assert (None if found is None else (found.start, found.end)) == span


def test_what_does_not_give_way_is_asked_all_its_bytes_in_text() -> None:
    operator = ValidateByteRange(b"65-90,128-255", gives_way=False)
    for value, span in ((b"AZ", None), ("日A".encode(), None), ("日<".encode(), (3, 4)), (b"a", (0, 1))):
        found = operator.match(value, characters=True)
        assert (None if found is None else (found.start, found.end)) == span, value


def test_utf8_is_as_in_modsecurity() -> None:
    asked = Asked([("validateUtf8Encoding", b"")])
    for value in UTF8:
        found = ValidateUtf8Encoding().match(value, characters=False)
        assert (found is not None) == bool(asked.spans(value)), value
    assert len(UTF8) == 22


def test_characters_above_unicode_are_none_in_the_characters_reading() -> None:
    assert ValidateUtf8Encoding().match(b"a\xf4\x90\x80\x80", characters=False) is None
    assert ValidateUtf8Encoding().match(b"a\xf4\x90\x80\x80", characters=True) == (1, 5, (), False)


@pytest.mark.parametrize(
    "value", [b"%41", b"%4", b"%", b"%zz", b"", b"a%41%4", b"%%41", b"%2%41", b"\x00%", b"%4g", b"%aF%Fa"]
)
def test_url_encoding_is_as_in_modsecurity(value: bytes) -> None:
    found = ValidateUrlEncoding().match(value, characters=False)
    assert (found is not None) == ask("validateUrlEncoding", b"", value)[0]
    if found is not None:
        assert value[found.start : found.start + 1] == b"%" and found.end == len(value)


def test_an_escape_is_valid_where_two_hexadecimal_digits_follow() -> None:
    operator = ValidateUrlEncoding()
    cases = 0
    for size in range(6):
        for chosen in product((b"%", b"a", b"F", b"9", b"g", b"\xe3"), repeat=size):
            value = b"".join(chosen)
            wrong = [at for at in range(size) if value[at : at + 1] == b"%" and not _are_hex(value[at + 1 : at + 3])]
            found = operator.match(value, characters=False)
            assert (None if found is None else found.start) == (wrong[0] if wrong else None), value
            cases += 1
    assert cases == 9_331


def _are_hex(two: bytes) -> bool:
    return len(two) == 2 and set(two) <= set(b"0123456789abcdefABCDEF")
