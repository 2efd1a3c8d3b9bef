"""ipMatch, ipMatchFromFile: is the value an address in one of these networks?

Rules (asked of libmodsecurity 3.0.15):
- Networks are divided by commas; empty ones are left out, bits behind the prefix are ignored, and a prefix of 0 is refused. In a file
  each line is such a list; lines that are empty or begin with "#" are left out.
- The value must be an address as inet_pton reads it, up to a byte 0: no blanks, no prefix, no zone.
- An IPv4 address in IPv6 form is an IPv6 address.

Differences on purpose: blanks around a network, carriage returns and "/128" are allowed (ModSecurity refuses them), and a prefix must be
digits only (ModSecurity takes "/8x" for 8).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final

from policy.operators.match import Match, OperatorInvalid, whole

# Networks of one operator. Source: ours; they are held in sets, so that only memory counts.
NETWORKS: Final = 100_000
# Longest text of an address: 8 groups, or 6 and an IPv4 address.
ADDRESS_BYTES: Final = 45


class IpMatch:
    """ipMatch and ipMatchFromFile."""

    __slots__ = ("_prefixes",)

    def __init__(self, lists: Iterable[bytes]) -> None:
        networks = [network for text in lists for written in text.split(b",") if (network := written.strip())]
        if len(networks) > NETWORKS:
            raise OperatorInvalid(f"more than {NETWORKS} networks", "divide them among several rules")
        found: dict[int, dict[int, set[int]]] = {4: {}, 6: {}}  # version ▸ bits behind the prefix ▸ prefixes
        for network in networks:
            version, behind, prefix = _network(network)
            found[version].setdefault(behind, set()).add(prefix)
        self._prefixes = {version: tuple(sizes.items()) for version, sizes in found.items()}

    def match(self, value: bytes, characters: bool) -> Match | None:
        del characters
        address = _address(value.partition(b"\0")[0])
        if address is None:
            return None
        number = int(address)
        for behind, prefixes in self._prefixes[address.version]:
            if number >> behind in prefixes:
                return whole(value)
        return None


def networks_of_lines(text: bytes) -> list[bytes]:
    """The lists in a file for ipMatchFromFile."""
    return [line for line in text.splitlines() if not line.lstrip().startswith(b"#")]


def _address(text: bytes) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if len(text) > ADDRESS_BYTES or b"%" in text:
        return None
    try:
        return ipaddress.ip_address(text.decode("ascii"))
    except ValueError:
        return None


def _network(text: bytes) -> tuple[int, int, int]:
    """(version, bits behind the prefix, prefix)."""
    written, slash, size = text.partition(b"/")
    address = _address(written)
    bits = address.max_prefixlen if address is not None else 0
    if slash and not (size.isdigit() and len(size) <= 4 and 1 <= int(size) <= bits):
        address = None
    if address is None:
        raise OperatorInvalid(
            f"{text[:60].decode('latin-1')!r} is no address or network",
            "write 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32",
        )
    behind = bits - int(size) if slash else 0
    return address.version, behind, int(address) >> behind
