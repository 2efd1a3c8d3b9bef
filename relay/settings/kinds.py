"""What a value must be beyond its shape, by the `kind` that `relay.settings.model` gives it.

Each check returns the value as the daemon uses it (paths absolute, addresses canonical) or raises `NotOfKind`.
"""

from __future__ import annotations

import base64
import json
import os
import re
import stat
from collections.abc import Callable
from datetime import date
from ipaddress import IPv6Address
from pathlib import Path
from urllib.parse import urlsplit

from relay.settings.addresses import Ip, parse_endpoint, parse_icap, parse_ip

SHOWN_CHARS = 80  # one line of a terminal

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")


class NotOfKind(Exception):
    """A value of the right type that cannot be used; says why, and what to write instead."""

    def __init__(self, message: str, mend: str) -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend


def _endpoint(text: str, _base: Path) -> str:
    try:
        endpoint = parse_endpoint(text)
    except ValueError as error:
        raise NotOfKind(
            f"{shown(text)} is not an IP address and a port",
            "write it like 192.0.2.1:443 or [2001:db8::1]:443; names are not resolved",
        ) from error
    _require_own_form(endpoint.ip)
    return str(endpoint)


def _icap(text: str, _base: Path) -> str:
    try:
        url = parse_icap(text)
    except ValueError as error:
        raise NotOfKind(
            f"{shown(text)} is not the address of an ICAP service",
            "write it like icap://192.0.2.1:1344/avscan, with its port and path; names are not resolved",
        ) from error
    _require_own_form(url.endpoint.ip)
    if url.endpoint.ip.is_unspecified:
        raise NotOfKind(f"{url.endpoint.ip} is not the address of a host", "write the address of the ICAP server")
    return str(url)


def _address(text: str, _base: Path) -> str:
    try:
        address = parse_ip(text)
    except ValueError as error:
        raise NotOfKind(f"{shown(text)} is not an IP address", "write it like 192.0.2.1 or 2001:db8::1") from error
    _require_own_form(address)
    if address.is_unspecified:
        raise NotOfKind(f"{address} means every interface", "write the address of one interface")
    return str(address)


def _require_own_form(address: Ip) -> None:
    if address.is_multicast:
        raise NotOfKind(f"{address} is a multicast address", "write the address of one interface")
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        raise NotOfKind(f"{address} is an IPv4 address in IPv6 form", f"write {address.ipv4_mapped}")


def _host_name(text: str, _base: Path) -> str:
    if not all(_LABEL.match(label) for label in text.split(".")):
        raise NotOfKind(
            f"{shown(text)} is not a DNS name", "write labels of letters, digits and inner hyphens, with single dots"
        )
    return text


def _pin(text: str, _base: Path) -> str:
    raw = base64.b64decode(text.removeprefix("sha256/"))  # the pattern has admitted base64 characters only
    if base64.b64encode(raw).decode() != text.removeprefix("sha256/"):
        raise NotOfKind(f"{shown(text)} is not canonical base64", "copy the pin that `sekisho certs show FILE` prints")
    return text


def _url(text: str, _base: Path) -> str:
    try:
        parts = urlsplit(text)
        usable = bool(parts.hostname) and (parts.port is None or parts.port > 0) and text.isascii()
    except ValueError:
        usable = False
    if not usable:
        raise NotOfKind(f"{shown(text)} is not the address of a web server", "write it like https://192.0.2.1:8443")
    return text.rstrip("/")


def _day(text: str, _base: Path) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise NotOfKind(f"{shown(text)} is not a day", "write it like 2027-03-31") from error


def _place(text: str, base: Path) -> str:
    if not text or "\0" in text:
        raise NotOfKind("is not a path", "write an absolute path, or one relative to this file's directory")
    return os.path.normpath(base / text)


def _file(text: str, base: Path) -> str:
    path = _place(text, base)
    if not stat.S_ISREG(_mode(path, "file")):
        raise NotOfKind(f"{path} is not a regular file", "name the file itself")
    if not os.access(path, os.R_OK):
        raise NotOfKind(f"{path} cannot be read by this user", f"let the role's user read it: chmod a+r {path}")
    return path


def _directory(text: str, base: Path) -> str:
    path = _place(text, base)
    if not stat.S_ISDIR(_mode(path, "directory")):
        raise NotOfKind(f"{path} is not a directory", "name the directory that holds the files")
    if not os.access(path, os.R_OK | os.X_OK):
        raise NotOfKind(f"{path} cannot be read by this user", f"let the role's user read it: chmod a+rx {path}")
    return path


def _mode(path: str, what: str) -> int:
    try:
        return os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotOfKind(f"{path} does not exist", f"put the {what} there, or correct the path") from error
    except OSError as error:
        raise NotOfKind(
            f"{path} cannot be looked at: {error.strerror}", "correct the path or its permissions"
        ) from error


KINDS: dict[str, Callable[[str, Path], str]] = {
    "endpoint": _endpoint,
    "icap": _icap,
    "address": _address,
    "host-name": _host_name,
    "pin": _pin,
    "url": _url,
    "day": _day,
    "place": _place,
    "file": _file,
    "directory": _directory,
}
LOOKING = ("file", "directory")  # the kinds that look at the disk


def shown(value: object) -> str:
    """A value as TOML would write it, on one line and cut where it is long."""
    if isinstance(value, int) and value.bit_length() > SHOWN_CHARS:
        return "a very large number"  # also beyond what Python turns into digits
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN_CHARS else f"{text[: SHOWN_CHARS - 1]}…"
