"""What disarming a file gives: new bytes, what is no longer in them, and what made them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from content.faults import Fault

DISARM_VERSION: Final = 1  # one more whenever the same file would give other bytes


class Removed(StrEnum):
    """What goes though it is no fault. What is a fault is told by its own word."""

    METADATA = "metadata"  # who made it, when, with what, where; colour profiles
    FRAMES = "frames"  # all but the first picture of a moving one
    LINKS = "links"  # the words or the picture stay
    FORM = "form"  # fields to fill in; what was filled in stays, as part of the page
    ANNOTATIONS = "annotations"  # what they show stays, as part of the page
    NAVIGATION = "navigation"  # outlines, named places, page labels, structure
    CUSTOM_XML = "custom_xml"
    FIELDS = "fields"  # their last result stays
    FORMULAS = "formulas"  # their last value stays
    PICTURES = "pictures"  # of kinds that nothing here re-encodes: an empty one stands in their place


@dataclass(frozen=True, slots=True)
class Disarmed:
    """`removed`: each once, sorted; it holds nothing of the file. `tool`: the same file and the same tool give the same bytes."""

    data: bytes
    removed: tuple[Fault | Removed, ...]
    tool: str


def disarmed(data: bytes, removed: set[Fault | Removed], *libraries: tuple[str, str]) -> Disarmed:
    """`libraries`: names and versions of what wrote the bytes."""
    tool = " ".join([f"{name}/{version}" for name, version in (("disarm", str(DISARM_VERSION)), *libraries)])
    return Disarmed(data, tuple(sorted(removed)), tool)
