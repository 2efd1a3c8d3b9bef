"""Which rules a directive or `ctl:` means: `942100`, `942100-942199`, several of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from policy.seclang.faults import WordError

_RANGE = re.compile(r"([0-9]{1,18})(?:[ \t]*-[ \t]*([0-9]{1,18}))?\Z")


class IdRange(NamedTuple):
    """Both ends belong to it."""

    first: int
    last: int

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and self.first <= number <= self.last


def parse_ids(texts: Iterable[str]) -> tuple[IdRange, ...]:
    """Numbers and ranges between blanks or commas. Raises WordError."""
    ranges = []
    for piece in (piece for text in texts for piece in re.sub(r"[ \t]*-[ \t]*", "-", text).replace(",", " ").split()):
        found = _RANGE.match(piece)
        if found is None:
            raise WordError(f"{piece!r} is neither a rule id nor a range of them", "write 942100 or 942100-942199")
        first, last = int(found.group(1)), int(found.group(2) or found.group(1))
        if first > last:
            raise WordError(f"the range {piece} ends before it begins", f"write {last}-{first}")
        ranges.append(IdRange(first, last))
    if not ranges:
        raise WordError("no rule id is given", "write 942100 or 942100-942199")
    return tuple(ranges)
