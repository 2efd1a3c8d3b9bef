from __future__ import annotations

from policy.transformations.digits import HEX, four_digits, two_digits


def test_every_byte_is_a_digit_or_none() -> None:
    digits = {byte: HEX[byte] for byte in range(256) if HEX[byte] != 0xFF}
    assert digits == {ord(sign): int(sign, 16) for sign in "0123456789abcdefABCDEF"}
    assert len(HEX) == 256


def test_numbers() -> None:
    assert two_digits(b"x4fx", 1) == 0x4F
    assert two_digits(b"fF", 0) == 0xFF
    assert four_digits(b"%u3042", 2) == 0x3042
    assert four_digits(b"FFFF", 0) == 0xFFFF


def test_what_is_none_is_no_number() -> None:
    for value in (b"g0", b"0g", b"%4", b"\xff0", b" 1", b"+1"):
        assert two_digits(value, 0) == -1
        assert four_digits(value + b"00", 0) == four_digits(b"00" + value, 0) == -1
