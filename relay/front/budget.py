"""How much one worker takes on at once: connections in all and per source, and transfers in flight. Pure counting.

Per source means: an IPv4 address, or the /64 of an IPv6 address, which is what one subscriber has (RFC 6177).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address

from relay.base.errors import Refused, Unavailable
from relay.base.limits import Limits
from relay.base.reasons import Reason


class Budget:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._per_source: dict[str, int] = {}
        self._places = _TransferPlaces(limits.transfers_in_flight)
        self.connections = 0

    @contextmanager
    def connection(self, source: str) -> Iterator[None]:
        """Hold a place for a connection. Raises Refused."""
        key = subscriber(source)
        held = self._per_source.get(key, 0)
        if self.connections >= self._limits.connections:
            raise Refused(Reason.CONNECTIONS_EXCEEDED)
        if held >= self._limits.connections_per_source:
            raise Refused(Reason.SOURCE_CONNECTIONS_EXCEEDED)
        self.connections += 1
        self._per_source[key] = held + 1
        try:
            yield
        finally:
            self.connections -= 1
            left = self._per_source[key] - 1
            if left:
                self._per_source[key] = left
            else:
                del self._per_source[key]

    def transfer(self) -> _TransferPlaces:
        """Hold a place for a transfer, by `with`. Raises Unavailable(OVERLOADED)."""
        return self._places

    @property
    def transfers(self) -> int:
        return self._places.taken


class _TransferPlaces:
    """Entered once for each transfer. One object for all of them, as it is on the way of every request."""

    __slots__ = ("_most", "taken")

    def __init__(self, most: int) -> None:
        self._most = most
        self.taken = 0

    def __enter__(self) -> None:
        if self.taken >= self._most:
            raise Unavailable(Reason.OVERLOADED)
        self.taken += 1

    def __exit__(self, *_: object) -> None:
        self.taken -= 1


def subscriber(address: str) -> str:
    """The key that connections are counted under."""
    if ":" not in address:
        return address
    packed = IPv6Address(address.partition("%")[0])
    if packed.ipv4_mapped is not None:
        return str(packed.ipv4_mapped)
    return packed.packed[:8].hex()
