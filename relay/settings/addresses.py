"""Addresses as the configuration writes them: `192.0.2.1:443`, `[2001:db8::1]:443`, `icap://192.0.2.1:1344/avscan`; never a name
that DNS must resolve."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

Ip = IPv4Address | IPv6Address

_ENDPOINT = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<four>[0-9.]+)):(?P<port>[1-9][0-9]{0,4})\Z")

_ICAP = re.compile(r"icap://(?P<endpoint>[^/]+)/(?P<path>[A-Za-z0-9._~/?=&-]{1,255})\Z")


@dataclass(frozen=True, slots=True)
class Endpoint:
    ip: Ip
    port: int

    def __str__(self) -> str:
        return f"[{self.ip}]:{self.port}" if self.ip.version == 6 else f"{self.ip}:{self.port}"


def parse_endpoint(text: str) -> Endpoint:
    """Raises ValueError."""
    match = _ENDPOINT.match(text)
    if match is None or int(match["port"]) > 65_535:
        raise ValueError(f"{text!r} is not an IP address with a port from 1 to 65535")
    if match["six"] is not None:
        return Endpoint(IPv6Address(match["six"]), int(match["port"]))
    return Endpoint(IPv4Address(match["four"]), int(match["port"]))


@dataclass(frozen=True, slots=True)
class IcapUrl:
    """Where an ICAP service is."""

    endpoint: Endpoint
    path: str

    def __str__(self) -> str:
        return f"icap://{self.endpoint}/{self.path}"


def parse_icap(text: str) -> IcapUrl:
    """Raises ValueError, also where the port is not written."""
    match = _ICAP.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not the address of an ICAP service")
    return IcapUrl(parse_endpoint(match["endpoint"]), match["path"])


def parse_ip(text: str) -> Ip:
    """Raises ValueError, also for a scoped address (`fe80::1%eth0`): an interface has its own setting."""
    if "%" in text:
        raise ValueError(f"{text!r} has a scope")
    return ip_address(text)
