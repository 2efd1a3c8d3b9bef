"""What is known of a file when it has been looked at, by us or by a scanner. Only CLEAN passes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SIGNATURE_CHARACTERS_MAX: Final = 128  # characters; the longest name in ClamAV's databases of 2026 has under 100


class Verdict(StrEnum):
    CLEAN = "clean"
    INFECTED = "infected"  # something was found, by name or by policy
    UNSCANNABLE = "unscannable"  # the scanner says, or its limits say, that it did not see all
    TIMEOUT = "timeout"  # for whoever owns the clock: no codec here gives it
    ERROR = "error"  # no answer, half an answer, or one that is not defined


@dataclass(frozen=True, slots=True)
class Scanned:
    """`signature`: the scanner's name for what it found. Visible ASCII of bounded length, or nothing at all."""

    verdict: Verdict
    signature: str = ""


def signature_of(raw: bytes) -> str:
    """The name as it may stand in a log: a name with any other byte, or too long, is left out."""
    if len(raw) > SIGNATURE_CHARACTERS_MAX or not all(0x21 <= byte <= 0x7E for byte in raw):
        return ""
    return raw.decode("ascii")
