"""A strict look at the raw head of the application's response, ahead of h11. Pure.

h11 takes a bare LF for the end of a line and joins folded lines. An application that copies a value into a header field, line
breaks and all, would so get a field of the attacker's making sent to the citizen (response splitting). RFC 9112 sections 2.2
and 5.2 let a recipient refuse both. The bound of a head is h11's (`max_incomplete_event_size`).
"""

from __future__ import annotations

import re

from relay.base.errors import Refused
from relay.base.reasons import Reason

_END = b"\r\n\r\n"
_FAULT = re.compile(rb"(?<!\r)\n|\r(?!\n)|\r\n[ \t]|\x00")
_INFORMATIONAL = re.compile(rb"HTTP/1\.[01] 1[0-9][0-9][ \r]")


class ResponseHeadGuard:
    """Feed it all bytes of one response; it stops looking after the head of the final one."""

    __slots__ = ("_head",)

    def __init__(self) -> None:
        self._head: bytes | None = b""

    def feed(self, data: bytes) -> None:
        """Raises Refused(APPLICATION_INVALID)."""
        while self._head is not None:
            self._head += data
            data = b""
            end = self._head.find(_END)
            # the last byte of an unfinished head may be a CR whose LF is still on its way
            seen = self._head[: end + len(_END)] if end >= 0 else self._head.removesuffix(b"\r")
            if _FAULT.search(seen):
                raise Refused(Reason.APPLICATION_INVALID, "a bare line break, a folded line or NUL in the head")
            if end < 0:
                return
            rest = self._head[end + len(_END) :]
            self._head = rest if _INFORMATIONAL.match(self._head) else None
