"""URLENCODED: pairs between separators, in a query or in a body (manual: Request body processors; ARGS).

A pair without `=` is a name with an empty value; an empty pair is an argument without name, except after the last
separator. Names and values are decoded, an invalid escape stays and sets URLENCODED_ERROR.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from policy.variables.decode import form_decode, has_invalid_escape
from policy.variables.item import Pair
from policy.variables.limits import ARGUMENTS_MAX

# stand for the separator and `=` while a whole form is decoded at once; a text with one of _RARE is decoded pair by pair
_SEPARATOR: Final = b"\x1e"
_EQUALS: Final = b"\x1f"
_RARE: Final = (_SEPARATOR, _EQUALS, b"%1e", b"%1E", b"%1f", b"%1F")
_HEXADECIMAL: Final = b"%+0123456789abcdefABCDEF"


class Form(NamedTuple):
    """`invalid`: some escape is not valid; `invalid_value`: one of a value.

    `exceeded`: there were more than ARGUMENTS_MAX pairs, and the rest was not read.
    """

    pairs: list[Pair]
    invalid: bool = False
    exceeded: bool = False
    invalid_value: bool = False


NO_FORM: Final = Form([])


def read_form(text: bytes, separator: bytes = b"&") -> Form:
    """`separator` is one byte. Any bytes are a form; the empty text has no argument."""
    if not text:
        return NO_FORM
    encoded = b"%" in text or b"+" in text
    plain = _decoded_whole(text, separator) if encoded else text
    if plain is not None:
        pieces, exceeded = _pieces(plain, _SEPARATOR if encoded else separator)
        if not encoded:
            split = [piece.partition(b"=") for piece in pieces]
            return Form([(key, value) for key, _, value in split], exceeded=exceeded)
        split = [piece.partition(_EQUALS) for piece in pieces]
        pairs = [(key, value.replace(_EQUALS, b"=")) for key, _, value in split]
        return Form(pairs, exceeded=exceeded)
    pieces, exceeded = _pieces(text, separator)
    split = [piece.partition(b"=") for piece in pieces]
    pairs = [(form_decode(key), form_decode(value)) for key, _, value in split]
    in_value = any(has_invalid_escape(value) for _, _, value in split)
    invalid = in_value or any(has_invalid_escape(key) for key, _, _ in split)
    return Form(pairs, invalid, exceeded, in_value)


def _pieces(text: bytes, separator: bytes) -> tuple[list[bytes], bool]:
    pieces = text.split(separator, ARGUMENTS_MAX)
    exceeded = len(pieces) > ARGUMENTS_MAX and bool(pieces[-1])
    if len(pieces) > ARGUMENTS_MAX or not pieces[-1]:
        pieces.pop()
    return pieces, exceeded


def _decoded_whole(text: bytes, separator: bytes) -> bytes | None:
    """All pairs decoded by one call, parted by two control characters; None if the text itself may hold one of the two."""
    if separator in _HEXADECIMAL or any(rare in text for rare in _RARE):
        return None
    text = text.replace(separator, _SEPARATOR).replace(b"=", _EQUALS)
    decoded = form_decode(text)
    return decoded if len(text) - len(decoded) == 2 * text.count(b"%") else None
