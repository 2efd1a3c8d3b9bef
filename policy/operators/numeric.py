"""eq, ge, gt, le, lt: numbers as ModSecurity 3 reads them.

Rules (asked of libmodsecurity 3.0.15):
- A number is what stands at the beginning after white space: a sign and digits; no digits is 0. So "5x" is 5 and "x" is 0.
- `eq` reads 32 bits and takes what does not fit for 0; the other four read 64 bits and stop at the largest and the smallest.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Final

from policy.operators.match import Match, whole

# As long as the largest numbers and more: longer ones are out of range whatever follows, and Python's int() is quadratic.
SIGNIFICANT_DIGITS: Final = 20
INT32: Final = 2**31
INT64: Final = 2**63

_SHORT_DIGITS: Final = 9
_NUMBER: Final = re.compile(rb"[ \t\n\v\f\r]*([+-]?)0*([0-9]*)")


def _read(value: bytes) -> int:
    if len(value) <= _SHORT_DIGITS and value.isdigit():
        return int(value)
    found = _NUMBER.match(value)
    if found is None or not found[2]:
        return 0
    number = int(found[2][: SIGNIFICANT_DIGITS + 1])
    return -number if found[1] == b"-" else number


def number32(value: bytes) -> int:
    """The number that `eq` compares: 0 where it does not fit into 32 bits."""
    number = _read(value)
    return number if -INT32 <= number < INT32 else 0


def number64(value: bytes) -> int:
    """The number that ge, gt, le and lt compare: the nearest that fits into 64 bits."""
    return min(max(_read(value), -INT64), INT64 - 1)


class Comparison:
    """One of the five, with its argument read once."""

    __slots__ = ("_compare", "_number", "_read")

    def __init__(self, name: str, argument: bytes) -> None:
        self._compare = COMPARISONS[name]
        self._read = number32 if name == "eq" else number64
        self._number = self._read(argument)

    def match(self, value: bytes, characters: bool) -> Match | None:
        del characters
        return whole(value) if self._compare(self._read(value), self._number) else None


COMPARISONS: Final[dict[str, Callable[[int, int], bool]]] = {
    "eq": operator.eq,
    "ge": operator.ge,
    "gt": operator.gt,
    "le": operator.le,
    "lt": operator.lt,
}
