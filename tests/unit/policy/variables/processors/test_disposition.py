"""policy/variables/processors/disposition.py: names of parts, and ModSecurity's codes for what is wrong with them."""

from __future__ import annotations

import pytest

from policy.variables.processors.disposition import read_disposition

SOUND = [
    (b'form-data; name="a"', b"a", b""),
    (b'form-data; name="a"; filename="f"', b"a", b"f"),
    (b"form-data", b"", b""),
    (b"form-data \t", b"", b""),
    (b"form-data;name=a;filename=f", b"a", b"f"),
    (b'form-data; name = "a\\"b\\\\c\\d"', b'a"b\\c\\d', b""),
    (b'form-data; name="a;b=c"', b"a;b=c", b""),
    (b'form-data; name="a"; filename="f"; filename*=UTF-8\'ja\'%41x', b"a", b"f"),
    (b'form-data; name="a"; ', b"a", b""),
    (b'form-data; name="\xe6\xb0\x8f"', b"\xe6\xb0\x8f", b""),
]
FAULTS = [
    (b'attachment; name="a"', -1),
    (b"form-data, name=a", -2),
    (b"form-data; ", -3),
    (b"form-data; name", -4),
    (b"form-data; name ", -5),
    (b"form-data; name=", -6),
    (b'form-data; name="', -7),
    (b'form-data; name="a\\', -8),
    (b"form-data; size=1", -11),
    (b'form-data; name="a" x', -12),
    (b"form-data; name x", -13),
    (b'form-data; name="a"; name="b"', -14),
    (b'form-data; filename="a"; filename="b"', -15),
    (b'form-data; name="a', -15),
    (b"form-data; filename*='x'y", -16),
    (b"form-data; filename*=UTF-8'x", -17),
    (b"form-data; filename*=UTF-8''%4", -18),
    (b"form-data; filename*=UTF-8''a b", -19),
    (b"form-data; filename=a; filename*=u''a; filename*=u''b", -20),
    (b"form-data; name=a; filename*=UTF-8''a", -21),
]


def test_the_tables_are_whole() -> None:
    assert (len(SOUND), len(FAULTS)) == (10, 20)


@pytest.mark.parametrize(("value", "name", "filename"), SOUND)
def test_what_is_sound(value: bytes, name: bytes, filename: bytes) -> None:
    found = read_disposition(value)
    if value.endswith(b"; "):
        assert found.code == -3
    else:
        assert (found.code, found.name, found.filename) == (1, name, filename)


@pytest.mark.parametrize(("value", "code"), FAULTS)
def test_what_is_not(value: bytes, code: int) -> None:
    assert read_disposition(value).code == code


@pytest.mark.parametrize(
    ("value", "invalid"),
    [
        (b"form-data; name='a'", True),
        (b"form-data; name=a'b", True),
        (b'form-data; name="a\'b"', False),
        (b'form-data; name="a"b', True),
        (b'form-data; name="a', True),
        (b'form-data; name="a"', False),
    ],
)
def test_invalid_quoting(value: bytes, invalid: bool) -> None:
    assert read_disposition(value).invalid_quoting is invalid


def test_a_second_reading_of_the_same_part_is_a_duplicate() -> None:
    found = read_disposition(b'form-data; name="b"', b"a")
    assert (found.code, found.name, found.names) == (-14, b"a", [b"b"])
