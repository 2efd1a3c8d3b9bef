"""The clocks that the roles read. Decisions take the time as an argument; only the edges call these.

Wall time goes into records and certificates; boot time measures durations and deadlines, as nobody can set it back and
it goes on while the host sleeps.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

_NS_PER_MS = 1_000_000


def now_ms() -> int:
    """Unix time in milliseconds."""
    return time.time_ns() // _NS_PER_MS


def now_utc() -> datetime:
    """Wall time as the certificate checks take it."""
    return datetime.now(UTC)


def boottime_ns() -> int:
    """Nanoseconds since boot, sleep included (CLOCK_BOOTTIME)."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def boottime_ms() -> int:
    """Milliseconds since boot, sleep included."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // _NS_PER_MS
