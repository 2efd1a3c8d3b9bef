"""Paths: normalisePath and normalisePathWin, with the edges of ModSecurity 3.

A segment that ends in `..` takes itself away, and the one before it if it is nothing else; `..` at the start of a relative path
stays, and every `..` after it until a regular segment follows. A path that was absolute and loses all is empty unless it ended in
a slash. normalisePathWin reads `\\` as `/`, but leaves the last backslash of a longer run of separators as it is (`_Windows`).
"""

from __future__ import annotations

import re
from typing import Final

_SLASH: Final = 0x2F
_BACKSLASH: Final = 0x5C
_DOT: Final = 0x2E
_LEFT_BACKSLASH: Final = re.compile(rb"[/\\]{2}\\|(?:\A|\.|[/\\])\.[/\\]\\")
_SEPARATORS: Final = re.compile(rb"([/\\]++)")


def normalise_path(value: bytes) -> bytes:
    if (_SLASH in value and (value.find(b"//") >= 0 or value.find(b"./") >= 0)) or value[-1:] == b".":
        return _normalise(value)
    return value


def normalise_path_win(value: bytes) -> bytes:
    if _BACKSLASH not in value:
        return normalise_path(value)
    if (value.find(b"\\\\") < 0 and value.find(b"/\\") < 0) or _LEFT_BACKSLASH.search(value) is None:
        return normalise_path(value.replace(b"\\", b"/"))
    return _Windows(value).normalise()


def _normalise(value: bytes) -> bytes:
    relative = value[:1] != b"/"
    kept: list[bytes] = []
    stuck = False  # a relative path has gone up past where it starts
    for segment in value.split(b"/"):
        if segment[-1:] != b".":
            if segment:
                if kept or len(segment) > 1:
                    stuck = False
                kept.append(segment)
        elif segment[-2:] == b"..":
            if relative and (stuck or (not kept and len(segment) <= 3)):
                stuck = True
                kept.append(segment)
            else:
                if kept and len(segment) == 2:
                    kept.pop()
                stuck = not kept
        elif segment != b".":
            kept.append(segment)
    ends = value[-1:] == b"/"
    result = b"/".join(kept) + b"/" if kept and ends else b"/".join(kept)
    if relative:
        return result
    return b"/" + result if kept or ends else b""


class _Windows:
    """Byte for byte what ModSecurity does where a backslash stays in the output: an ordinary byte from then on."""

    def __init__(self, value: bytes) -> None:
        self._value = value
        self._out = bytearray()
        self._relative = value[:1] not in (b"/", b"\\")
        self._stuck = False

    def normalise(self) -> bytes:
        out = self._out
        parts = _SEPARATORS.split(self._value)
        for segment, run in zip(parts[0:-1:2], parts[1::2], strict=True):
            # Only the first byte of a run is surely read as a slash, and the second if the segment before it was copied.
            read = 2
            if segment:
                if segment[-1] != _DOT:
                    out += segment
                    self._stuck = self._stuck and len(out) == 1
                elif self._dots(segment, last=False):
                    read = 1
            if out or not self._relative:
                out += run[-1:] if len(run) > read else b"/"
        last = parts[-1]
        if last[-1:] == b".":
            self._dots(last, last=True)
        else:
            out += last
        if last and out[-1:] == b"/":
            del out[-1:]
        return bytes(out)

    def _dots(self, segment: bytes, *, last: bool) -> bool:
        """A segment that ends in a dot: whether it was taken away."""
        out = self._out
        before = bytes(out[-1:]) if len(segment) == 1 else segment[-2:-1]
        if before == b".":
            return self._up(segment, last=last)
        if len(segment) == 1 and before == b"/" and not last:
            del out[-1:]
            return True
        if len(segment) == 1 and before in (b"", b"/"):
            return True
        out += segment
        return False

    def _up(self, segment: bytes, *, last: bool) -> bool:
        out = self._out
        out += segment[:-1]
        if self._relative and (self._stuck or len(out) <= 2):
            self._stuck = True
            out += b"."
            return False
        slash = out.rfind(b"/", 1, max(len(out) - 2, 1))
        if slash > 0:
            del out[slash:]
            return True
        self._stuck = True
        del out[0 if self._relative or not last else 1 :]
        return True
