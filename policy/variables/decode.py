"""The two percent-decodings that ModSecurity 3 does while it reads a request; neither ever fails.

An escape that is not `%` and two hexadecimal digits stays as it is.
"""

from __future__ import annotations

import re
from typing import Final

from policy.transformations.urls import percent_decode, url_decode

_INVALID: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def uri_decode(text: bytes) -> bytes:
    """`%XX` only, as for REQUEST_URI and REQUEST_FILENAME."""
    return percent_decode(text)


def form_decode(text: bytes) -> bytes:
    """`%XX`, and `+` is a space, as for arguments."""
    return url_decode(text)


def has_invalid_escape(text: bytes) -> bool:
    """Whether some `%` is not followed by two hexadecimal digits (URLENCODED_ERROR)."""
    return b"%" in text and _INVALID.search(text) is not None
