"""Comments: removeComments, removeCommentsChar, replaceComments.

ModSecurity 3 ends a comment of removeComments and copies the byte behind it without looking at it (a NUL where there is none),
takes `*/` and `-->` for the end of either kind, and cuts the value at `--` and `#`. Kept, for the same verdicts.
"""

from __future__ import annotations

import re
from typing import Final

# A stretch up to a comment's start, the comment, and the byte that is copied unseen.
_COMMENT: Final = re.compile(rb"(?s)(?:/\*|<!--)(?:.*?(?:\*/|-->)(.|\Z)|.*)|(--|#).*")
_MARKS: Final = re.compile(rb"/\*|\*/|<!--|-->|--|#")
_C_COMMENT: Final = re.compile(rb"(?s)/\*.*?(?:\*/|\Z)")


def _ending(match: re.Match[bytes]) -> bytes:
    if match[2] is not None:
        return b""
    if match[1] is None:
        return b" "
    return match[1] or b"\0"


def remove_comments(value: bytes) -> bytes:
    return _COMMENT.sub(_ending, value)


def remove_comments_char(value: bytes) -> bytes:
    return _MARKS.sub(b"", value)


def replace_comments(value: bytes) -> bytes:
    return _C_COMMENT.sub(b" ", value) if b"/*" in value else value
