"""How much work one request may cause, for all patterns, values and forms of them together.

A step is some 25 ns. What costs as much for every request of a size is not counted: only what a sender can make dear.
"""

from __future__ import annotations

from typing import Final

# What a request may cost in steps for each of its bytes, and of how many bytes every request may cost as much. Source: 20 ms for 100 KiB,
# of the 50 ms that the rules stage may take: steps of some patterns were seen to take 50 ns each, and some work is not counted. A form of
# 900 fields in Japanese takes three quarters of it at paranoia level 1, and all at level 4, which finds something in each field.
REQUEST_STEPS_PER_BYTE: Final = 8
REQUEST_BYTES_LEAST: Final = 100 * 1024
# One of so many steps is kept for scans and transformations. Source: six times what the largest form of our samples takes at level 4.
KEPT_PART: Final = 8
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
SCAN_CHARGE: Final = 64
SCANNED_BYTES_PER_STEP: Final = 6
# As how many more a byte of ASCII counts there. Source: the needles are written in ASCII, and so is what keeps their automata going: words
# and lines that look like SQL take 20 to 140 ns a byte whether or not anything is found in them, Japanese prose 2.
ASCII_MORE: Final = 5
# For how many bytes one more, for each needle that a scan finds in them. Source: where twenty are found in a text, which keep as many
# automata going, a scan takes 80 ns a byte; in prose, where there is one or none, 1 to 2 ns.
FOUND_BYTES_PER_STEP: Final = 6
# Needles of one scan that are counted so, at most. Source: beyond some twenty the scan of a text takes hardly longer.
FOUND_MOST: Final = 32
# Needles of one scan that are not counted so. Source: a line end is two of them, in every text of several lines.
FOUND_FREE: Final = 2
# What a value is counted for that is looked at for a needle of one byte, and for how many bytes one more. Source: 0.2 us a value.
SET_CHARGE: Final = 8
SET_BYTES_PER_STEP: Final = 32
# What a place is counted for where something was found.
PLACE_CHARGE: Final = 12


class Spent(Exception):
    """The request has used up its steps."""


class Effort:
    """How many steps one request may still cost. Once they are used up, no pattern is tried any more.

    `kept`: steps beside them for what all rules need beforehand, so that one dear pattern does not end the phases that follow.
    """

    __slots__ = ("kept", "left")

    def __init__(self, steps: int, kept: int = 0) -> None:
        self.left = steps
        self.kept = kept

    @classmethod
    def for_bytes(cls, size: int) -> Effort:
        """For a request of so many bytes: beyond REQUEST_BYTES_LEAST its total is linear in them."""
        steps = REQUEST_STEPS_PER_BYTE * max(size, REQUEST_BYTES_LEAST)
        return cls(steps - steps // KEPT_PART, steps // KEPT_PART)

    def more(self, size: int) -> None:
        """For so many bytes that have come."""
        self.left += REQUEST_STEPS_PER_BYTE * size

    @property
    def given_up(self) -> bool:
        """Whether no pattern is tried any more."""
        return self.left < 0

    def spend(self, steps: int) -> None:
        """On patterns, and on what rules do."""
        self.left -= steps

    def take(self, steps: int) -> None:
        """For what all rules need beforehand. Raises Spent."""
        if self.left >= steps:
            self.left -= steps
            return
        self.kept -= steps
        if self.kept < 0:
            self.left = -1
            raise Spent
