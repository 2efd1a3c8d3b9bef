"""Which transfer each intent is of: an outcome or a remark must name an earlier intent of its own transfer (docs/spec/ipc.md section 3.4).

Without this check one record of a taken-over egress would do, and the log would never verify again (docs/spec/log.md section 10).
The newest intents are kept in memory; what is older has been published and is read from its bundle.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from relay.ledger.reader import decode_at, read_bundle
from relay.tree.record import Intent
from relay.tree.tiles import TILE_WIDTH

KEPT: Final = 16_384  # more than one lap of the journal holds (8 MiB of at least 600 bytes), so the rest is published


class Intents:
    """`directory`: of the log."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._recent: dict[int, str] = {}

    def add(self, index: int, transfer: str) -> None:
        self._recent[index] = transfer
        if len(self._recent) > KEPT:
            del self._recent[next(iter(self._recent))]

    def transfer_of(self, index: int, published: int) -> str:
        """The transfer of the intent at `index`; empty where there is none. `published`: size of the newest checkpoint.

        Raises IntegrityBroken.
        """
        recent = self._recent.get(index)
        if recent is not None or index >= published:
            return recent or ""
        bundle, position = divmod(index, TILE_WIDTH)
        _, entries = read_bundle(self._directory, bundle, min(TILE_WIDTH, published - bundle * TILE_WIDTH))
        record = decode_at(index, entries[position])
        return record.transfer if isinstance(record, Intent) else ""
