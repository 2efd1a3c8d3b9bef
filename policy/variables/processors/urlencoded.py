"""URLENCODED: pairs between separators, in a query or in a body (manual: Request body processors; ARGS).

A pair without `=` is a name with an empty value; an empty pair is an argument without name, except after the last
separator. Names and values are decoded, an invalid escape stays and sets URLENCODED_ERROR.
"""

from __future__ import annotations

from typing import NamedTuple

from policy.variables.decode import form_decode, has_invalid_escape
from policy.variables.item import Pair
from policy.variables.limits import ARGUMENTS_MAX

_HEXADECIMAL = b"0123456789abcdefABCDEF"


class Form(NamedTuple):
    """`exceeded`: there were more than ARGUMENTS_MAX pairs, and the rest was not read."""

    pairs: list[Pair]
    invalid: bool
    exceeded: bool


NO_FORM = Form([], invalid=False, exceeded=False)


def read_form(text: bytes, separator: bytes = b"&") -> Form:
    """`separator` is one byte. Any bytes are a form; the empty text has no argument."""
    if not text:
        return NO_FORM
    pieces = text.split(separator, ARGUMENTS_MAX)
    exceeded = len(pieces) > ARGUMENTS_MAX and bool(pieces[-1])
    if exceeded or not pieces[-1]:
        pieces.pop()
    invalid = has_invalid_escape(text)
    if not invalid and separator in _HEXADECIMAL:
        invalid = any(map(has_invalid_escape, pieces))
    pairs = []
    if b"%" in text or b"+" in text:
        for piece in pieces:
            key, _, value = piece.partition(b"=")
            pairs.append((form_decode(key), form_decode(value)))
    else:
        for piece in pieces:
            key, _, value = piece.partition(b"=")
            pairs.append((key, value))
    return Form(pairs, invalid, exceeded)
