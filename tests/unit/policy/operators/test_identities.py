from __future__ import annotations

import random

import pytest

from policy.operators.identities import CANDIDATE_BYTES, FRESH_STARTS, STARTS, Verify, cpf, luhn, ssn, svnr
from policy.operators.match import OperatorInvalid
from policy.operators.table import build
from tests.unit.policy.operators.modsecurity import Asked

PATTERNS = (
    rb"\d+",
    rb"\d{9}|\d{10}",
    rb"^[\d-]{9,12}$",
    rb"\b\d{3}-?\d{2}-?\d{4}\b",
    rb"(?<!x)\d{9,16}",
    rb"([0-9]{3}\.){2}[0-9]{3}-[0-9]{2}",
)
NAMES = ("verifyCC", "verifyCPF", "verifySSN", "verifySVNR")
NUMBERS = (
    b"4111111111111111", b"4111111111111112", b"378282246310005", b"0", b"00", b"18", b"111.444.777-35", b"529.982.247-25", b"11144477735",
    b"11111111111", b"078051120", b"078-05-1120", b"666051120", b"123456789", b"111111111", b"740051120", b"739051120", b"078001120",
    b"1237010180", b"1237 010180", b"1230010180", b"0000000000", b"9999999999",
    b"8888888888", b"01234567890", b"99999999999", b"0123456789", b"1234567890", b"12345678909",
)  # fmt: skip


def values() -> list[bytes]:
    chance = random.Random(3)
    made = [*NUMBERS, b"", b"x", b"078051120\n", b"xx\n078051120", b"78051120\x00", b"07805\x001120"]
    made += [b"x" + number + b"y" for number in NUMBERS] + [b"1" + number for number in NUMBERS]
    made += [
        b"".join(chance.choice((b"0", b"1", b"3", b"7", b"-", b"x")) for _ in range(chance.randint(9, 30)))
        for _ in range(60)
    ]
    made += ["日本".encode() + number + "、".encode() for number in NUMBERS[:6]]
    return made


@pytest.mark.parametrize("name", NAMES)
def test_every_number_is_verified_as_in_modsecurity(name: str) -> None:
    asked = Asked([(name, pattern) for pattern in PATTERNS])
    operators = [build(name, pattern, None) for pattern in PATTERNS]  # type: ignore[arg-type]  # no file is read
    hits = cases = 0
    for value in values():
        theirs = asked.spans(value)
        for number, operator in enumerate(operators):
            found = operator.match(value, characters=False)
            assert (found is not None) == (number in theirs), (PATTERNS[number], value)
            hits += found is not None
            cases += 1
    assert cases == 6 * 159
    assert hits > 10


def test_the_candidate_is_captured() -> None:
    asked = Asked([("verifyCC", rb"\d{13,16}")])
    asked.spans(b"x4111111111111111y")
    found = Verify(rb"\d{13,16}", luhn, fresh=False).match(b"x4111111111111111y", characters=False)
    assert found == (1, 17, (asked.captured(),), False)


@pytest.mark.parametrize(
    ("verify", "right", "wrong"),
    [
        (luhn, b"4111 1111 1111 1111", b""),
        (cpf, b"111.444.777-35", b"111.444.777-36"),
        (ssn, b"078-05-1120", b"078-05-0000"),
        (svnr, b"1237 010180", b"1238 010180"),
    ],
)
def test_check_digits(verify: object, right: bytes, wrong: bytes) -> None:
    assert callable(verify)
    assert verify(right) is True
    assert verify(wrong) is False


@pytest.mark.parametrize(("count", "exhausted"), [(STARTS - 1, False), (STARTS, True)])
def test_starts_are_bounded(count: int, exhausted: bool) -> None:
    found = Verify(rb"1", ssn, fresh=False).match(b"1" * count, characters=False)
    assert (found is not None and found.exhausted) is exhausted


@pytest.mark.parametrize(("size", "exhausted"), [(700, False), (800, True)])
def test_bytes_of_candidates_are_bounded(size: int, exhausted: bool) -> None:
    assert (size * (size + 1) // 2 > CANDIDATE_BYTES) is exhausted
    found = Verify(rb"[13]+", ssn, fresh=False).match(b"13" * (size // 2), characters=False)
    assert (found is not None and found.exhausted) is exhausted


@pytest.mark.parametrize(("at", "seen"), [(FRESH_STARTS - 1, True), (FRESH_STARTS, False)])
def test_the_beginning_is_taken_to_be_at_the_first_starts_only(at: int, seen: bool) -> None:
    value = b"x" * at + b"078051120"
    assert (Verify(rb"^\d{9}", ssn, fresh=True).match(value, characters=False) is not None) is seen


def test_a_pattern_of_no_use_does_not_load() -> None:
    with pytest.raises(OperatorInvalid, match="at byte"):
        Verify(b"[", luhn, fresh=False)


def test_a_pattern_that_costs_too_much_is_a_match() -> None:
    found = Verify(rb"(?:\d+)+x", luhn, fresh=False).match(b"1" * 100 + b"y1x"[:1], characters=False)
    assert found is None or found.exhausted
