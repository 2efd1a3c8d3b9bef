"""The gate's memory of transfer ids: what makes "delivered twice" impossible (P5), kept durably in SQLite.

An id is remembered *before* the application gets the request, and longer than any envelope with that id can live. So after a
crash between the two, a repeat is refused although the application has not had it: in exchange mode the citizen was told
that it failed, and asks again under a new id. An id is forgotten when `expires` is over by more than the clock skew.

The ids of one turn are written together, with one wait for the disk. There is no timer: who comes first lets the others of this
turn come, and while the disk is waited for the next ones gather.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

import trio

from relay.base.errors import Broken, Refused
from relay.base.ids import TransferId, transfer_id_to_bytes
from relay.base.reasons import Reason

_SCHEMA = """
CREATE TABLE IF NOT EXISTS delivered (transfer BLOB PRIMARY KEY, expires_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS delivered_by_expiry ON delivered (expires_ms);
"""
FORGET_MOST = 1_000  # rows deleted in one turn, so that a turn stays short


class _Group:
    """Ids that will be written together, and later whether each of them is new."""

    __slots__ = ("failure", "is_new", "rows")

    def __init__(self) -> None:
        self.rows: list[tuple[bytes, int]] = []
        self.is_new: list[bool] = []
        self.failure: sqlite3.Error | None = None


class Delivered:
    """One gate's memory. The answer is not given before the id is on the disk."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        # FULL: a commit returns after fsync, also of the write-ahead log
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA temp_store=MEMORY"):
            self._database.execute(statement)
        self._database.executescript(_SCHEMA)
        self._open = _Group()

    async def remember(self, transfer_id: TransferId, expires_ms: int) -> None:
        """Durable when it returns. Raises Refused(ENVELOPE_REPLAYED) for an id that is known, Broken when it cannot be kept."""
        group = self._open
        place = len(group.rows)
        group.rows.append((transfer_id_to_bytes(transfer_id), expires_ms))
        await trio.lowlevel.cancel_shielded_checkpoint()  # nobody leaves a group that somebody else writes
        if group is self._open:
            self._open = _Group()
            self._write(group)
        if group.failure is not None:
            raise Broken(f"the memory of delivered transfers: {group.failure}") from group.failure
        if not group.is_new[place]:
            raise Refused(Reason.ENVELOPE_REPLAYED)

    def _write(self, group: _Group) -> None:
        """All or none. Of two equal ids in a group the first is new."""
        insert = "INSERT INTO delivered VALUES (?, ?) ON CONFLICT (transfer) DO NOTHING"
        try:
            self._database.execute("BEGIN IMMEDIATE")
            group.is_new = [self._database.execute(insert, row).rowcount == 1 for row in group.rows]
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            group.failure = error
            with suppress(sqlite3.Error):  # where not even the transaction began
                self._database.execute("ROLLBACK")

    def forget(self, before_ms: int) -> int:
        """Drop ids whose envelopes are long refused as stale; how many, at most one turn's. Raises Broken."""
        try:
            cursor = self._database.execute(
                "DELETE FROM delivered WHERE transfer IN (SELECT transfer FROM delivered WHERE expires_ms < ? LIMIT ?)",
                (before_ms, FORGET_MOST),
            )
        except sqlite3.Error as error:
            raise Broken(f"the memory of delivered transfers: {error}") from error
        return cursor.rowcount

    def close(self) -> None:
        self._database.close()
