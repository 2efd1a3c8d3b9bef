"""How much work one request may cause, for all patterns, values and forms of them together.

A step is some 25 ns. What costs as much for every request of a size is not counted: only what a sender can make dear.
"""

from __future__ import annotations

from typing import Final

# What a request may cost in steps for each of its bytes, and of how many bytes every request may cost as much. Source: 28 ms for 100 KiB,
# which leaves over two fifths of the 50 ms that the rules stage may take for what is not counted. A form of 900 fields in Japanese takes
# less than half of it at paranoia level 1, and all at level 4, which finds something in each field.
REQUEST_STEPS_PER_BYTE: Final = 11
REQUEST_BYTES_LEAST: Final = 100 * 1024
# What a value is counted for that a rule is asked about because a scan found something in it, and again where it matches. Source: the
# transformations, the call and what the rule writes take as long as so many steps.
CANDIDATE_CHARGE: Final = 40
MATCH_CHARGE: Final = 60
# The same where each match is worked out in several forms of a value and listed by itself (multiMatch).
LISTED_CHARGE: Final = 300
# What a form is counted for that a step of a chain makes of one of many values, and for how many bytes of the value one more.
FORM_CHARGE: Final = 10
FORM_BYTES_PER_STEP: Final = 8
# What a scan is counted for, of all values or of one because what was found among all may be in it, and for how many bytes one more.
SCAN_CHARGE: Final = 160
SCANNED_BYTES_PER_STEP: Final = 4
# What a place is counted for where something was found.
PLACE_CHARGE: Final = 8


class Spent(Exception):
    """The request has used up its steps."""


class Effort:
    """How many steps one request may still cost. Below 0 nothing is tried any more."""

    __slots__ = ("left",)

    def __init__(self, steps: int) -> None:
        self.left = steps

    @classmethod
    def for_bytes(cls, size: int) -> Effort:
        """For a request of so many bytes: beyond REQUEST_BYTES_LEAST its total is linear in them."""
        return cls(REQUEST_STEPS_PER_BYTE * max(size, REQUEST_BYTES_LEAST))

    def take(self, steps: int) -> None:
        """Raises Spent."""
        self.left -= steps
        if self.left < 0:
            raise Spent
