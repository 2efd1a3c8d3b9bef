"""The two percent-decodings that ModSecurity 3 does while it reads a request; neither ever fails.

An escape that is not `%` and two hexadecimal digits stays as it is. Text in Japanese is nothing but escapes, so the common
case goes through the standard library's quoted-printable decoder, which is C: `=E3` for `%E3`. That is exact where each
escape is valid and neither `=` nor a line end is in the text; the lengths tell whether it was.
"""

from __future__ import annotations

import re
from binascii import a2b_qp
from typing import Final

from policy.transformations.urls import percent_decode

_INVALID: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def uri_decode(text: bytes) -> bytes:
    """`%XX` only, as for REQUEST_URI and REQUEST_FILENAME."""
    escapes = text.count(b"%")
    if not escapes:
        return text
    if b"=" not in text and b"\n" not in text and b"\r" not in text:
        decoded = a2b_qp(text.replace(b"%", b"="))
        if len(decoded) + 2 * escapes == len(text):
            return decoded
    return percent_decode(text)


def form_decode(text: bytes) -> bytes:
    """`%XX`, and `+` is a space, as for arguments."""
    return uri_decode(text.replace(b"+", b" ") if b"+" in text else text)


def has_invalid_escape(text: bytes) -> bool:
    """Whether some `%` is not followed by two hexadecimal digits (URLENCODED_ERROR)."""
    return b"%" in text and _INVALID.search(text) is not None
