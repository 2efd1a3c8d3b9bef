"""One file, from its name to everything that is wrong with it: the flow of docs/spec/content.md.

    name ▸ declared kind ▸ first and last bytes ▸ the kind's own reader ▸ what is inside, in the same way

What raises Unfit anywhere below ends here: a file has no findings, or it does not pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from content.archives import ARCHIVE_BYTES_MAX, Budget, content, read_archive
from content.faults import Fault, Unfit
from content.images import read_gif, read_jpeg, read_png, read_tiff
from content.kinds import OFFICE, Kind, declared_kind, require_kind
from content.names import Name, faults_of, read_name
from content.office import examine_office
from content.pdf import examine_pdf
from content.text import read_csv, read_text

FILE_BYTES_MAX: Final = (
    100 * 2**20
)  # bytes; an envelope of the front is smaller, and clamd's usual StreamMaxLength is as large
_IN_MEMBERS: Final = frozenset(("zip",)) | OFFICE  # kinds whose members take from the budget


@dataclass(frozen=True, slots=True)
class Examined:
    """`name` and `kind` are empty where they could not be told. `unpacked`: bytes in its archives, for a scanner's limits."""

    faults: tuple[Fault, ...]
    name: str = ""
    kind: str = ""
    unpacked: int = 0


def examine(name: str, media_type: str, data: bytes, taken: AbstractSet[str]) -> Examined:
    """`media_type`: as declared, without parameters. `taken`: the kinds that the attachment may have, by name."""
    faults = faults_of(name)
    if faults:
        return Examined(faults)
    read = read_name(name)
    budget = Budget()
    try:
        if len(data) > FILE_BYTES_MAX:
            raise Unfit(Fault.FILE_TOO_LARGE)
        kind = declared_kind(read.extension, media_type)
        if kind.name not in taken:
            raise Unfit(Fault.KIND_NOT_TAKEN)
        found = _inside(kind, data, taken, budget)
    except Unfit as unfit:
        return Examined((unfit.fault,), read.text)
    return Examined(tuple(dict.fromkeys(found)), read.text, kind.name, ARCHIVE_BYTES_MAX - budget.unpacked)


def _inside(kind: Kind, data: bytes, taken: AbstractSet[str], budget: Budget) -> tuple[Fault, ...]:
    require_kind(kind, data)
    if kind.name in OFFICE:
        return examine_office(data, kind.name, budget)
    if kind.name == "pdf":
        return examine_pdf(data)
    if kind.name == "zip":
        return _members(data, taken, budget)
    _READERS[kind.name](data)
    return ()


def _members(data: bytes, taken: AbstractSet[str], budget: Budget) -> tuple[Fault, ...]:
    """Each file in an archive is a file: of a kind that may be sent by itself, or an archive within the depth."""
    found: list[Fault] = []
    members = read_archive(data, budget)
    budget.depth -= 1
    for member in members:
        kind = declared_kind(_member_name(member.name).extension, None)
        if kind.name not in taken:
            raise Unfit(Fault.KIND_NOT_TAKEN)
        if kind.name in _IN_MEMBERS and budget.depth < 1:
            raise Unfit(Fault.ARCHIVE_DEPTH)
        found += _inside(kind, content(data, member, budget), taken, budget)
    budget.depth += 1
    return tuple(found)


def _member_name(path: str) -> Name:
    """Of the file itself; the names of the folders keep the same rules."""
    parts = path.split("/")
    if any(faults_of(part) for part in parts):
        raise Unfit(Fault.ARCHIVE_NAME)
    return read_name(parts[-1])


_READERS: Final[Mapping[str, Callable[[bytes], object]]] = {
    "png": read_png,
    "jpeg": read_jpeg,
    "gif": read_gif,
    "tiff": read_tiff,
    "txt": read_text,
    "csv": read_csv,
}
