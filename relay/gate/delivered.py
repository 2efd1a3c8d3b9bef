"""The gate's memory of transfer ids: what makes "delivered twice" impossible (P5), kept durably in SQLite.

An id is remembered *before* the application gets the request, and longer than any envelope with that id can live. So after a
crash between the two, a repeat is refused although the application has not had it: in exchange mode the citizen was told
that it failed, and asks again under a new id. An id is forgotten when `expires` is over by more than the clock skew.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from relay.base.errors import Broken, Refused
from relay.base.ids import TransferId, transfer_id_to_bytes
from relay.base.reasons import Reason

_SCHEMA = """
CREATE TABLE IF NOT EXISTS delivered (transfer BLOB PRIMARY KEY, expires_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS delivered_by_expiry ON delivered (expires_ms);
"""
FORGET_MOST = 1_000  # rows deleted in one turn, so that a turn stays short


class Delivered:
    """One gate's memory. Synchronous: the answer must not be given before the id is on the disk."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        # FULL: a commit returns after fsync, also of the write-ahead log
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA temp_store=MEMORY"):
            self._database.execute(statement)
        self._database.executescript(_SCHEMA)

    def remember(self, transfer_id: TransferId, expires_ms: int) -> None:
        """Durable when it returns. Raises Refused(ENVELOPE_REPLAYED) for an id that is known, Broken when it cannot be kept."""
        try:
            self._database.execute(
                "INSERT INTO delivered VALUES (?, ?)", (transfer_id_to_bytes(transfer_id), expires_ms)
            )
        except sqlite3.IntegrityError as error:
            raise Refused(Reason.ENVELOPE_REPLAYED) from error
        except sqlite3.Error as error:
            raise Broken(f"the memory of delivered transfers: {error}") from error

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
