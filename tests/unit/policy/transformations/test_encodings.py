from __future__ import annotations

import pytest

from policy.transformations import encodings
from policy.transformations.table import find
from tests.unit.policy.transformations.cases import STRICT

CASES = STRICT["encodings"]


@pytest.mark.parametrize(("name", "value", "result"), CASES)
def test_strictly_as_modsecurity(name: str, value: bytes, result: bytes) -> None:
    assert find(name).strict(value) == result


def test_strict_cases_are_counted() -> None:
    assert len(CASES) == 49


def test_arithmetic_on_bytes_that_are_no_digits_does_not_carry_into_the_next() -> None:
    assert encodings.hex_decode(b"\xff\xff" * 3 + b"41") == bytes([encodings.hex_decode(b"\xff\xff")[0]]) * 3 + b"A"


def test_parity_is_one_table_for_every_byte() -> None:
    every = bytes(range(256))
    even, odd = encodings.parity_even_7bit(every), encodings.parity_odd_7bit(every)
    assert [left ^ right for left, right in zip(even, odd, strict=True)] == [0x80] * 256
    assert encodings.parity_zero_7bit(every) == every[:128] * 2
