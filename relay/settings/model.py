"""The shape of the two configuration files: `sekisho.toml` for a DMZ host and `gate.toml` for a host on the LGWAN side.

Types only; `relay.settings.load` reads files into them and says what is wrong with file and line. Secrets are named,
never held: a `key` is the name of a credential that the role finds in `$CREDENTIALS_DIRECTORY` or `keys_dir`.
Addresses are written `192.0.2.1:443` or `[2001:db8::1]:443`. Paths are absolute, or relative to the file's directory.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from relay.base.limits import DEFAULTS, Limits

Name = Annotated[str, Meta(pattern=r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$")]
HostName = Annotated[str, Meta(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]
Interface = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:-]{1,15}$")]
Pin = Annotated[str, Meta(pattern=r"^sha256/[A-Za-z0-9+/]{43}=$")]  # SPKI digest as in RFC 7469
Wall = Literal["require", "if-available", "off"]


class Host(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What belongs to no single role."""

    name: HostName
    run_dir: str = "/run/sekisho"  # unix sockets between the roles
    keys_dir: str = "/etc/sekisho/keys"  # used where $CREDENTIALS_DIRECTORY is not set


class Front(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    listen: Annotated[list[str], Meta(min_length=1)]
    interface: Interface | None = None
    workers: Annotated[int, Meta(ge=1, le=256)] = 1
    tls_min_version: Literal["1.2", "1.3"] = "1.3"
    signing_key: Name = "front-signing"
    user: str | None = None


class Egress(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    certificate: str
    key: Name = "egress"
    interface: Interface | None = None
    source_address: str | None = None
    permit_key: Name = "permit"
    user: str | None = None


class Ledger(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    directory: str = "/var/lib/sekisho/log"
    origin: Annotated[str, Meta(pattern=r"^[a-z0-9.-]+(/[a-z0-9._-]+)*$")]  # C2SP checkpoint origin
    signing_key: Name = "log-signing"
    permit_key: Name = "permit"
    jsonl: str | None = None  # a copy of every record as a JSON line, for tools that read files
    user: str | None = None


class Exporter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    listen: str
    interface: Interface | None = None
    user: str | None = None


class Gate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One gate on the LGWAN side, as the egress sees it."""

    name: Name
    address: str
    server_name: HostName  # the DNS name that its certificate must have
    anchor: str  # PEM: the CA that issued it
    pins: Annotated[list[Pin], Meta(min_length=1)]
    crl: str | None = None
    crl_max_age_hours: Annotated[int, Meta(ge=1, le=8760)] = 24
    receipt_key: str  # C2SP vkey file: verifies this gate's receipts


class Tenant(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A municipality: the hosts it is known by on the Internet, and the gates that lead to it, in order of preference."""

    name: Name
    hosts: Annotated[list[HostName], Meta(min_length=1)]
    certificate: str
    key: Name
    gates: Annotated[list[Name], Meta(min_length=1)]
    sealing_key: str  # PEM-like file with the public key that all gates of this tenant share


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    procedures: list[str] = []  # directories of procedure files; empty: the catalogue that is installed
    open_routes: bool = False  # the lab only: every host, method and path is admitted to the rules without a schema


class Sandbox(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    landlock: Wall = "require"
    seccomp: Wall = "require"


class HostFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`sekisho.toml`."""

    host: Host
    front: Front
    egress: Egress
    ledger: Ledger
    exporter: Exporter
    gate: Annotated[list[Gate], Meta(min_length=1)]
    tenant: Annotated[list[Tenant], Meta(min_length=1)]
    policy: Policy = msgspec.field(default_factory=Policy)
    sandbox: Sandbox = msgspec.field(default_factory=Sandbox)
    limits: Limits = DEFAULTS


class Relay(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One relay in the DMZ, as the gate sees it."""

    name: Name
    server_name: HostName  # the DNS name in its client certificate
    anchor: str
    pins: Annotated[list[Pin], Meta(min_length=1)]
    crl: str | None = None
    crl_max_age_hours: Annotated[int, Meta(ge=1, le=8760)] = 24
    signing_keys: Annotated[list[str], Meta(min_length=1)]  # vkey files of its fronts


class GateHost(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: HostName
    listen: str
    interface: Interface | None = None
    certificate: str
    key: Name = "gate"
    sealing_keys: Annotated[list[Name], Meta(min_length=1)] = msgspec.field(default_factory=lambda: ["sealing"])
    receipt_key: Name = "receipt"
    keys_dir: str = "/etc/sekisho/keys"
    state_dir: str = "/var/lib/sekisho-gate"
    status_listen: str | None = None  # metrics and health of the gate
    user: str | None = None


class Application(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The municipal application of one tenant."""

    tenant: Name
    url: Annotated[str, Meta(pattern=r"^https?://[^/?#]+/?$")]


class GateFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`gate.toml`."""

    gate: GateHost
    relay: Annotated[list[Relay], Meta(min_length=1)]
    application: Annotated[list[Application], Meta(min_length=1)]
    sandbox: Sandbox = msgspec.field(default_factory=Sandbox)
    limits: Limits = DEFAULTS
