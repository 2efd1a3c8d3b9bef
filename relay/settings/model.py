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

# `kind` names the check in `relay.settings.kinds` that a value must pass beyond its shape; the description is what a
# message says was expected.


def _kind(kind: str, description: str, pattern: str | None = None) -> Meta:
    return Meta(pattern=pattern, description=description, extra={"kind": kind})


Name = Annotated[
    str,
    Meta(
        # ten digits in a row could be somebody's number, and no record of the log takes them (docs/spec/log.md)
        pattern=r"^(?!.*[0-9]{10})[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?\Z",
        description="a name of at most 32 lower-case letters, digits and inner hyphens, without ten digits in a row",
    ),
]
HostName = Annotated[
    str,
    _kind(
        "host-name", "a DNS name in lower case, such as shinsei.example.jp", r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\Z"
    ),
]
Interface = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z0-9_.:-]{1,15}\Z", description="the name of a network interface, at most 15 characters"),
]
Pin = Annotated[  # SPKI digest as in RFC 7469
    str,
    _kind(
        "pin", "sha256/ and 44 characters of base64, as `sekisho certs show` prints", r"^sha256/[A-Za-z0-9+/]{43}=\Z"
    ),
]
User = Annotated[
    str, Meta(pattern=r"^([a-z_][a-z0-9_-]{0,31}|[0-9]{1,10})\Z", description="the name or number of a system user")
]
Endpoint = Annotated[str, _kind("endpoint", "an IP address and a port, such as 192.0.2.1:443 or [2001:db8::1]:443")]
IcapUrl = Annotated[str, _kind("icap", "the address of an ICAP service, such as icap://192.0.2.1:1344/avscan")]
Address = Annotated[str, _kind("address", "an IP address, such as 192.0.2.1 or 2001:db8::1")]
FilePath = Annotated[str, _kind("file", "the path of a file that exists and can be read")]
DirectoryPath = Annotated[str, _kind("directory", "the path of a directory that exists and can be read")]
PlacePath = Annotated[str, _kind("place", "a path")]  # need not exist yet
Url = Annotated[
    str, _kind("url", "an address such as https://192.0.2.1:8443, without a path", r"^https?://[^/?#@\\\s]+/?\Z")
]
Origin = Annotated[  # C2SP tlog-checkpoint
    str,
    Meta(
        pattern=r"^[a-z0-9.-]+(/[a-z0-9._-]+)*\Z",
        max_length=200,
        description="a name such as relay1.example.jp/log, in lower case and unlike that of any other log",
    ),
]
Day = Annotated[str, _kind("day", "a day such as 2027-03-31", r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
RuleFiles = Annotated[str, _kind("place", "the path of a file of rules, or a pattern such as rules/*.conf")]
RuleTarget = Annotated[
    str,
    Meta(
        pattern=r"^[A-Z_]+(:[!-~]+)?\Z",
        description="a target of rules, such as ARGS:memo or REQUEST_HEADERS:user-agent",
    ),
]
Why = Annotated[str, Meta(pattern=r"^\S.{9,}\Z", description="a reason of at least 10 characters")]
Threshold = Annotated[int, Meta(ge=1, le=100_000)]  # points of CRS's anomaly score
Wall = Literal["require", "if-available", "off"]


class Host(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What belongs to no single role."""

    name: HostName
    run_dir: PlacePath = "/run/sekisho"  # unix sockets between the roles
    keys_dir: PlacePath = "/etc/sekisho/keys"  # used where $CREDENTIALS_DIRECTORY is not set
    cache_dir: PlacePath | None = None  # compiled rules, so that a start takes seconds; the front's user writes there


class Front(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    listen: Annotated[list[Endpoint], Meta(min_length=1)]
    interface: Interface | None = None
    workers: Annotated[int, Meta(ge=1, le=256)] = 1
    tls_min_version: Literal["1.2", "1.3"] = "1.3"
    signing_key: Name = "front-signing"
    user: User | None = None


class Egress(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    certificate: FilePath
    key: Name = "egress"
    interface: Interface | None = None
    source_address: Address | None = None
    permit_key: Name = "permit"
    user: User | None = None


class Ledger(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    directory: PlacePath = "/var/lib/sekisho/log"
    origin: Origin  # of the checkpoints
    signing_key: Name = "log-signing"
    permit_key: Name = "permit"
    jsonl: PlacePath | None = None  # a copy of every record as a JSON line, for tools that read files
    user: User | None = None


class Exporter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    listen: Endpoint
    interface: Interface | None = None
    user: User | None = None


class Scanner(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who looks at attached files: clamd, an ICAP service, or both. Without this table no procedure can take any."""

    clamd: PlacePath = "/run/clamav/clamd.ctl"  # its unix socket (LocalSocket)
    clamd_config: FilePath | None = (
        None  # clamd.conf of that clamd: its limits are read from it; None: clamd is not asked
    )
    icap: IcapUrl | None = None  # None: no ICAP service is asked
    icap_mode: Literal["respmod", "reqmod"] = "respmod"
    processes: Annotated[int, Meta(ge=1, le=64)] = 4  # files whose structure is looked at at a time
    user: User | None = None


class Gate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One gate on the LGWAN side, as the egress sees it."""

    name: Name
    address: Endpoint
    server_name: HostName  # the DNS name that its certificate must have
    anchor: FilePath  # PEM: the CA that issued it
    pins: Annotated[list[Pin], Meta(min_length=1)]
    crl: FilePath | None = None
    crl_max_age_hours: Annotated[int, Meta(ge=1, le=8760)] = 24
    receipt_key: FilePath  # C2SP vkey file: verifies this gate's receipts


class Tenant(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A municipality: the hosts it is known by on the Internet, and the gates that lead to it, in order of preference."""

    name: Name
    hosts: Annotated[list[HostName], Meta(min_length=1)]
    certificate: FilePath
    key: Name
    gates: Annotated[list[Name], Meta(min_length=1)]
    sealing_key: FilePath  # PEM-like file with the public key that all gates of this tenant share
    rule_set: Name | None = None  # for this tenant's routes; default: that of [policy]


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    procedures: list[DirectoryPath] = []  # directories of procedure files; empty: the catalogue that is installed
    rule_set: Name | None = None  # the [[rule_set]] that judges every route; none: no route has the rules stage
    open_routes: bool = False  # the lab only: every host, method and path is admitted to the rules without a schema


class RuleSet(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules in SecLang, such as the OWASP Core Rule Set, and how strictly they judge (docs/spec/rules.md)."""

    name: Name
    setup: list[RuleFiles] = []  # read first, such as crs-setup.conf; then come the settings below, then `rules`
    rules: Annotated[list[RuleFiles], Meta(min_length=1)]
    paranoia_level: Annotated[int, Meta(ge=1, le=4)] | None = None  # none: as the files say
    inbound_threshold: Threshold | None = None
    outbound_threshold: Threshold | None = None
    mode: Literal["enforce", "detect", "off"] = "enforce"
    reading: Literal["characters", "strict"] = "characters"


class RuleExclusion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule that is not to look at something that is harmless here; with a reason, and until a day (JST, inclusive)."""

    rule_set: Name
    rule: Annotated[int, Meta(ge=1, le=9_999_999_999)]
    target: RuleTarget | None = None  # none: the rule does not run
    route: Name | None = None  # none: on every route
    reason: Why
    expires: Day


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
    scanner: Scanner | None = None
    gate: Annotated[list[Gate], Meta(min_length=1)]
    tenant: Annotated[list[Tenant], Meta(min_length=1)]
    policy: Policy = msgspec.field(default_factory=Policy)
    rule_set: list[RuleSet] = []
    rule_exclusion: list[RuleExclusion] = []
    sandbox: Sandbox = msgspec.field(default_factory=Sandbox)
    limits: Limits = DEFAULTS


class Relay(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One relay in the DMZ, as the gate sees it."""

    name: Name
    server_name: HostName  # the DNS name in its client certificate
    anchor: FilePath
    pins: Annotated[list[Pin], Meta(min_length=1)]
    crl: FilePath | None = None
    crl_max_age_hours: Annotated[int, Meta(ge=1, le=8760)] = 24
    signing_keys: Annotated[list[FilePath], Meta(min_length=1)]  # vkey files of its fronts


class GateHost(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: HostName
    listen: Endpoint
    interface: Interface | None = None
    certificate: FilePath
    key: Name = "gate"
    sealing_keys: Annotated[list[Name], Meta(min_length=1)] = msgspec.field(default_factory=lambda: ["sealing"])
    receipt_key: Name = "receipt"
    keys_dir: PlacePath = "/etc/sekisho/keys"
    state_dir: PlacePath = "/var/lib/sekisho-gate"
    status_listen: Endpoint | None = None  # metrics and health of the gate
    user: User | None = None


class Application(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The municipal application of one tenant."""

    tenant: Name
    url: Url


class GateFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`gate.toml`."""

    gate: GateHost
    relay: Annotated[list[Relay], Meta(min_length=1)]
    application: Annotated[list[Application], Meta(min_length=1)]
    sandbox: Sandbox = msgspec.field(default_factory=Sandbox)
    limits: Limits = DEFAULTS
