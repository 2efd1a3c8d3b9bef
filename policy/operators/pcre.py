"""PCRE2, and how much of it a value may cost. The only module that touches the package `pcre2`.

Rules:
- No JIT: its code needs memory that is writable and executable, which the daemon's units deny (MemoryDenyWriteExecute). The interpreter
  it is, in tests and on every machine, so that limits mean the same everywhere.
- PCRE2 resets its count of steps for every start in the value. So the search for a start is part of the pattern
  (`\\G(?s:.*?)\\K(?:...)`): one run, one count, one limit.
- Each start costs a step for each alternative that is tried. So starts whose byte no match begins with are passed over
  (firsts.first_bytes).
- A step can run over any number of characters of a simple repetition. Short values stand that (quick); long ones, and short ones that
  exceed the quick limit, are matched with the counted form of the pattern (rewrite.counted), where each character is a step.
- In the characters reading ASCII letters are the same as other ASCII letters only, whatever Unicode folds: `(?r)`. Otherwise the
  scanner would have to take every value with U+017F (long s) or U+212A (Kelvin) for a hit of everything that ignores case.
- Limits are written in the pattern, `(*LIMIT_MATCH=n)`: the package has no other way. So a form is compiled per limit, when it is first
  needed; limits climb in rungs.
- An exhausted limit, of steps or of heap, is `EXHAUSTED`. So is any other error of PCRE2 at match time: it never means "no match".

Known bugs: none. The package forces PCRE2_ALT_BSUX and PCRE2_NEVER_BACKSLASH_C; rewrite.py writes nothing that these change.
"""

from __future__ import annotations

import re
from typing import Final

import pcre2  # type: ignore[import-untyped]  # the package has no stubs

from policy.effort import Effort
from policy.operators.firsts import first_bytes
from policy.operators.pattern import PatternInvalid
from policy.operators.rewrite import bytewise, characterwise, counted, members, tokens_of

# Longest value that is first tried with the plain form, in bytes. Worst case: QUICK_STEPS runs over so many characters, under 0.1 ms.
QUICK_BYTES: Final = 256
# Steps for that try. Source: CRS patterns on ordinary values of that size take fewer.
QUICK_STEPS: Final = 1_000
# The counted form's first limit, the factor from one to the next, and the last, in steps. A step takes some 10 to 50 ns. Source of the
# last: CRS patterns that take a step for each pair of bytes are answered for headers of 2 KiB.
FIRST_RUNG: Final = 1 << 10
RUNG_FACTOR: Final = 4
LAST_RUNG: Final = 1 << 22
# From how many bytes of a value on a step is counted as so many. Source: PCRE2 keeps a frame for each place to go back to, and what it
# keeps of a long value lies in no cache and in pages that are new: 65 to 150 ns for a step, where it is 18 in a short value.
FAR_BYTES: Final = 16 * 1024
FAR_CHARGE: Final = 3
# What a try with the quick limit is counted for, beside the bytes of the value. Source: the call takes as long as so many steps.
QUICK_CHARGE: Final = 160
# What a look for a byte that a match can begin with is counted for, beside the bytes of the value, where there is none.
LOOK_CHARGE: Final = 10
# PCRE2's memory for going back, in KiB. Source: a frame takes some 150 bytes; a value of 64 KiB in one repetition takes 10 MiB.
HEAP_KIB: Final = 64 * 1024

HIGH_CHARACTERS: Final = "\u0080-\U0010ffff".encode()

_HIGH: Final = ((1 << 128) - 1) << 128  # every byte beyond ASCII
_FLAGS: Final = int(pcre2.DOTALL | pcre2.MULTILINE)
_UNICODE: Final = int(pcre2.UNICODE)


class Found:
    """A match: `spans[n]` is (start, end) of group n, or None where it took no part; without those after the last that did."""

    __slots__ = ("spans", "whole")

    def __init__(self, spans: tuple[tuple[int, int] | None, ...]) -> None:
        self.spans = spans
        self.whole = spans[0] or (0, 0)


class Exhausted:
    """A limit was reached before the answer was known."""

    __slots__ = ()


EXHAUSTED: Final = Exhausted()


class Expression:
    """A pattern for one reading; `anchored`: only at the start of a search. PatternInvalid if PCRE2 or this package refuses it."""

    __slots__ = (
        "_begins",
        "_characters",
        "_forms",
        "_groups",
        "_per_place",
        "_quick",
        "_start",
        "pattern",
        "source",
    )

    def __init__(self, source: bytes, characters: bool, *, anchored: bool = False) -> None:
        self.source = source
        self.pattern = characterwise(source) if characters else bytewise(source)
        self._characters = characters
        tokens = tokens_of(source, characters)
        firsts = first_bytes(tokens)
        self._begins = None if anchored or firsts is None else _any_of(firsts)
        self._start = b"" if anchored else _starts(firsts, characters)
        self._per_place = 2 if firsts is None else 0
        self._check(self.pattern)
        self._quick = self._compile(self.pattern, QUICK_STEPS)
        self._groups: int = self._quick.groups
        self._forms: dict[int, pcre2.Pattern] = {}

    def search(self, value: bytes, at: int = 0, effort: Effort | None = None) -> Found | Exhausted | None:
        """The first match that starts at or after `at`. What it costs is taken from `effort`."""
        if effort is not None and effort.given_up:
            return EXHAUSTED
        if self._begins is not None and self._begins.search(value, at) is None:
            if effort is not None:
                effort.spend(LOOK_CHARGE + len(value))
            return None
        if len(value) <= QUICK_BYTES:
            if effort is not None:
                effort.spend(QUICK_CHARGE + len(value))
            found = self._run(self._quick, value, at)
            if found is not EXHAUSTED:
                return found
        return self._climb(value, at, effort)

    def _climb(self, value: bytes, at: int, effort: Effort | None) -> Found | Exhausted | None:
        limit = FIRST_RUNG
        charge = 1 if len(value) < FAR_BYTES else FAR_CHARGE
        while limit < self._per_place * len(value) and limit < LAST_RUNG:
            limit *= RUNG_FACTOR
        while effort is None or limit * charge <= effort.left:
            found = self._run(self._form(limit), value, at)
            if effort is not None:  # PCRE2 does not tell how many steps it took
                effort.spend(charge * (limit if found is EXHAUSTED else limit // 2))
            if found is not EXHAUSTED or limit >= LAST_RUNG:
                return found
            limit *= RUNG_FACTOR
        return self._climb_no_further(value, at, effort, charge)

    def _climb_no_further(self, value: bytes, at: int, effort: Effort, charge: int) -> Found | Exhausted | None:
        """With all that the request has left, which is less than the next rung. The form is for this once and not kept."""
        left = effort.left
        if left < FIRST_RUNG * charge:
            effort.spend(left + 1)
            return EXHAUSTED
        found = self._run(self._compile(counted(self.source, self._characters), left // charge), value, at)
        effort.spend(left + 1 if found is EXHAUSTED else left // 2)
        return found

    def _form(self, limit: int) -> pcre2.Pattern:
        form = self._forms.get(limit)
        if form is None:
            form = self._forms[limit] = self._compile(counted(self.source, self._characters), limit)
        return form

    def _check(self, pattern: bytes) -> None:
        """By itself: what `_compile` puts around it would close a group that it leaves open. Raises PatternInvalid."""
        try:
            pcre2.compile(pattern, self._flags, jit=False)
        except pcre2.PatternError as error:
            raise _refused(error, 0) from error

    @property
    def _flags(self) -> int:
        return _FLAGS | _UNICODE if self._characters else _FLAGS

    def _compile(self, pattern: bytes, limit: int) -> pcre2.Pattern:
        group = b"(?r:" if self._characters else b"(?:"
        head = b"(*LIMIT_MATCH=%d)(*LIMIT_HEAP=%d)\\G%b\\K%b" % (limit, HEAP_KIB, self._start, group)
        try:
            return pcre2.compile(head + pattern + b")", self._flags, jit=False)
        except pcre2.PatternError as error:
            raise _refused(error, len(head)) from error

    def _run(self, form: pcre2.Pattern, value: bytes, at: int) -> Found | Exhausted | None:
        try:
            match = form.search(value, at)
        except (pcre2.LibraryError, MemoryError):
            return EXHAUSTED
        if match is None:
            return None
        spans = [match.span()]
        for group in range(1, self._groups + 1):
            spans.append(match.span(group))
        while spans[-1][0] < 0:
            spans.pop()
        return Found(tuple([span if span[0] >= 0 else None for span in spans]))


def _refused(error: pcre2.PatternError, ahead: int) -> PatternInvalid:
    return PatternInvalid(f"PCRE2 refuses it: {error.msg.partition('; ')[2]}", max(0, error.pos - ahead))


def _any_of(firsts: int) -> re.Pattern[bytes]:
    """One of the bytes that `_starts` goes to."""
    return re.compile(b"[%b]" % b"".join([b"\\x%02x" % byte for byte in range(256) if firsts >> byte & 1]))


def _starts(firsts: int | None, characters: bool) -> bytes:
    """What goes from place to place where a match may begin, in the reading: a step for each of these bytes, or for each place."""
    if firsts is None:
        return rb"(?s:.*?)"
    high = firsts & _HIGH
    these = members(firsts ^ high) + (HIGH_CHARACTERS if high and characters else members(high))
    return b"[^%b]*+(?:[%b][^%b]*+)*?" % (these, these, these)
