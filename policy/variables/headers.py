"""What ModSecurity 3 reads out of request headers: cookies, the kind of body, the user, the server's name."""

from __future__ import annotations

from binascii import Error as Base64Invalid
from binascii import a2b_base64
from collections.abc import Sequence
from typing import Final

from policy.variables.item import Pair

_SPACE: Final = b" \t\n\v\f\r"
_BODY_KINDS: Final = (
    (b"multipart/form-data", "MULTIPART"),
    (b"application/x-www-form-urlencoded", "URLENCODED"),
)


def read_cookies(value: bytes) -> list[Pair]:
    """The pairs of one Cookie header. Not decoded; a pair without `=` is a name, one without a name is left out."""
    pieces = value.split(b";")
    if not pieces[-1]:
        pieces.pop()
    if pieces:
        pieces[-1] = pieces[-1].rstrip(_SPACE)
    pairs = []
    for piece in pieces:
        key, _, content = piece.partition(b"=")
        key = key.lstrip(_SPACE)
        if key:
            pairs.append((key, content))
    return pairs


def body_kind(content_types: Sequence[bytes]) -> str:
    """`MULTIPART`, `URLENCODED` or "": the last Content-Type that begins with one of the two media types decides."""
    for value in reversed(content_types):
        start = value[:33].lower()
        for media_type, kind in _BODY_KINDS:
            if start.startswith(media_type):
                return kind
    return ""


def first_word(value: bytes, separator: bytes) -> bytes:
    """What is before the first separator: the scheme of Authorization, the host of Host, the type of a Content-Type."""
    return value.partition(separator)[0]


def basic_user(authorization: bytes) -> bytes | None:
    """The user name of Basic credentials, None if there is none to be read."""
    if not authorization.startswith(b"Basic "):
        return None
    encoded = authorization[6:].rstrip(b" ")
    try:
        decoded = a2b_base64(encoded, strict_mode=True) if len(encoded) % 4 == 0 else b""
    except Base64Invalid:
        return None
    user, colon, _ = decoded.partition(b":")
    return user if colon else None
