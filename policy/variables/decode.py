"""The two percent-decodings that ModSecurity 3 does while it reads a request; neither ever fails.

An escape that is not `%` and two hexadecimal digits stays as it is. Runs of escapes are decoded at once: Japanese text is
nothing but runs, and one call for each byte would cost more than the rest of the request.
"""

from __future__ import annotations

import re
from binascii import unhexlify

_RUN = re.compile(rb"(?:%[0-9A-Fa-f]{2})+")
_INVALID = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def _decoded(run: re.Match[bytes]) -> bytes:
    return unhexlify(run[0].replace(b"%", b""))


def uri_decode(text: bytes) -> bytes:
    """`%XX` only, as for REQUEST_URI and REQUEST_FILENAME."""
    return _RUN.sub(_decoded, text) if b"%" in text else text


def form_decode(text: bytes) -> bytes:
    """`%XX`, and `+` is a space, as for arguments."""
    if b"+" in text:
        text = text.replace(b"+", b" ")
    return _RUN.sub(_decoded, text) if b"%" in text else text


def has_invalid_escape(text: bytes) -> bool:
    """Whether some `%` is not followed by two hexadecimal digits (URLENCODED_ERROR)."""
    return b"%" in text and _INVALID.search(text) is not None
