"""A moment as records and log lines write it: RFC 3339 in UTC with exactly three decimals."""

from __future__ import annotations

import datetime
from functools import lru_cache


@lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S")


def format_time(unix_ms: int) -> str:
    """1700000000123 as `2023-11-14T22:13:20.123Z`."""
    seconds, milliseconds = divmod(unix_ms, 1000)
    return f"{_second(seconds)}.{milliseconds:03d}Z"
