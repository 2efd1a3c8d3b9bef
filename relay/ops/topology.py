"""Which processes a DMZ host runs, in the order in which they start, and the order in which they end."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path

from relay.ops.supervisor import Child

STOP_ORDER = ("front", "egress", "scanner", "exporter", "ledger")


def host_children(config: Path, workers: int, listeners: Sequence[socket.socket], *, has_scanner: bool) -> list[Child]:
    """The ledger first, because nothing may happen unlogged; the fronts last, when everything behind them stands."""
    options = ("--config", str(config))
    fronts = [
        Child(f"front-{worker}", "relay.front", (*options, "--worker", str(worker)), tuple(listeners), "front")
        for worker in range(workers)
    ]
    return [
        Child("ledger", "relay.ledger", options),
        Child("egress", "relay.egress", options),
        Child("exporter", "relay.exporter", options),
        *([Child("scanner", "relay.scanner", options)] if has_scanner else []),
        *fronts,
    ]
