"""The clocks that the roles read. Decisions take the time as an argument; only the edges call these.

Wall time goes into records and certificates; boot time measures durations and deadlines, as nobody can set it back and
it goes on while the host sleeps.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

_MS_PER_S = 1_000
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


def rfc3339_ms(unix_ms: int) -> str:
    """`2026-11-23T04:05:06.789Z`: RFC 3339 in UTC with exactly three decimals."""
    seconds, ms = divmod(unix_ms, _MS_PER_S)
    year, month, day, hour, minute, second, *_ = time.gmtime(seconds)
    return f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}.{ms:03d}Z"
