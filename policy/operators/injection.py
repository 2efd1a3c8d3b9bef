"""detectSQLi, detectXSS: the C library libinjection, version 3.9.2 as in libmodsecurity.

Rules:
- detectSQLi captures the fingerprint as TX.0, detectXSS the value.
- The library is called by ctypes, with bytes and a length. `scripts/libinjection` compiles it into the virtual environment, from the
  source in a package: every Python wrapper of it is under the GPL or LGPL.
- libinjection is linear and keeps no state. It stops behind five tokens that it keeps; where it keeps none it reads on to the end, up
  to five times. What it read is counted (`injection.c`), since nobody can tell beforehand.
- Bytes from 0x80 on are letters of a word to it. It looks at the first five tokens of a value, and Japanese in front of an attack can
  be those five. So in the characters reading each run of ASCII is asked about too. And a finding of the whole counts only where ASCII
  has a part in it: words of Japanese between full-width brackets are no SQL.
- Full-width letters and brackets arrive here as ASCII. `(ABC)and(DEF)` is a condition in SQL and a name in prose, `(A)+(B)=(C)` a sum:
  in text a finding of words, figures, brackets and operators alone counts only where it compares or joins as an injection does.
"""

from __future__ import annotations

import ctypes
import re
import sys
from functools import cache
from pathlib import Path
from typing import Final

from policy.effort import Effort
from policy.operators.match import Counted, Match, OperatorInvalid, is_text, whole

LIBRARY: Final = Path(sys.prefix, "lib/sekisho/libinjection.so")
# libinjection's fingerprint: at most 8 characters with the 0 at the end (libinjection.h).
FINGERPRINT_BYTES: Final = 8
# What libinjection is counted for in steps of 25 ns: each call of it, each token that it made, and for how many bytes it read one more.
# Source: of some 400 texts made of what it folds away none took more than 26 ns for each step that is counted so.
CALL_CHARGE: Final = 30
TOKEN_CHARGE: Final = 2
READ_BYTES_PER_STEP: Final = 8
# Least bytes of a run of ASCII that is asked about. Source: ours; `1or 1=1` has 7.
RUN_BYTES: Final = 7
_RUN: Final = re.compile(rb"[\x00-\x7f]{%d,}" % RUN_BYTES)
# What no injection is without: a quotation mark, the end of a statement, a comment, a variable, a number or a word of ASCII.
_PART: Final = re.compile(rb"""["'`;#\\@0-9]|--|/\*|[A-Za-z_]{2}""")
# Fingerprints without a quotation mark, a comment, a variable or a keyword: n is a word, 1 a number, & a logical operator, o any
# other. And a word that is also the name of a function (`LEFT`, `A/TAN`), with one in brackets, of which not all is ASCII.
_PLAIN: Final = re.compile(rb"[n1&o(),.;]+")
_NAMED: Final = re.compile(rb"(?:no)?f\(n\)?n?")
# `<` and `>` beside Japanese are brackets.
_COMPARES: Final = re.compile(
    rb"<(?![\x80-\xff])|(?<![\x80-\xff])>|!="
    rb"|(?<![A-Za-z_])(?:between|div|in|is|like|mod|not|regexp|rlike|similar|sounds)(?![A-Za-z_])",
    re.IGNORECASE,
)
_JOINS: Final = re.compile(rb"&&|\|\||(?<![A-Za-z_])(?:and|or|xor)(?![A-Za-z_])", re.IGNORECASE)
_WITH_JOINED: Final = re.compile(rb"""[="'`#]|--|/\*""")
_HIGH: Final = bytes(range(0x80, 0x100))


def _may_be_part(plain: bytes) -> bool:
    """Whether a text whose ASCII is this may have a part in it, or a run that is asked about."""
    return len(plain) >= RUN_BYTES or _PART.search(plain) is not None


def _is_prose(fingerprint: bytes, piece: bytes) -> bool:
    """Whether this finding in text is none.

    An injection begins by ending the quotation that it is in, or behind a number, and then it compares, calls or joins.
    """
    plain = _PLAIN.fullmatch(fingerprint) or (not piece.isascii() and _NAMED.fullmatch(fingerprint))
    if not plain or _COMPARES.search(piece) is not None:
        return False
    if b"&" not in fingerprint and _JOINS.search(piece) is None:
        return True
    return not fingerprint.startswith(b"1") and _WITH_JOINED.search(piece) is None


@cache
def library(path: Path = LIBRARY) -> ctypes.CDLL:
    """Raises OperatorInvalid where it is not installed."""
    try:
        loaded = ctypes.CDLL(str(path))
    except OSError as error:
        raise OperatorInvalid(
            f"libinjection is not at {path}", "compile it: scripts/libinjection DIRECTORY_OF_THE_VIRTUAL_ENVIRONMENT"
        ) from error
    loaded.sekisho_sqli.argtypes = (ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.POINTER(ctypes.c_size_t))
    loaded.sekisho_sqli.restype = ctypes.c_int
    loaded.libinjection_xss.argtypes = (ctypes.c_char_p, ctypes.c_size_t)
    loaded.libinjection_xss.restype = ctypes.c_int
    return loaded


class DetectSqli(Counted):
    __slots__ = ("_fingerprint", "_sqli", "_work")

    def __init__(self) -> None:
        self._sqli = library().sekisho_sqli
        self._fingerprint = ctypes.create_string_buffer(FINGERPRINT_BYTES)
        self._work = (ctypes.c_size_t * 2)()  # tokens and bytes of one call

    def match_within(self, value: bytes, characters: bool, effort: Effort | None) -> Match | None:
        text = characters and is_text(value)
        if text and not _may_be_part(value.translate(None, _HIGH)):
            return None
        if effort is not None and effort.given_up:
            return whole(value)._replace(exhausted=True)
        fingerprint = self._finding(value, effort)
        if fingerprint is not None and (not text or (_PART.search(value) and not _is_prose(fingerprint, value))):
            return Match(0, len(value), (fingerprint,))
        return self._in_run(value, effort) if text else None

    def _in_run(self, value: bytes, effort: Effort | None) -> Match | None:
        """The first of the runs of ASCII in a text that is an injection by itself."""
        for run in _RUN.finditer(value):
            if effort is not None and effort.given_up:
                return whole(value)._replace(exhausted=True)
            piece = run[0]
            fingerprint = self._finding(piece, effort)
            if fingerprint is not None and not _is_prose(fingerprint, piece):
                return Match(run.start(), run.end(), (fingerprint,))
        return None

    def _finding(self, piece: bytes, effort: Effort | None) -> bytes | None:
        """The fingerprint."""
        work = self._work
        work[0] = work[1] = 0
        found = self._sqli(piece, len(piece), self._fingerprint, work)
        if effort is not None:
            effort.spend(CALL_CHARGE + TOKEN_CHARGE * work[0] + work[1] // READ_BYTES_PER_STEP)
        return self._fingerprint.value if found else None


class DetectXss(Counted):
    __slots__ = ("_xss",)

    def __init__(self) -> None:
        self._xss = library().libinjection_xss

    def match_within(self, value: bytes, characters: bool, effort: Effort | None) -> Match | None:
        del characters
        if effort is not None:
            if effort.given_up:
                return whole(value)._replace(exhausted=True)
            effort.spend(CALL_CHARGE + len(value) // READ_BYTES_PER_STEP)
        return whole(value)._replace(groups=(value,)) if self._xss(value, len(value)) else None
