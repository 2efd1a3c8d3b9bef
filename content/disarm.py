"""What crosses of a file, by what its attachment declares for active content: the file itself, what disarming makes of it, or nothing.

    examine ▸ as it is, or disarm ▸ examine again

What is not active content (a damaged file, a second format, a bound) is refused whatever the declaration says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from content.disarm_image import disarm_image
from content.disarm_office import disarm_office
from content.disarm_pdf import disarm_pdf
from content.disarmed import Disarmed, Removed
from content.examine import Examined, examine
from content.faults import Fault, Unfit


class Active(StrEnum):
    """The attachment's key `active` (docs/spec/content.md, 9)."""

    AS_IS = "as-is"
    DISARM = "disarm"
    REFUSE = "refuse"


# Faults that say what a file does, not what is wrong with it
ACTIVE_FAULTS: Final = frozenset(
    (
        Fault.OFFICE_MACRO, Fault.OFFICE_OBJECT, Fault.OFFICE_CONTROL, Fault.OFFICE_EXTERNAL, Fault.OFFICE_TEMPLATE,
        Fault.OFFICE_FIELD, Fault.OFFICE_PART, Fault.PDF_SCRIPT, Fault.PDF_ACTION, Fault.PDF_LAUNCH, Fault.PDF_ATTACHMENT,
        Fault.PDF_MEDIA, Fault.PDF_XFA, Fault.PDF_EXTERNAL,
    )
)  # fmt: skip

_DISARMING: Final[Mapping[str, Callable[[bytes], Disarmed]]] = {
    "pdf": disarm_pdf,
    "jpeg": lambda data: disarm_image(data, "jpeg"),
    "png": lambda data: disarm_image(data, "png"),
    "docx": lambda data: disarm_office(data, "docx"),
    "xlsx": lambda data: disarm_office(data, "xlsx"),
    "pptx": lambda data: disarm_office(data, "pptx"),
}
DISARMED_KINDS: Final = frozenset(_DISARMING)


@dataclass(frozen=True, slots=True)
class Treated:
    """`faults`: why nothing crosses, or nothing. `examined`: of the file that came. `tool`: empty where the file crosses as it is."""

    faults: tuple[Fault, ...]
    examined: Examined
    data: bytes = b""
    removed: tuple[Fault | Removed, ...] = ()
    tool: str = ""


def treat(name: str, media_type: str, data: bytes, taken: AbstractSet[str], active: Active) -> Treated:
    """As `examine`, and what crosses."""
    examined = examine(name, media_type, data, taken)
    refusing = examined.faults
    if active is not Active.REFUSE:
        refusing = tuple([fault for fault in examined.faults if fault not in ACTIVE_FAULTS])
    if refusing:
        return Treated(refusing, examined)
    if active is not Active.DISARM:
        return Treated((), examined, data)
    try:
        made = _disarmed(examined.kind, data)
    except Unfit as unfit:
        return Treated((unfit.fault,), examined)
    again = examine(name, media_type, made.data, taken).faults
    if again:
        return Treated((Fault.NOT_DISARMED,), examined)
    found = tuple(sorted({*examined.faults, *made.removed}))
    return Treated((), examined, made.data, found, made.tool)


def _disarmed(kind: str, data: bytes) -> Disarmed:
    if kind not in _DISARMING:
        raise Unfit(Fault.NOT_DISARMED)
    return _DISARMING[kind](data)
