"""verifyCC, verifyCPF, verifySSN, verifySVNR: is there a number whose check digits are right?

Rules (asked of libmodsecurity 3.0.15):
- The argument is a pattern that finds candidates; each candidate is verified by its digits alone, and the one that is right is TX.0.
- Candidates are what the pattern finds from every start on. verifyCC looks at the value as it stands; the other three also take each
  start for the beginning of the value, so that `^` and `\\b` hold there (for the first FRESH_STARTS), and leave the last byte out.
- NO_CPF, NO_SVNR and a social security number of nine equal or consecutive digits are none. (ModSecurity means ten 8 and ten 9 to be no
  SVNR either, but does not get that far in its list.)

Difference on purpose: from STARTS starts or CANDIDATE_BYTES bytes of candidates on, the value counts as a match that is exhausted.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Final

from policy.operators.match import Match, OperatorInvalid
from policy.operators.pattern import PatternInvalid, looks_back
from policy.operators.pcre import Exhausted, Expression

# Starts that are tried in one value, and bytes of candidates that are verified. Source: ours; both are far above any form's field.
STARTS: Final = 20_000
CANDIDATE_BYTES: Final = 256 * 1024
# Starts that are taken for the beginning of the value, and how far each looks, in bytes. Source: ours; a candidate has some 15 bytes.
FRESH_STARTS: Final = 2_000
FRESH_BYTES: Final = 4_096

NO_CPF: Final = frozenset(("01234567890", *(digit * 11 for digit in "0123456789")))
NO_SVNR: Final = frozenset(("0123456789", "1234567890", *(digit * 10 for digit in "01234567")))

_DIGITS: Final = frozenset(b"0123456789")


def _digits(candidate: bytes) -> list[int]:
    return [byte - 0x30 for byte in candidate if byte in _DIGITS]


def _written(digits: list[int]) -> str:
    return "".join(map(str, digits))


def luhn(candidate: bytes) -> bool:
    """ISO/IEC 7812: the doubled and the plain digits give a sum that ends in 0."""
    digits = _digits(candidate)
    doubled = sum((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)[digit] for digit in digits[-2::-2])
    return bool(digits) and (doubled + sum(digits[-1::-2])) % 10 == 0


def cpf(candidate: bytes) -> bool:
    """Brazil's taxpayer number: the first eleven digits before a byte 0, the last two of them check digits modulo 11."""
    digits = _digits(candidate.partition(b"\0")[0])[:11]
    if len(digits) != 11 or _written(digits) in NO_CPF:
        return False
    for checked in (9, 10):
        rest = sum(digit * (checked + 1 - at) for at, digit in enumerate(digits[:checked])) % 11
        if digits[checked] != (0 if rest < 2 else 11 - rest):
            return False
    return True


def ssn(candidate: bytes) -> bool:
    """The United States' social security number: nine digits, no part of which is 0, area below 740 and not 666."""
    digits = _digits(candidate)
    if len(digits) != 9:
        return False
    steps = {after - before for before, after in itertools.pairwise(digits)}
    if steps in ({0}, {1}):
        return False
    number = int(_written(digits))
    area, group, serial = number // 10**6, number // 10**4 % 100, number % 10**4
    return 0 < area < 740 and area != 666 and group != 0 and serial != 0


def svnr(candidate: bytes) -> bool:
    """Austria's social security number: the first ten digits before a byte 0, the fourth a check digit modulo 11."""
    digits = _digits(candidate.partition(b"\0")[0])[:10]
    if len(digits) != 10 or _written(digits) in NO_SVNR:
        return False
    rest = sum(weight * digit for weight, digit in zip((3, 7, 9, 0, 5, 8, 4, 2, 1, 6), digits, strict=True)) % 11
    return digits[3] == (0 if rest == 10 else rest)


class Verify:
    """One of the four."""

    __slots__ = ("_expression", "_fresh", "_last", "_verify")

    def __init__(self, pattern: bytes, verify: Callable[[bytes], bool], *, fresh: bool) -> None:
        try:
            self._expression = Expression(pattern, characters=False)
            self._fresh = (
                Expression(pattern, characters=False, anchored=True) if fresh and looks_back(pattern) else None
            )
        except PatternInvalid as invalid:
            raise OperatorInvalid(
                f"the pattern cannot be used: {invalid.message}", f"mend it at byte {invalid.position}"
            ) from invalid
        self._verify = verify
        self._last = 1 if fresh else 0

    def match(self, value: bytes, characters: bool) -> Match | None:
        del characters
        return self._in_place(value) or self._from_each_start(value)

    def _in_place(self, value: bytes) -> Match | None:
        read = start = 0
        for _ in range(STARTS):
            if start >= len(value) - self._last:
                return None
            found = self._expression.search(value, start)
            if found is None:
                return None
            if isinstance(found, Exhausted):
                break
            low, high = found.whole
            if self._verify(value[low:high]):
                return Match(low, high, (value[low:high],))
            read += high - low
            if read > CANDIDATE_BYTES:
                break
            start = max(low, start) + 1
        return Match(0, len(value), (), exhausted=True)

    def _from_each_start(self, value: bytes) -> Match | None:
        if self._fresh is None:
            return None
        for start in range(1, min(FRESH_STARTS, len(value) - 1)):
            found = self._fresh.search(value[start : start + FRESH_BYTES])
            if isinstance(found, Exhausted):
                return Match(0, len(value), (), exhausted=True)
            if found is not None:
                low, high = found.whole
                candidate = value[start + low : start + high]
                if self._verify(candidate):
                    return Match(start + low, start + high, (candidate,))
        return None
