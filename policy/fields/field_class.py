"""What a field class is: a normaliser, a pattern over normal forms, and at most one more check.

The pattern decides everything about characters in one pass of a compiled regular expression; there is no loop over
characters on the way of a good value but the sum of a check digit. A class holds no state and knows no field and no day:
bounds and choices belong to the field (`policy.schema`), what two fields say together to the form (`policy.cross_field`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from policy.faults import Fault
from policy.repertoire import character_class


@dataclass(frozen=True, slots=True)
class FieldClass:
    """One class. `pattern` takes a repertoire where `textual`, else it is given the default and does not look."""

    name: str
    pattern: Callable[[str], str]
    normal: Callable[[str], str]  # may raise Invalid, where it knows better than the pattern what is wrong
    fault: Fault
    max_chars: int | None = None  # None: each field must say
    textual: bool = False  # has a repertoire, and half-width kana to widen or refuse
    normal_narrow_kana: Callable[[str], str] | None = None  # the normaliser where half-width kana stays what it is
    verify: Callable[[str], None] | None = None
    integer: bool = False  # may have minimum and maximum, and may come as a JSON integer
    day: bool = False  # its normal form is an ISO 8601 day: may have earliest and latest
    sensitive: bool = (
        False  # what the log may not tell anything of: not even where in it, and so how far, a rule matched
    )


def one_line(chosen: frozenset[str]) -> str:
    """A line of these characters that neither begins nor ends with a space."""
    return rf"(?![ 　]){character_class(chosen)}+(?<![ 　])"
