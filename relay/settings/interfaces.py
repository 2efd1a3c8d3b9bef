"""Which interface of this host has which address, as the kernel says it; no packet is sent."""

from __future__ import annotations

import array
import fcntl
import socket
import struct
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from relay.settings.addresses import Ip

_SIOCGIFCONF = 0x8912  # linux/sockios.h
_IFREQ_BYTES = 40  # struct ifreq on 64-bit Linux: a name of 16 bytes, then a sockaddr
_MOST_ADDRESSES = 1024
_IF_INET6 = Path("/proc/net/if_inet6")


def interface_names() -> frozenset[str]:
    return frozenset(name for _, name in socket.if_nameindex())


def interface_of_addresses() -> dict[Ip, str]:
    """Raises OSError where the kernel does not say."""
    found: dict[Ip, str] = {}
    buffer = array.array("B", bytes(_IFREQ_BYTES * _MOST_ADDRESSES))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        about = fcntl.ioctl(asking, _SIOCGIFCONF, struct.pack("@iP", len(buffer), buffer.buffer_info()[0]))
    used = struct.unpack("@iP", about)[0]
    for start in range(0, used, _IFREQ_BYTES):
        label = bytes(buffer[start : start + 16]).partition(b"\0")[0].decode("ascii", "replace")
        address = IPv4Address(bytes(buffer[start + 20 : start + 24]))
        found[address] = label.partition(":")[0]  # an alias such as eth0:1 is eth0
    if _IF_INET6.exists():
        for line in _IF_INET6.read_text().splitlines():
            digits, *_, name = line.split()
            found[IPv6Address(bytes.fromhex(digits))] = name
    return found
