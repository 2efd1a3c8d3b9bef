"""Comments: removeComments, removeCommentsChar, replaceComments.

ModSecurity 3 ends a comment of removeComments and copies the byte behind it without looking at it (a NUL where there is none),
takes `*/` and `-->` for the end of either kind, and cuts the value at `--` and `#`. Kept, for the same verdicts.
"""

from __future__ import annotations

import re
from typing import Final

_HASH: Final = 0x23
_ASTERISK: Final = 0x2A

# A comment with what ends it and the byte that is copied unseen, or all from `--` or `#` on.
_COMMENT: Final = re.compile(
    rb"(?s)(?:/\*|<!--).*?(?:(\*/|-->)(.?)|\Z)|(--|#).*+",
)
_MARKS: Final = re.compile(rb"/\*|\*/|<!--|-->|--|#")
_C_COMMENT: Final = re.compile(rb"(?s)/\*.*?(?:\*/|\Z)")


def _ending(match: re.Match[bytes]) -> bytes:
    if match[3] is not None:
        return b""
    if match[1] is None:
        return b" "
    return match[2] or b"\0"


def remove_comments(value: bytes) -> bytes:
    if _HASH in value or value.find(b"--") >= 0 or value.find(b"/*") >= 0:
        return _COMMENT.sub(_ending, value)
    return value


def remove_comments_char(value: bytes) -> bytes:
    if _HASH in value or _ASTERISK in value or value.find(b"--") >= 0:
        return _MARKS.sub(b"", value)
    return value


def replace_comments(value: bytes) -> bytes:
    return _C_COMMENT.sub(b" ", value) if value.find(b"/*") >= 0 else value
